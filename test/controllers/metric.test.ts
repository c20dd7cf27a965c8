import { beforeAll, describe, expect, test } from 'vitest'
import { createFakeWorld, digestOf, image, type Replica } from '../fakes/world.ts'
import { push } from './replica.ts'
import { putLive, settle } from './rollout.ts'

/** Every sample of the exposition, by its series. */
async function samplesOf({ metrics }: Replica): Promise<Map<string, number>> {
  let text = ''
  for await (const piece of metrics.render()) text += piece
  const lines = text.split('\n').filter((line) => line.startsWith('fairlead_'))
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]))
}

const repository = 'repository="git.example.com/gitops"'

describe('an update that was pushed, applied and rolled out', () => {
  let samples: Map<string, number>

  beforeAll(async () => {
    const world = createFakeWorld()
    world.registry.push(image('web'), '1.0.0', { digest: digestOf('1.0.0') })
    world.deploy('web', 'ghcr.io/acme/web:1.0.0')
    settle(world, 'web', { updated: 1 })
    await world.sync()
    const replica = await world.start()
    await replica.quiet()
    await push(world, replica, '1.1.0')
    await world.sync()
    putLive(world, 'web', 'ghcr.io/acme/web:1.1.0')
    settle(world, 'web', { updated: 1 })
    await replica.quiet()
    samples = await samplesOf(replica)
    await replica.stop()
  })

  test.each<[what: string, series: string, value: number]>([
    ['the choice of its version', 'fairlead_image_policy_checks_total{result="selected"}', 1],
    ['its request', 'fairlead_update_requests{phase="Completed"}', 1],
    ['nothing any more as pending', 'fairlead_update_requests{phase="Pending"}', 0],
    ['how it was delivered', 'fairlead_updates_total{result="pushed"}', 1],
    ['its push', `fairlead_git_operations_total{${repository},operation="push",result="ok"}`, 1],
    ['how long the push took', `fairlead_git_operation_duration_seconds_count{${repository},operation="push"}`, 1],
    ['that nothing waits to be pushed', `fairlead_git_pending_changes{${repository}}`, 0],
    ['how long the engine took', 'fairlead_sync_lag_seconds_count{engine="flux"}', 1],
    ['how long the rollout took', 'fairlead_rollout_duration_seconds_count{kind="Deployment",outcome="success"}', 1],
    ['the whole way', 'fairlead_lead_time_seconds_count{segment="total"}', 1],
    ['that the workloads were listed', 'fairlead_watch_synced{kind="Deployment"}', 1],
  ])('counts %s', (_, series, value) => {
    expect(samples.get(series)).toBe(value)
  })

  test('leaves no controller without a measured duration that had something to do', () => {
    const counted = [...samples.keys()].flatMap(
      (series) => /^fairlead_reconcile_duration_seconds_count\{controller="(.+)"\}/.exec(series)?.[1] ?? [],
    )
    const expected = ['image-update', 'outcome', 'rollback', 'rollout-record', 'update-request', 'workload']
    expect(counted.sort()).toEqual(expected)
  })
})
