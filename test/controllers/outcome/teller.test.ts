import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { FairleadError } from '../../../src/errors.ts'
import { createFakeWorld, digestOf, type FakeWorld, image, type Replica } from '../../fakes/world.ts'
import { aProposedWorld, holdTime, proposed } from '../pull-request/world.ts'
import { putLive, settle } from '../rollout.ts'

const source = { repository: 'https://git.example.com/acme/web', revision: '0123456789abcdef0123456789abcdef01234567' }
const freely = { 'fairlead.dev/policy': 'minor', 'fairlead.dev/require-approval': 'false' }
const status = 'fairlead/eu/prod/web'

interface ToldWorld extends FakeWorld {
  replica: Replica
  another(): Promise<Replica>
  /** Another tag of `web` comes, and what follows from it is done. */
  push(tag: string): Promise<void>
  /** Flux applies the branch; the Deployment gets the image. */
  apply(tag: string): Promise<void>
  /** Its pods are there, or will never be. */
  end(failure?: string): Promise<void>
  statusOf(commit: string | undefined): { state: string; text: string } | undefined
  commit(): string | undefined
}

async function aToldWorld(
  annotations: Record<string, string> = freely,
  { withHost = true, config = '' } = {},
): Promise<ToldWorld> {
  const world = createFakeWorld()
  world.registry.push(image('web'), '1.0.0', { digest: digestOf('1.0.0') })
  world.deploy('web', 'ghcr.io/acme/web:1.0.0', { ...annotations, 'fairlead.dev/min-update-interval': '0s' })
  settle(world, 'web', { updated: 1 })
  await world.sync()
  const another = async () => {
    const replica = await world.start(`mode: commit\ncluster: {name: eu}\n${config}`, undefined, { withHost })
    onTestFinished(() => replica.stop())
    await replica.quiet()
    return replica
  }
  const replica = await another()
  return {
    ...world,
    replica,
    another,
    async push(tag) {
      world.registry.push(image('web'), tag, { digest: digestOf(tag), source })
      replica.loops.images.hinted(image('web'))
      await replica.quiet()
    },
    async apply(tag) {
      await world.sync()
      putLive(world, 'web', `ghcr.io/acme/web:${tag}`)
      await replica.quiet()
    },
    async end(failure) {
      settle(world, 'web', failure === undefined ? { updated: 1 } : { updated: 0, failure })
      await replica.quiet()
    },
    statusOf: (commit) => world.host.statuses(commit ?? '')[status],
    commit: () => world.requests()[0]?.status?.commit,
  }
}

const calls = ({ host }: FakeWorld, method: string) =>
  (host.calls.writes[method] ?? 0) + (host.calls.reads[method] ?? 0)
const rolledOut = (world: FakeWorld) =>
  world.requests()[0]?.status?.conditions?.find(({ type }) => type === 'RolledOut')?.reason

describe('the commit of an update', () => {
  test('has a status that is pending, then success: two writes in all', async () => {
    const world = await aToldWorld()
    await world.push('1.1.0')
    expect(world.statusOf(world.commit())).toMatchObject({ state: 'pending' })
    await world.apply('1.1.0')
    await world.end()
    expect(world.statusOf(world.commit())).toMatchObject({ state: 'success', text: expect.stringContaining('1.1.0') })
    expect(calls(world, 'status')).toBe(2)
    await world.replica.quiet()
    expect(calls(world, 'status')).toBe(2)
  })

  test('has the status failure, with its cause', async () => {
    const world = await aToldWorld()
    await world.push('1.1.0')
    await world.apply('1.1.0')
    await world.end('cannot pull the image')
    const told = world.statusOf(world.commit())
    expect(told).toMatchObject({ state: 'failure', text: expect.stringContaining('cannot pull the image') })
  })

  test('is not told of twice by the next replica', async () => {
    const world = await aToldWorld()
    await world.push('1.1.0')
    await world.apply('1.1.0')
    await world.end()
    await world.replica.stop()
    const writes = world.host.calls.writes.status
    await world.another()
    expect(world.host.calls.writes.status).toBe(writes)
    expect(world.statusOf(world.commit())).toMatchObject({ state: 'success' })
  })

  test('is told of by the next replica when this one had no time to', async () => {
    const world = await aToldWorld()
    await world.push('1.1.0')
    world.host.outage = new FairleadError('HostUnavailable', 'down')
    await world.apply('1.1.0')
    await world.end()
    expect(rolledOut(world)).toBe('Success')
    await world.replica.stop()
    world.host.outage = undefined
    await world.another()
    expect(world.statusOf(world.commit())).toMatchObject({ state: 'success' })
  })

  test('is told of again when the host was away, and the request did not wait for that', async () => {
    const world = await aToldWorld()
    world.host.outage = new FairleadError('HostUnavailable', 'away')
    await world.push('1.1.0')
    expect(world.requests()[0]?.status?.phase).toBe('Completed')
    expect(world.statusOf(world.commit())).toBeUndefined()
    world.host.outage = undefined
    await vi.waitFor(() => expect(world.statusOf(world.commit())).toMatchObject({ state: 'pending' }), {
      timeout: 5_000,
    })
  })

  test('is not told of before the host wants to hear of it again', async () => {
    const world = await aToldWorld()
    world.host.failNext('status', new FairleadError('HostLimited', 'slower', { retryAfterMs: 60_000 }))
    await world.push('1.1.0')
    await world.apply('1.1.0')
    await world.end()
    expect(rolledOut(world)).toBe('Success')
    expect(calls(world, 'status')).toBe(1)
  })

  test('of a repository without a host is told nobody', async () => {
    const world = await aToldWorld(freely, { withHost: false })
    await world.push('1.1.0')
    await world.apply('1.1.0')
    await world.end()
    expect(rolledOut(world)).toBe('Success')
    expect(world.host.calls).toEqual({ reads: {}, writes: {} })
  })

  test('that the host will not hear of is tried once, said once, and holds nothing up', async () => {
    const world = await aToldWorld()
    const status = world.host.outcomes.status
    world.host.outcomes.status = async (...args) => {
      await status(...args)
      throw new FairleadError('HostForbidden', 'the token lacks statuses: write')
    }
    const replica = await world.another()
    await world.replica.stop()
    world.registry.push(image('web'), '1.1.0', { digest: digestOf('1.1.0') })
    replica.loops.images.hinted(image('web'))
    await replica.quiet()
    await world.sync()
    putLive(world, 'web', 'ghcr.io/acme/web:1.1.0')
    settle(world, 'web', { updated: 1 })
    await replica.quiet()
    expect(rolledOut(world)).toBe('Success')
    expect(calls(world, 'status')).toBe(1)
    const events = world.cluster.recorded.filter(({ reason }) => reason === 'HostForbidden')
    expect(events).toMatchObject([{ about: { kind: 'UpdateRequest' }, type: 'Warning', count: 1 }])
    expect(replica.log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
  })
})

describe('what was taken back', () => {
  test('is told on the commit that brought it, with who took it back', async () => {
    const world = await aToldWorld()
    await world.push('1.1.0')
    await world.apply('1.1.0')
    await world.end()
    const brought = world.commit()
    const wish = { reason: 'orders fail', by: 'alice' }
    const way = await world.replica.loops.api.wayBack({ kind: 'Deployment', namespace: 'prod', name: 'web' }, wish)
    if (way === undefined) throw new Error('no such workload')
    await world.replica.loops.api.rollBack(way)
    await vi.waitFor(() => {
      expect(world.statusOf(brought)?.text).toMatch(/^1\.1\.0 is rolled out.*, rolled back by [0-9a-f]{7} \(alice\)$/)
    }, 20_000)
    expect(world.statusOf(brought)?.state).toBe('success')
  })

  test('is told in the comment of the pull request that brought it', async () => {
    const world = await aToldWorld(proposed, { config: 'rollback: {onFailure: own, mode: commit}' })
    await world.push('1.1.0')
    const merged = world.host.people.merge(1, 'alice')
    world.replica.loops.pullRequests.changed('git.example.com/gitops', {})
    await world.replica.quiet()
    await world.apply('1.1.0')
    await world.end('cannot pull the image')
    const back = await vi.waitFor(() => {
      const rollback = world.requests().find(({ spec }) => spec.action === 'rollback')
      expect(rollback?.status?.phase).toBe('Completed')
      return rollback?.status?.commit
    }, 20_000)
    await world.replica.quiet()
    const comments = world.host.state.pulls.get(1)?.comments.map(({ text }) => text) ?? []
    expect(comments).toHaveLength(1)
    expect(comments[0]).toContain('**The rollout failed, and the change was rolled back**')
    expect(comments[0]).toContain(`${back} by fairlead`)
    expect(world.statusOf(merged)?.text).toContain(`rolled back by ${back?.slice(0, 7)} (fairlead)`)
  })
})

describe('the repository of the application', () => {
  test('is told what was deployed where, when its image names it', async () => {
    const world = await aToldWorld()
    world.host.state.deployable.add(source.repository)
    await world.push('1.1.0')
    await world.apply('1.1.0')
    await world.end()
    expect(world.host.state.deployments).toMatchObject([
      { ...source, environment: 'eu/prod', states: [{ state: 'pending' }, { state: 'success' }] },
    ])
  })

  test('that may not be told is not, and nothing is said about it', async () => {
    const world = await aToldWorld()
    await world.push('1.1.0')
    await world.apply('1.1.0')
    await world.end()
    expect(world.host.state.deployments).toEqual([])
    expect(world.cluster.recorded.filter(({ type }) => type === 'Warning')).toEqual([])
    expect(world.replica.log.lines.filter(({ level }) => level === 'warn')).toEqual([])
  })
})

describe('a merged pull request', () => {
  const comments = (world: FakeWorld) => world.host.state.pulls.get(1)?.comments.map(({ text }) => text) ?? []

  test('has one comment, which says in the end what the rollout did, and the merge commit its status', async () => {
    const world = await aToldWorld(proposed)
    await world.push('1.1.0')
    expect(comments(world)).toEqual([])
    const commit = world.host.people.merge(1, 'alice')
    world.replica.loops.pullRequests.changed('git.example.com/gitops', {})
    await world.replica.quiet()
    expect(comments(world)).toHaveLength(1)
    expect(comments(world)[0]).toContain('Merged, not rolled out yet')
    await world.apply('1.1.0')
    await world.end()
    expect(comments(world)).toHaveLength(1)
    expect(comments(world)[0]).toContain('Rolled out')
    expect(world.statusOf(commit)).toMatchObject({ state: 'success' })
    expect(calls(world, 'comment')).toBe(2)
  })

  test('of two workloads has one comment about both', async () => {
    holdTime()
    const world = await aProposedWorld({ apps: ['web', 'api'], rules: { group: 'namespace' } })
    await world.push('1.1.0')
    await world.push('1.1.0', 'api')
    await world.pass(1)
    expect(world.host.state.pulls.size).toBe(1)
    world.host.people.merge(1, 'alice')
    await world.hint()
    await vi.waitFor(() => {
      expect(comments(world)).toHaveLength(1)
      expect(comments(world)[0]).toContain('Deployment/prod/web')
      expect(comments(world)[0]).toContain('Deployment/prod/api')
    }, 15_000)
  })
})
