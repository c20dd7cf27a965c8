import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { resources } from '../../src/api/kubernetes.ts'
import { type CanaryParts, canaryObject } from '../core/workload/flagger.ts'
import { put } from '../fakes/object-store.ts'
import { createFakeWorld, digestOf, type FakeWorld, image, type Replica } from '../fakes/world.ts'
import { commits, conditionOf, forward, inGit, own, rollbacks, web } from './failed-update.ts'
import { push, start } from './replica.ts'

/** A Deployment whose versions Flagger tries out: it is scaled to zero, and `web-primary` serves. */

const { canary, deployment, workloadRolloutState } = resources
const revisionAnnotation = 'deployment.kubernetes.io/revision'
const maker = { apiVersion: 'flagger.app/v1beta1', kind: 'Canary', name: 'web', uid: 'canary', controller: true }
const minute = 60_000

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date', 'performance'] }))
afterEach(() => void vi.useRealTimers())

/** So many minutes pass for whoever looks at a clock. Returns what it says then. */
function minutesLater(minutes: number): string {
  vi.advanceTimersByTime(minutes * minute)
  return new Date().toISOString()
}

/** The target has this image and so many pods, all available, and its controller has looked at it. */
function targetIs(world: FakeWorld, tag: string, pods: number): void {
  const { objects } = world.cluster
  const live = objects.get(deployment, 'prod', 'web')
  if (live === undefined) throw new Error('no Deployment web')
  const template = { spec: { containers: [{ name: 'web', image: web(tag) }] } }
  const metadata = { ...live.metadata, annotations: { ...live.metadata.annotations, [revisionAnnotation]: tag } }
  const changed = objects.update(deployment, { ...live, metadata, spec: { replicas: pods, template } }, 'object')
  const counters = { replicas: pods, updatedReplicas: pods, readyReplicas: pods, availableReplicas: pods }
  const conditions = [{ type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable' }]
  const status = { observedGeneration: changed.metadata.generation, ...counters, conditions }
  objects.update(deployment, { ...changed, status }, 'status')
}

/** What Flagger makes of the target, with what marks the target. */
function primaryIs(world: FakeWorld, tag: string): void {
  const metadata = { name: 'web-primary', namespace: 'prod', annotations: forward, ownerReferences: [maker] }
  const spec = { replicas: 1, template: { spec: { containers: [{ name: 'web', image: web(tag) }] } } }
  const primary = { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec }
  const { objects } = world.cluster
  const known = objects.get(deployment, 'prod', 'web-primary')
  if (known === undefined) objects.create(deployment, primary as Parameters<typeof put>[2])
  else objects.update(deployment, { ...known, spec }, 'object')
}

function canaryIs(world: FakeWorld, parts: CanaryParts): void {
  put(world.cluster.objects, canary, canaryObject(parts))
}

/** 1.0.0 is promoted, 1.1.0 was committed and applied, and Flagger has not looked yet. */
async function aNewVersion(config = own): Promise<{ world: FakeWorld; replica: Replica }> {
  const world = createFakeWorld()
  world.registry.push(image('web'), '1.0.0', { digest: digestOf('1.0.0') })
  world.deploy('web', web('1.0.0'), forward)
  targetIs(world, '1.0.0', 0)
  primaryIs(world, '1.0.0')
  canaryIs(world, { phase: 'Initialized', since: new Date().toISOString() })
  await world.sync()
  minutesLater(1)
  const replica = await start(world, config)
  await push(world, replica, '1.1.0')
  await world.sync()
  targetIs(world, '1.1.0', 0)
  await replica.quiet()
  return { world, replica }
}

async function tryOut(world: FakeWorld, replica: Replica): Promise<void> {
  targetIs(world, '1.1.0', 1)
  canaryIs(world, { phase: 'Progressing', since: minutesLater(1), applied: 'h2' })
  await replica.quiet()
}

const stateOf = (world: FakeWorld, name = 'web') =>
  world.cluster.objects
    .list(workloadRolloutState)
    .map(({ spec, status }) => ({ spec, status }) as { spec: { workloadRef: { name: string } }; status: object })
    .find(({ spec }) => spec.workloadRef.name === name)?.status

describe('a Deployment that Flagger tries out', () => {
  test('has a new version when it is promoted, and not because no pods are wanted', async () => {
    const { world, replica } = await aNewVersion()
    expect(inGit(world)).toBe(web('1.1.0'))
    expect(conditionOf(world, '1.1.0', 'RolledOut')).toMatchObject({ status: 'Unknown', reason: 'RollingOut' })

    await tryOut(world, replica)
    expect(stateOf(world)).toMatchObject({ phase: 'rolling_out', reason: 'CanaryRuns', version: '1.1.0' })

    primaryIs(world, '1.1.0')
    targetIs(world, '1.1.0', 0)
    canaryIs(world, { phase: 'Succeeded', since: minutesLater(1), applied: 'h2', promoted: 'h2' })
    await replica.quiet()
    expect(conditionOf(world, '1.1.0', 'RolledOut')).toMatchObject({ status: 'True', reason: 'Success' })
    expect(stateOf(world)).toMatchObject({ phase: 'success', version: '1.1.0', previousVersion: '1.0.0' })
  })

  test('is put back by a commit when its analysis failed, and is well when Flagger sees what it had promoted', async () => {
    const { world, replica } = await aNewVersion()
    await tryOut(world, replica)
    const message = 'Canary analysis failed, Deployment scaled to zero.'
    targetIs(world, '1.1.0', 0)
    const since = minutesLater(1)
    canaryIs(world, { phase: 'Failed', since, applied: 'h2', message })
    await replica.quiet()
    expect(conditionOf(world, '1.1.0', 'RolledOut')).toMatchObject({ status: 'False', reason: 'Failed' })
    expect(inGit(world)).toBe(web('1.0.0'))
    expect(commits(world)).toHaveLength(1)
    expect(commits(world)[0]).toContain(`CanaryFailed: Canary/prod/web (Failed): ${message}`)

    minutesLater(1)
    await world.sync()
    targetIs(world, '1.0.0', 0)
    await replica.quiet()
    canaryIs(world, { phase: 'Failed', since, written: minutesLater(1), message })
    await replica.quiet()
    expect(rollbacks(world)[0]?.status?.conditions).toContainEqual(
      expect.objectContaining({ type: 'RolledOut', status: 'True', reason: 'Success' }),
    )
    expect(commits(world)).toHaveLength(1)
  })

  test('is put back when it failed by the clock first, and Flagger gave it up later', async () => {
    const { world, replica } = await aNewVersion()
    minutesLater(16)
    canaryIs(world, { phase: 'Initialized', written: new Date().toISOString() })
    await replica.quiet()
    expect(stateOf(world)).toMatchObject({ phase: 'failed', reason: 'DeadlineExceeded' })
    expect(inGit(world)).toBe(web('1.1.0'))

    canaryIs(world, { phase: 'Failed', since: minutesLater(1), applied: 'h2' })
    await replica.quiet()
    expect(inGit(world)).toBe(web('1.0.0'))
  })

  test('is not put back for a failure that was there before, but when Flagger looks again and leaves it so', async () => {
    const { world, replica } = await aNewVersion()
    const before = { phase: 'Failed', since: '2026-01-01T00:00:00Z', applied: 'h2' }
    canaryIs(world, { ...before, written: minutesLater(1) })
    await replica.quiet()
    expect(stateOf(world)).toMatchObject({ phase: 'rolling_out' })
    expect(commits(world)).toEqual([])

    canaryIs(world, { ...before, written: minutesLater(1) })
    await replica.quiet()
    expect(stateOf(world)).toMatchObject({ phase: 'failed', reason: 'CanaryFailed' })
    expect(commits(world)).toHaveLength(1)
  })

  test('keeps its policy to itself: for its primary nothing is decided, and its rollouts are shown', async () => {
    const everything = 'updates: {rules: [{policy: minor, match: {namespace: prod}}]}'
    const { world, replica } = await aNewVersion(`${own}\n${everything}`)
    const targets = world.requests().flatMap(({ spec }) => spec.targets.map(({ name }) => name))
    expect(targets).toEqual(['web'])
    expect(stateOf(world, 'web-primary')).toMatchObject({ version: '1.0.0' })
    expect(replica.log.lines.filter((line) => JSON.stringify(line).includes('NotTraced'))).toEqual([])
  })
})

test('a Deployment is followed by its pods where Flagger is not installed', async () => {
  const world = createFakeWorld()
  world.cluster.objects.uninstall(canary)
  world.registry.push(image('web'), '1.0.0', { digest: digestOf('1.0.0') })
  world.deploy('web', web('1.0.0'), forward)
  targetIs(world, '1.0.0', 0)
  await world.sync()
  await start(world, own)
  expect(stateOf(world)).toMatchObject({ phase: 'success', version: '1.0.0' })
})
