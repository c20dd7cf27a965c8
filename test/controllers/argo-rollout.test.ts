import { describe, expect, test } from 'vitest'
import { resources } from '../../src/api/kubernetes.ts'
import { put } from '../fakes/object-store.ts'
import { createFakeWorld, digestOf, type FakeWorld, image, manifestOf, type Replica } from '../fakes/world.ts'
import { commits, conditionOf, forward, inGit, own, rollbacks, web } from './failed-update.ts'
import { push, start } from './replica.ts'

/** A Rollout of Argo Rollouts, which is updated, judged and put back as a Deployment is. */

const { argoRollout, workloadRolloutState } = resources
const flux = { 'kustomize.toolkit.fluxcd.io/name': 'apps', 'kustomize.toolkit.fluxcd.io/namespace': 'flux-system' }
const manifest = (tag: string) =>
  manifestOf('web', web(tag), forward).replace('apps/v1\nkind: Deployment', 'argoproj.io/v1alpha1\nkind: Rollout')

/** Flux applies this image, unless it is there; then the controller of Argo Rollouts says how it stands. */
function rolloutIs(world: FakeWorld, tag: string, status: { phase: string; stableRS: string; message?: string }): void {
  const { objects } = world.cluster
  const before = objects.get(argoRollout, 'prod', 'web')
  const spec = { replicas: 1, template: { spec: { containers: [{ name: 'web', image: web(tag) }] } } }
  if (before === undefined || JSON.stringify(before.spec) !== JSON.stringify(spec)) {
    const metadata = { name: 'web', namespace: 'prod', labels: flux, annotations: forward }
    put(objects, argoRollout, { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', metadata, spec })
  }
  const live = objects.get(argoRollout, 'prod', 'web')
  if (live === undefined) throw new Error('no Rollout web')
  const observed = { observedGeneration: `${live.metadata.generation}`, currentPodHash: tag }
  objects.update(argoRollout, { ...live, status: { ...observed, ...status } }, 'status')
}

/** 1.0.0 is the stable version, 1.1.0 was committed and applied, and its canary is under way. */
async function aCanary(): Promise<{ world: FakeWorld; replica: Replica }> {
  const world = createFakeWorld()
  world.registry.push(image('web'), '1.0.0', { digest: digestOf('1.0.0') })
  world.git.commit('main', { 'apps/web.yaml': manifest('1.0.0') }, 'Add web')
  rolloutIs(world, '1.0.0', { phase: 'Healthy', stableRS: '1.0.0' })
  world.own('prod_web_argoproj.io_Rollout')
  await world.sync()
  const replica = await start(world, own)
  await push(world, replica, '1.1.0')
  await world.sync()
  await replica.quiet()
  rolloutIs(world, '1.1.0', { phase: 'Progressing', stableRS: '1.0.0' })
  await replica.quiet()
  return { world, replica }
}

const state = (world: FakeWorld) => world.cluster.objects.list(workloadRolloutState)[0]

describe('a Rollout of Argo Rollouts', () => {
  test('gets a new version by a commit, and has it when its steps are over', async () => {
    const { world, replica } = await aCanary()
    expect(world.git.read('main', 'apps/web.yaml')).toBe(manifest('1.1.0'))
    rolloutIs(world, '1.1.0', { phase: 'Paused', message: 'CanaryPauseStep', stableRS: '1.0.0' })
    await replica.quiet()
    expect(conditionOf(world, '1.1.0', 'RolledOut')).toMatchObject({ status: 'Unknown', reason: 'RollingOut' })
    rolloutIs(world, '1.1.0', { phase: 'Healthy', stableRS: '1.1.0' })
    await replica.quiet()
    expect(conditionOf(world, '1.1.0', 'RolledOut')).toMatchObject({ status: 'True', reason: 'Success' })
    expect(state(world)).toMatchObject({
      metadata: { ownerReferences: [{ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'web' }] },
      status: { phase: 'success', version: '1.1.0', previousVersion: '1.0.0' },
    })
  })

  test('is put back by a commit when its controller has aborted the canary', async () => {
    const { world, replica } = await aCanary()
    const message = 'RolloutAborted: Rollout aborted update to revision 2'
    rolloutIs(world, '1.1.0', { phase: 'Degraded', message, stableRS: '1.0.0' })
    await replica.quiet()
    expect(inGit(world)).toBe(web('1.0.0'))
    expect(commits(world)).toHaveLength(1)
    expect(commits(world)[0]).toContain(`Reason: Rollout/prod/web failed: Degraded: ${message}`)
    expect(conditionOf(world, '1.1.0', 'RolledOut')).toMatchObject({ status: 'False', reason: 'Failed' })

    await world.sync()
    await replica.quiet()
    rolloutIs(world, '1.0.0', { phase: 'Healthy', stableRS: '1.0.0' })
    await replica.quiet()
    expect(rollbacks(world)[0]?.status?.conditions).toContainEqual(
      expect.objectContaining({ type: 'RolledOut', status: 'True', reason: 'Success' }),
    )
  })

  test('is not followed when its template is that of a Deployment', async () => {
    const world = createFakeWorld()
    const spec = { workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } }
    const metadata = { name: 'web', namespace: 'prod', labels: flux, annotations: forward }
    put(world.cluster.objects, argoRollout, { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', metadata, spec })
    await world.sync()
    await start(world, own)
    expect(state(world)).toBeUndefined()
  })

  test('is held like any other, and the Event about it names its kind', async () => {
    const { world, replica } = await aCanary()
    const wish = { reason: 'the canary is looked at', by: 'alice' }
    const order = await replica.loops.api.hold({ kind: 'Rollout', namespace: 'prod', name: 'web' }, wish)
    expect(await order?.carryOut()).toMatchObject({ kind: 'Rollout', result: 'committed' })
    const told = world.cluster.recorded.find(({ reason }) => reason === 'HoldRequested')
    expect(told?.about).toMatchObject({ apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'web' })
    await replica.stop()
  })
})
