import { describe, expect, test } from 'vitest'
import { resources } from '../../src/api/kubernetes.ts'
import { createFakeWorld, digestOf, type FakeWorld, image, type Replica } from '../fakes/world.ts'
import { push, start } from './replica.ts'
import { putLive, settle } from './rollout.ts'

const web = (tag: string) => `ghcr.io/acme/web:${tag}`

/** A world where 1.1.0 was pushed and applied, and is live as a rollout that has just begun. */
async function aRollout(): Promise<{ world: FakeWorld; replica: Replica }> {
  const world = createFakeWorld()
  world.registry.push(image('web'), '1.0.0', { digest: digestOf('1.0.0') })
  const annotations = { 'fairlead.dev/policy': 'minor', 'fairlead.dev/require-approval': 'false' }
  world.deploy('web', web('1.0.0'), { ...annotations, 'fairlead.dev/min-update-interval': '0s' })
  settle(world, 'web', { updated: 1 })
  await world.sync()
  const replica = await start(world)
  await push(world, replica, '1.1.0')
  await world.sync()
  await replica.quiet()
  putLive(world, 'web', web('1.1.0'))
  await replica.quiet()
  return { world, replica }
}

/** The samples of some families, without what the family is about. */
async function samples(replica: Replica, ...families: string[]): Promise<string[]> {
  let exposition = ''
  for await (const piece of replica.metrics.render()) exposition += piece
  return exposition.split('\n').filter((line) => families.some((family) => line.startsWith(`${family}{`)))
}

const times = ['start', 'end', 'deadline', 'commit'].map((part) => `fairlead_rollout_${part}_timestamp_seconds`)
const namesOf = (lines: readonly string[]) => lines.map((line) => line.slice(0, line.indexOf('{'))).sort()

describe('the series of a workload', () => {
  test('tell start, deadline and commit of the rollout under way, then its end', async () => {
    const { world, replica } = await aRollout()
    const [start = '', end = '', deadline = '', commit = ''] = times
    expect(namesOf(await samples(replica, ...times))).toEqual([commit, deadline, start].sort())
    settle(world, 'web', { updated: 1 })
    await replica.quiet()
    expect(namesOf(await samples(replica, ...times))).toEqual([commit, end, start].sort())
  })

  test('name the version and the one before, and nothing of older ones', async () => {
    const { world, replica } = await aRollout()
    const labels = 'namespace="prod",workload="web",kind="Deployment"'
    expect(await samples(replica, 'apptrail_app_version')).toEqual([
      `apptrail_app_version{${labels},previous_version="1.0.0",current_version="1.1.0"} 1`,
    ])
    putLive(world, 'web', web('1.2.0'))
    await replica.quiet()
    expect(await samples(replica, 'apptrail_app_version')).toEqual([
      `apptrail_app_version{${labels},previous_version="1.1.0",current_version="1.2.0"} 1`,
    ])
    expect(await samples(replica, 'fairlead_workload_version_info')).toHaveLength(1)
  })

  test('are gone with it', async () => {
    const { world, replica } = await aRollout()
    world.cluster.objects.remove(resources.deployment, 'prod', 'web')
    await replica.quiet()
    const families = ['fairlead_workload_version_info', 'fairlead_rollout_phase', 'apptrail_app_version', ...times]
    expect(await samples(replica, ...families)).toEqual([])
  })

  test('tell of a commit that is learnt of after the rollout', async () => {
    const { world, replica } = await aRollout()
    settle(world, 'web', { updated: 1 })
    await replica.quiet()
    const [request] = world.requests()
    const conditions = request?.status?.conditions ?? []
    const moved = conditions.map((one) =>
      one.type === 'Pushed' ? { ...one, lastTransitionTime: '2026-03-01T10:00:00Z' } : one,
    )
    if (request === undefined) throw new Error('there is no request')
    const status = { ...request.status, conditions: moved }
    world.cluster.objects.update(resources.updateRequest, { ...request, status }, 'status')
    await replica.quiet()
    const [commit = ''] = await samples(replica, 'fairlead_rollout_commit_timestamp_seconds')
    expect(commit.split(' ').at(-1)).toBe(`${Date.parse('2026-03-01T10:00:00Z') / 1000}`)
  })

  test('name no commit that was none of ours', async () => {
    const { world, replica } = await aRollout()
    putLive(world, 'web', web('2.0.0'))
    await replica.quiet()
    expect(await samples(replica, 'fairlead_rollout_commit_timestamp_seconds')).toEqual([])
  })
})

describe('the counters of rollouts', () => {
  const counted = async (replica: Replica) =>
    (await samples(replica, 'fairlead_rollouts_total'))
      .map((line) => /outcome="(\w+)"\} (\d+)/.exec(line)?.slice(1).join(' '))
      .filter((line) => !line?.endsWith(' 0'))

  test('begin with zero for every outcome', async () => {
    const { replica } = await aRollout()
    expect(await samples(replica, 'fairlead_rollouts_total')).toHaveLength(4)
    expect(await counted(replica)).toEqual([])
  })

  test('count a success once', async () => {
    const { world, replica } = await aRollout()
    for (let turn = 0; turn < 3; turn++) {
      settle(world, 'web', { updated: 1 })
      await replica.quiet()
    }
    expect(await counted(replica)).toEqual(['success 1'])
    expect(await samples(replica, 'fairlead_rollout_duration_seconds_count')).toEqual([
      'fairlead_rollout_duration_seconds_count{kind="Deployment",outcome="success"} 1',
    ])
  })

  test('count a failure, and the time until the next version runs', async () => {
    const { world, replica } = await aRollout()
    settle(world, 'web', { updated: 0, failure: 'stuck' })
    await replica.quiet()
    putLive(world, 'web', web('1.0.0'))
    await replica.quiet()
    settle(world, 'web', { updated: 1 })
    await replica.quiet()
    expect(await counted(replica)).toEqual(['success 1', 'failed 1'])
    let exposition = ''
    for await (const piece of replica.metrics.render()) exposition += piece
    expect(exposition).toContain('\nfairlead_time_to_restore_seconds_count 1\n')
  })
})

test('the lead time is measured once, when the version runs, with the parts that are known', async () => {
  const { world, replica } = await aRollout()
  const family = 'fairlead_lead_time_seconds_count'
  const counted = async () => (await samples(replica, family)).filter((line) => !line.endsWith(' 0')).sort()
  expect(await counted()).toEqual([])
  settle(world, 'web', { updated: 1 })
  await replica.quiet()
  const measured = ['decision', 'rollout', 'sync', 'total'].map((segment) => `${family}{segment="${segment}"} 1`)
  expect(await counted()).toEqual(measured)
  settle(world, 'web', { updated: 1 })
  await replica.quiet()
  expect(await counted()).toEqual(measured)
})

test('what waits for the engine is told until it has applied it', async () => {
  const world = createFakeWorld()
  world.registry.push(image('web'), '1.0.0', { digest: digestOf('1.0.0') })
  const annotations = { 'fairlead.dev/policy': 'minor', 'fairlead.dev/require-approval': 'false' }
  world.deploy('web', web('1.0.0'), { ...annotations, 'fairlead.dev/min-update-interval': '0s' })
  await world.sync()
  const replica = await start(world)
  const family = 'fairlead_update_waiting_timestamp_seconds'
  expect(await samples(replica, family)).toEqual([])
  await push(world, replica, '1.1.0')
  expect((await samples(replica, family)).map((line) => line.split(' ')[0])).toEqual([`${family}{for="sync"}`])
  await world.sync()
  await replica.quiet()
  expect(await samples(replica, family)).toEqual([])
})
