import { describe, expect, test } from 'vitest'
import { type ErrorCode, FairleadError } from '../../../src/errors.ts'
import { anotherCluster, aProposedWorld, holdTime, type ProposedWorld, unattended } from './world.ts'

/** Calls to the host since a moment, by method. */
function counting({ host }: ProposedWorld) {
  const now = (): Record<string, number> => ({ ...host.calls.reads, ...host.calls.writes })
  const before = now()
  return (): Record<string, number> => {
    const since = Object.entries(now()).map(([name, count]) => [name, count - (before[name] ?? 0)] as const)
    return Object.fromEntries(since.filter(([, count]) => count > 0))
  }
}

const total = (calls: Record<string, number>) => Object.values(calls).reduce((sum, count) => sum + count, 0)

describe('an open pull request that nothing happens to', () => {
  test('costs one list of its repository for each look, and nothing else', async () => {
    holdTime()
    const world = await aProposedWorld({ apps: ['web', 'api'], rules: { labels: ['updates'], reviewers: ['carol'] } })
    await world.push('1.1.0')
    await world.push('1.1.0', 'api')
    await world.pass(2)
    const calls = counting(world)
    const { pushes } = world.git
    await world.pass(10)
    expect(calls()).toEqual({ list: 10 })
    expect(world.git.pushes).toBe(pushes)
  })

  test('is asked about once a minute while fairlead waits for reviews or checks, and never written to', async () => {
    holdTime()
    const world = await aProposedWorld({ rules: { automerge: 'on-approval' } })
    await world.push('1.1.0')
    await world.pass(2)
    const calls = counting(world)
    await world.pass(10)
    expect(world.waits()).toBe('True ReviewRequired')
    const { list, ...asked } = calls()
    expect(list).toBe(10)
    expect(Object.keys(asked).sort()).toEqual(['account', 'checks', 'demands', 'read', 'reviews'])
    for (const [name, count] of Object.entries(asked)) expect(count, name).toBeLessThanOrEqual(11)
  })

  test('costs no labels, no reviewers and no edit where nobody is to be told', async () => {
    const world = await aProposedWorld()
    await world.push('1.1.0')
    expect(world.host.calls.writes).toEqual({ open: 1 })
  })

  test('of another cluster in the same repository is looked at when it changes, and never written to', async () => {
    holdTime()
    const world = await aProposedWorld()
    await world.push('1.1.0')
    const watching = { world: await anotherCluster(world), config: 'mode: observe\ncluster: {name: other}' }
    const other = await aProposedWorld({ ...watching, given: { mode: 'observe' } })
    const { writes } = structuredClone(world.host.calls)
    world.host.people.label(1, 'seen')
    await other.pass(2)
    const calls = counting(world)
    await other.pass(90)
    expect(calls()).toEqual({ list: 90 })
    expect(world.host.calls.writes).toEqual(writes)
    expect(world.pull().state).toBe('open')
  })
})

const refusals: [code: ErrorCode, words: string][] = [
  ['HostAuthFailed', 'the token was not accepted; renew it'],
  ['HostForbidden', 'the token lacks "pull requests: write"; add it'],
  ['HostNotFound', 'there is no such repository, or the token may not see it'],
  ['HostMoved', 'the repository is acme/new-gitops now; change git.repositories[].url'],
  ['HostArchived', 'the repository is archived; unarchive it'],
]

describe('a host that refuses', () => {
  test.each(refusals)(
    'with %s is a reason with its remedy on the request, and a few calls in an hour',
    async (code, words) => {
      holdTime()
      const world = await aProposedWorld()
      world.host.outage = new FairleadError(code, words)
      await world.push('1.1.0')
      expect(world.waits()).toBe(`True ${code}`)
      expect(world.request().status).toMatchObject({ phase: 'Pending', message: words })
      const calls = counting(world)
      await world.pass(60)
      expect(total(calls())).toBeLessThanOrEqual(14)
      world.host.outage = undefined
      await world.pass(11)
      expect(world.pull().state).toBe('open')
    },
  )

  test('to be asked so often is left alone until the time that it gave', async () => {
    holdTime()
    const world = await aProposedWorld()
    world.host.outage = new FairleadError('HostLimited', 'too many requests', { retryAfterMs: 1_800_000 })
    await world.push('1.1.0')
    await world.pass(1)
    expect(world.waits()).toBe('True HostLimited')
    const calls = counting(world)
    await world.pass(27)
    expect(total(calls())).toBe(0)
    world.host.outage = undefined
    await world.pass(5)
    expect(world.pull().state).toBe('open')
  })

  test('to answer is asked less and less, and what waits goes on as soon as it answers', async () => {
    holdTime()
    const world = await aProposedWorld()
    world.host.outage = new FairleadError('HostUnavailable', 'no answer')
    await world.push('1.1.0')
    await world.pass(20)
    expect(world.waits()).toBe('True HostUnavailable')
    const calls = counting(world)
    await world.pass(60)
    const { list, ...rest } = calls()
    expect(list).toBe(60)
    expect(total(rest)).toBeLessThanOrEqual(25)
    world.host.outage = undefined
    await world.pass(6)
    expect(world.pull().state).toBe('open')
  })

  test('our own branch is a reason that names the branch, and a few pushes in an hour', async () => {
    holdTime()
    const world = await aProposedWorld()
    const { replace } = world.git
    let pushes = 0
    world.git.replace = async () => {
      pushes++
      throw new FairleadError('PushRefused', 'GH013: branch names must match feature/*')
    }
    await world.push('1.1.0')
    expect(world.waits()).toBe('True PushRefused')
    expect(world.request().status?.message).toMatch(/GH013.*let fairlead push to fairlead\/prod-web-/)
    await world.pass(60)
    expect(pushes).toBeLessThanOrEqual(7)
    expect(world.host.calls.writes).toEqual({})
    world.git.replace = replace
    await world.pass(11)
    expect(world.pull().state).toBe('open')
  })

  test('to show what was written to it is not written to over and over', async () => {
    holdTime()
    const world = await aProposedWorld({ rules: { labels: ['updates'], reviewers: ['carol'] } })
    const { read } = world.host.pullRequests
    await world.push('1.1.0')
    const old = await read(1)
    world.host.pullRequests.read = async () => old
    await world.push('1.2.0')
    const { pushes } = world.git
    const writes = { ...world.host.calls.writes }
    for (let look = 0; look < 20; look++) await world.hint()
    expect([world.git.pushes, world.host.calls.writes]).toEqual([pushes, writes])
    world.host.pullRequests.read = read
    await world.pass(6)
    expect(world.pull().title).toContain('1.2.0')
  })

  test('a label that is still shown after it was taken away is taken away once', async () => {
    holdTime()
    const world = await aProposedWorld({ rules: { labels: ['updates'] } })
    const { read } = world.host.pullRequests
    await world.push('1.1.0')
    world.host.people.label(1, 'fairlead:rebase')
    const old = await read(1)
    world.host.pullRequests.read = async () => old
    for (let look = 0; look < 20; look++) await world.hint()
    expect(world.host.calls.writes.removeLabel).toBe(1)
    world.host.pullRequests.read = read
    await world.pass(1)
    expect(world.waits()).toBe('True AwaitingMerge')
  })

  test('a merge again and again is asked less and less', async () => {
    holdTime()
    const world = await aProposedWorld({
      annotations: unattended,
      rules: { automerge: 'on-green', checks: 'optional' },
    })
    const { merge } = world.host.pullRequests
    let merges = 0
    world.host.pullRequests.merge = async () => {
      merges++
      return { kind: 'later', words: 'Pull Request is not mergeable' }
    }
    await world.push('1.1.0')
    await world.pass(60)
    expect(merges).toBeLessThanOrEqual(20)
    world.host.pullRequests.merge = merge
    await world.pass(6)
    expect(world.pull().state).toBe('merged')
  })
})
