import { describe, expect, test } from 'vitest'
import { type FakeWorld, image, type Replica } from '../fakes/world.ts'
import { anUpdate, fail, own, web } from './failed-update.ts'
import { start } from './replica.ts'
import { putLive, settle } from './rollout.ts'

async function gatesOf(replica: Replica) {
  const found = await replica.loops.api.explain({ kind: 'Deployment', namespace: 'prod', name: 'web' }, undefined)
  return found?.containers[0]?.gates ?? []
}

const verdicts = (gates: Awaited<ReturnType<typeof gatesOf>>) =>
  gates.map(({ gate, verdict, reason }) => `${gate}: ${verdict} ${reason}`)

describe('a version that failed, and is not put back, explains why', () => {
  type Fail = (world: FakeWorld, replica: Replica) => Promise<void> | void
  const rows: [why: string, config: string, annotations: Record<string, string>, how: Fail, gate: string][] = [
    ['nobody opted in', 'mode: commit', {}, fail, 'stop OptedOut'],
    ['the workload opted out', own, { 'fairlead.dev/rollback': 'false' }, fail, 'stop OptedOut'],
    [
      'more than its image differs',
      own,
      {},
      async (world, replica) => {
        putLive(world, 'web', web('1.1.0'), { env: [{ name: 'FLAG', value: 'on' }] })
        await fail(world, replica)
      },
      'stop TemplateDiffers',
    ],
    [
      'the cause is the cluster',
      own,
      {},
      async (world, replica) => {
        settle(world, 'web', { updated: 0, failure: 'no progress', quota: 'pods "web-1" is forbidden: exceeded quota' })
        await replica.quiet()
      },
      'wait ClusterCause',
    ],
    [
      'the old image is gone',
      own,
      {},
      async (world, replica) => {
        world.registry.remove(image('web'), '1.0.0')
        await fail(world, replica)
      },
      'stop OldImageGone',
    ],
  ]
  test.each(rows)('%s', async (_, config, annotations, how, gate) => {
    const { world, replica } = await anUpdate({ config, annotations })
    await how(world, replica)
    expect(verdicts(await gatesOf(replica)).at(-1)).toBe(`rollback: ${gate}`)
  })
})

describe('a rollback that waits explains for what', () => {
  const rows: [what: string, config: string, gate: string][] = [
    ['suspend', `${own}\nsuspend: true`, 'suspend: stop Suspended'],
    ['mode observe', 'mode: observe\nrollback: {onFailure: own}', 'mode: stop ObserveOnly'],
  ]
  test.each(rows)('%s', async (_, config, gate) => {
    const { world, replica } = await anUpdate()
    await replica.stop()
    const next = await start(world, config)
    await fail(world, next)
    const gates = verdicts(await gatesOf(next))
    expect(gates).toContain(gate)
    expect(gates.at(-1)).toBe('rollback: pass UnderWay')
  })
})

test('a workload that is well has nothing to say about a way back', async () => {
  const { world, replica } = await anUpdate()
  settle(world, 'web', { updated: 1 })
  await replica.quiet()
  expect(verdicts(await gatesOf(replica)).filter((one) => one.startsWith('rollback'))).toEqual([])
})
