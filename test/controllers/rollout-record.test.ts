import { describe, expect, test } from 'vitest'
import { type KubernetesObject, resources } from '../../src/api/kubernetes.ts'
import type { WorkloadRolloutState } from '../../src/api/workload-rollout-state.ts'
import { createFakeWorld, type FakeWorld, type Replica } from '../fakes/world.ts'
import { start } from './replica.ts'
import { putLive, settle } from './rollout.ts'

const { deployment, workloadRolloutState } = resources

function records(world: FakeWorld): WorkloadRolloutState[] {
  return world.cluster.objects.list(workloadRolloutState) as WorkloadRolloutState[]
}

function statusOf(world: FakeWorld) {
  return records(world)[0]?.status
}

/** A world with one Deployment `prod/web` that has come to rest at 1.0.0. */
function aSettledWorld(): FakeWorld {
  const world = createFakeWorld()
  world.deploy('web', 'ghcr.io/acme/web:1.0.0', {})
  putLive(world, 'web', 'ghcr.io/acme/web:1.0.0')
  settle(world, 'web', { updated: 1 })
  return world
}

/** All writes to records from now on. */
function writesOf(world: FakeWorld): string[] {
  const writes: string[] = []
  world.cluster.objects.onChange(({ resource, type, object }) => {
    if (resource.kind === workloadRolloutState.kind) {
      const { status } = object as WorkloadRolloutState
      writes.push(`${type} ${status?.version ?? ''} ${status?.phase ?? ''}`.trim())
    }
  })
  return writes
}

async function restart(world: FakeWorld, replica: Replica): Promise<Replica> {
  await replica.stop()
  return start(world)
}

describe('the state of a rollout is kept in the cluster', () => {
  test('what was settled when first seen is kept without a word', async () => {
    const world = aSettledWorld()
    const replica = await start(world)
    const uid = world.cluster.objects.get(deployment, 'prod', 'web')?.metadata.uid
    expect(records(world)).toMatchObject([
      {
        metadata: {
          namespace: 'prod',
          name: expect.stringMatching(/^deployment-web-[0-9a-f]{16}$/),
          ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid, blockOwnerDeletion: false }],
        },
        spec: { workloadRef: { kind: 'Deployment', namespace: 'prod', name: 'web', uid } },
        status: { phase: 'success', version: '1.0.0', revision: expect.stringMatching(/^[0-9a-f]{16}$/) },
      },
    ])
    expect(statusOf(world)).not.toHaveProperty('startedAt')
    expect(replica.log.lines.filter((line) => line.message.startsWith('rollout '))).toEqual([])
  })

  test('it is written once for each phase, whatever else happens to the workload', async () => {
    const world = aSettledWorld()
    const replica = await start(world)
    const writes = writesOf(world)
    putLive(world, 'web', 'ghcr.io/acme/web:2.0.0')
    await replica.quiet()
    for (const ready of [0, 1, 0, 1, 0]) {
      world.annotate('web', { 'example.com/touched': String(ready) })
      settle(world, 'web', { updated: 0 })
      await replica.quiet()
    }
    settle(world, 'web', { updated: 1 })
    await replica.quiet()
    for (const ready of ['x', 'y']) {
      world.annotate('web', { 'example.com/touched': ready })
      settle(world, 'web', { updated: 1 })
      await replica.quiet()
    }
    expect(writes).toEqual(['MODIFIED 2.0.0 rolling_out', 'MODIFIED 2.0.0 success'])
    expect(statusOf(world)).toMatchObject({ previousVersion: '1.0.0', phase: 'success' })
  })

  test('a restart changes nothing, and what happened meanwhile is told from what is kept', async () => {
    const world = aSettledWorld()
    let replica = await start(world)
    putLive(world, 'web', 'ghcr.io/acme/web:2.0.0')
    await replica.quiet()
    const before = statusOf(world)
    expect(before).toMatchObject({ phase: 'rolling_out', deadlineSeconds: 900, deadlineAt: expect.any(String) })
    const writes = writesOf(world)
    replica = await restart(world, replica)
    expect(writes).toEqual([])
    await replica.stop()
    settle(world, 'web', { updated: 0, failure: 'it hangs' })
    replica = await start(world)
    expect(statusOf(world)).toMatchObject({
      phase: 'failed',
      reason: 'ProgressDeadlineExceeded',
      message: 'it hangs',
      previousVersion: '1.0.0',
      startedAt: before?.startedAt,
    })
    replica = await restart(world, replica)
    settle(world, 'web', { updated: 1 })
    await replica.quiet()
    expect(statusOf(world)).toMatchObject({ phase: 'success', recovered: true, startedAt: before?.startedAt })
    expect(writes).toEqual(['MODIFIED 2.0.0 failed', 'MODIFIED 2.0.0 success'])
  })

  test('a rollout that began and ended while nobody looked is told from its beginning', async () => {
    const world = aSettledWorld()
    const replica = await start(world)
    await replica.stop()
    putLive(world, 'web', 'ghcr.io/acme/web:2.0.0')
    settle(world, 'web', { updated: 1 })
    await start(world)
    expect(statusOf(world)).toMatchObject({ phase: 'success', version: '2.0.0', previousVersion: '1.0.0' })
    expect(statusOf(world)?.startedAt).toBeDefined()
  })

  test('another workload of the same name has another state', async () => {
    const world = aSettledWorld()
    const replica = await start(world)
    const [first] = records(world)
    world.cluster.objects.remove(deployment, 'prod', 'web')
    await replica.quiet()
    world.deploy('web', 'ghcr.io/acme/web:3.0.0', {})
    settle(world, 'web', { updated: 1 })
    await replica.quiet()
    await expect.poll(() => new Set(records(world).map(({ metadata }) => metadata.name)).size).toBe(2)
    await replica.quiet()
    const second = records(world).find(({ metadata }) => metadata.name !== first?.metadata.name)
    expect(second?.status).toMatchObject({ version: '3.0.0' })
    expect(second?.status).not.toHaveProperty('previousVersion')
  })

  test('a state that somebody deleted is written again', async () => {
    const world = aSettledWorld()
    await start(world)
    const [state] = records(world)
    world.cluster.objects.remove(workloadRolloutState, 'prod', state?.metadata.name ?? '')
    await expect.poll(() => statusOf(world)).toMatchObject({ phase: 'success', version: '1.0.0' })
  })

  test.each<[what: string, status: unknown]>([
    ['no status', undefined],
    ['a text for a status', 'lost'],
    ['a phase that there is not', { revision: 'x', phase: 'lost' }],
    ['numbers for texts', { revision: 7, phase: 'success', version: 3 }],
    ['lists for times', { revision: 'x', phase: 'rolling_out', startedAt: [], deadlineAt: {}, pending: 'many' }],
    [
      'times that are none',
      { revision: 'x', phase: 'rolling_out', startedAt: 'soon', deadlineAt: 'late', pausedAt: 'now' },
    ],
  ])('a state with %s stops nobody', async (_, status) => {
    const world = aSettledWorld()
    const replica = await start(world)
    const [state] = records(world)
    await replica.stop()
    const object = { ...state, status } as KubernetesObject
    world.cluster.objects.update(workloadRolloutState, object, 'status')
    const again = await start(world)
    putLive(world, 'web', 'ghcr.io/acme/web:2.0.0')
    await again.quiet()
    settle(world, 'web', { updated: 1 })
    await again.quiet()
    expect(statusOf(world)).toMatchObject({ phase: 'success', version: '2.0.0' })
  })

  test('where an older definition drops a field, nothing is written twice', async () => {
    const world = aSettledWorld()
    const { updateStatus } = world.cluster.own
    const written: string[] = []
    world.cluster.own.updateStatus = (resource, object) => {
      if (resource.kind !== workloadRolloutState.kind) return updateStatus(resource, object)
      written.push(JSON.stringify(object.status))
      const { succeededRevision: _, ...status } = object.status as Record<string, unknown>
      return updateStatus(resource, { ...object, status })
    }
    const replica = await start(world)
    await expect.poll(() => statusOf(world)).toMatchObject({ phase: 'success', version: '1.0.0' })
    putLive(world, 'web', 'ghcr.io/acme/web:2.0.0')
    await expect.poll(() => statusOf(world)).toMatchObject({ phase: 'rolling_out', version: '2.0.0' })
    settle(world, 'web', { updated: 1 })
    await expect.poll(() => statusOf(world)).toMatchObject({ phase: 'success', version: '2.0.0' })
    for (let look = 0; look < 5; look++) {
      world.annotate('web', { 'fairlead.dev/look': `${look}` })
      await replica.quiet()
    }
    expect(written).toEqual([...new Set(written)])
    const warned = replica.log.lines.filter(({ message }) => message.includes('CustomResourceDefinitions'))
    expect(warned).toHaveLength(1)
  })

  test('where the kind is not installed, rollouts are followed all the same', async () => {
    const world = aSettledWorld()
    world.cluster.objects.uninstall(workloadRolloutState)
    const replica = await start(world)
    putLive(world, 'web', 'ghcr.io/acme/web:2.0.0')
    await replica.quiet()
    expect(replica.log.lines.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/^rollout rolling_out/),
    )
    expect(replica.log.lines.filter(({ level }) => level === 'warn')).toEqual([])
  })
})
