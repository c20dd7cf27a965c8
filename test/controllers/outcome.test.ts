import { describe, expect, test } from 'vitest'
import { resources } from '../../src/api/kubernetes.ts'
import type { BranchMove } from '../../src/ports-engine.ts'
import { createFakeWorld, digestOf, type FakeWorld, image, type Replica } from '../fakes/world.ts'
import { push, start } from './replica.ts'
import { putLive, settle } from './rollout.ts'

const web = (tag: string) => `ghcr.io/acme/web:${tag}`

/** A world where 1.1.0 was pushed, and Flux has not seen it yet. */
async function aPushedUpdate(): Promise<{ world: FakeWorld; replica: Replica }> {
  const world = createFakeWorld()
  world.registry.push(image('web'), '1.0.0', { digest: digestOf('1.0.0') })
  const annotations = { 'fairlead.dev/policy': 'minor', 'fairlead.dev/require-approval': 'false' }
  world.deploy('web', web('1.0.0'), { ...annotations, 'fairlead.dev/min-update-interval': '0s' })
  settle(world, 'web', { updated: 1 })
  await world.sync()
  const replica = await start(world)
  await push(world, replica, '1.1.0')
  return { world, replica }
}

/** The same, and Flux has applied the commit, though nothing is live yet. */
async function anAppliedUpdate(): Promise<{ world: FakeWorld; replica: Replica }> {
  const { world, replica } = await aPushedUpdate()
  await world.sync()
  await replica.quiet()
  return { world, replica }
}

function outcomeOf(world: FakeWorld, tag = '1.1.0') {
  const { status } = world.requests().find(({ spec }) => spec.change.to === web(tag)) ?? {}
  const { reason, status: truth, message } = status?.conditions?.find(({ type }) => type === 'RolledOut') ?? {}
  return { truth, reason, message, rollouts: status?.rollouts }
}

test('engines are told to look after a push, once', async () => {
  const world = createFakeWorld()
  const moves: BranchMove[] = []
  world.notifiers.push({ name: 'fluxReceiver', notify: async (move) => void moves.push(move) })
  world.registry.push(image('web'), '1.0.0', { digest: digestOf('1.0.0') })
  const annotations = { 'fairlead.dev/policy': 'minor', 'fairlead.dev/require-approval': 'false' }
  world.deploy('web', web('1.0.0'), { ...annotations, 'fairlead.dev/min-update-interval': '0s' })
  await world.sync()
  const before = await world.git.remoteHead('main')
  const replica = await start(world)
  await push(world, replica, '1.1.0')
  await replica.quiet()
  const after = await world.git.remoteHead('main')
  const files = ['apps/web.yaml']
  expect(moves).toEqual([{ repository: 'git.example.com/gitops', branch: 'main', before, after, files }])
})

describe('what became of an update', () => {
  test('is not known while the old image is live', async () => {
    const { world } = await anAppliedUpdate()
    expect(outcomeOf(world)).toMatchObject({ truth: 'Unknown', reason: 'WaitingForSync' })
  })

  test('is that it rolls out, then that it runs, with its times', async () => {
    const { world, replica } = await anAppliedUpdate()
    putLive(world, 'web', web('1.1.0'))
    await replica.quiet()
    expect(outcomeOf(world)).toMatchObject({ truth: 'Unknown', reason: 'RollingOut' })
    settle(world, 'web', { updated: 1 })
    await replica.quiet()
    expect(outcomeOf(world)).toMatchObject({
      truth: 'True',
      reason: 'Success',
      rollouts: [{ workload: 'Deployment/prod/web', phase: 'success' }],
    })
    const [rollout] = outcomeOf(world).rollouts ?? []
    expect([rollout?.startedAt, rollout?.finishedAt].map((time) => Number.isNaN(Date.parse(time ?? '')))).toEqual([
      false,
      false,
    ])
  })

  test('is that it failed and why, and stays so when it is done in the end', async () => {
    const { world, replica } = await anAppliedUpdate()
    putLive(world, 'web', web('1.1.0'))
    settle(world, 'web', { updated: 0, failure: 'cannot pull the image' })
    await replica.quiet()
    const failed = { truth: 'False', reason: 'Failed', message: 'Deployment/prod/web: cannot pull the image' }
    expect(outcomeOf(world)).toMatchObject(failed)
    settle(world, 'web', { updated: 1 })
    await replica.quiet()
    expect(outcomeOf(world)).toMatchObject(failed)
  })

  test('is that it failed, with what its pods say', async () => {
    const { world, replica } = await anAppliedUpdate()
    const waiting = { reason: 'ImagePullBackOff', message: 'manifest unknown' }
    const pod = { name: 'web-abc-1', namespace: 'prod', labels: { app: 'web' } }
    world.cluster.objects.create(resources.pod, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: pod,
      status: { containerStatuses: [{ name: 'web', state: { waiting } }] },
    })
    putLive(world, 'web', web('1.1.0'))
    await replica.quiet()
    expect(world.cluster.looks).toEqual([])
    settle(world, 'web', { updated: 0, failure: 'no progress' })
    await replica.quiet()
    const message = 'no progress; pod web-abc-1: container web: ImagePullBackOff: manifest unknown'
    expect(outcomeOf(world)).toMatchObject({ message: `Deployment/prod/web: ${message}` })
    expect(replica.log.lines.map((line) => line.message)).toContain(`rollout failed: ${message}`)
    expect(world.cluster.looks).toEqual(['pods'])
  })

  test('is written once for each step, not for every pod', async () => {
    const { world, replica } = await anAppliedUpdate()
    putLive(world, 'web', web('1.1.0'))
    await replica.quiet()
    const before = world.cluster.objects.get(resources.updateRequest, 'prod', world.requests()[0]?.metadata.name ?? '')
    for (let turn = 0; turn < 5; turn++) {
      settle(world, 'web', { updated: 0 })
      await replica.quiet()
    }
    const after = world.cluster.objects.get(resources.updateRequest, 'prod', before?.metadata.name ?? '')
    expect(after?.metadata.resourceVersion).toBe(before?.metadata.resourceVersion)
  })

  test('is that a newer one took its place before its end', async () => {
    const { world, replica } = await anAppliedUpdate()
    putLive(world, 'web', web('1.1.0'))
    await replica.quiet()
    await push(world, replica, '1.2.0')
    await world.sync()
    putLive(world, 'web', web('1.2.0'))
    await replica.quiet()
    expect(outcomeOf(world)).toMatchObject({ truth: 'Unknown', reason: 'Superseded' })
    settle(world, 'web', { updated: 1 })
    await replica.quiet()
    expect(outcomeOf(world, '1.2.0')).toMatchObject({ reason: 'Success' })
    expect(outcomeOf(world)).toMatchObject({ reason: 'Superseded' })
  })

  test('is found by the next replica when the one before was stopped meanwhile', async () => {
    const { world, replica } = await anAppliedUpdate()
    await replica.stop()
    putLive(world, 'web', web('1.1.0'))
    settle(world, 'web', { updated: 1 })
    await start(world)
    expect(outcomeOf(world)).toMatchObject({ reason: 'Success' })
  })

  test('is not contradicted by the next replica', async () => {
    const { world, replica } = await anAppliedUpdate()
    putLive(world, 'web', web('1.1.0'))
    settle(world, 'web', { updated: 0, failure: 'cannot pull the image' })
    await replica.quiet()
    await replica.stop()
    settle(world, 'web', { updated: 1 })
    const before = world.requests()
    await start(world)
    expect(outcomeOf(world)).toMatchObject({ reason: 'Failed' })
    expect(world.requests()).toEqual(before)
  })

  const putBack = (world: FakeWorld) => {
    const text = world.git.read('main', 'apps/web.yaml') ?? ''
    world.git.commit('main', { 'apps/web.yaml': text.replace('1.1.0', '1.0.0') }, 'Not now')
  }
  const superseded = { truth: 'Unknown', reason: 'Superseded', rollouts: [{ phase: 'superseded' }] }

  test('is that another commit took its place, before the engine applied either', async () => {
    const { world, replica } = await aPushedUpdate()
    putBack(world)
    await world.sync()
    await replica.quiet()
    expect(outcomeOf(world)).toMatchObject({
      ...superseded,
      message: expect.stringContaining('took the place of'),
    })
    const found = world.requests().find(({ spec }) => spec.change.to === web('1.1.0'))
    const of = (type: string) => found?.status?.conditions?.find((one) => one.type === type)
    expect(of('Applied')).toMatchObject({ status: 'False', reason: 'Superseded' })
    expect(of('Progressing')).toMatchObject({ status: 'False', reason: 'Superseded' })
  })

  test('is that another commit took its place, after the engine applied it and before it was live', async () => {
    const { world, replica } = await anAppliedUpdate()
    putBack(world)
    await world.sync()
    await replica.quiet()
    expect(outcomeOf(world)).toMatchObject(superseded)
  })

  test('is not that, when something else in the file changed', async () => {
    const { world, replica } = await aPushedUpdate()
    const text = world.git.read('main', 'apps/web.yaml') ?? ''
    world.git.commit('main', { 'apps/web.yaml': `# hello\n${text}` }, 'Say hello')
    await world.sync()
    await replica.quiet()
    expect(outcomeOf(world)).toMatchObject({ reason: 'WaitingForSync', rollouts: [{ phase: 'waiting' }] })
  })
})
