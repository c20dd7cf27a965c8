import { describe, expect, test } from 'vitest'
import { FairleadError } from '../../../src/errors.ts'
import {
  anotherCluster,
  aProposedWorld,
  holdTime,
  type ProposedOptions,
  type ProposedWorld,
  proposed,
} from './world.ts'

const apps = ['web', 'api']
const tags = ({ git }: ProposedWorld, branch: string) =>
  apps.map((name) => `${name} ${/image: \S+:(\S+)/.exec(git.read(branch, `apps/${name}.yaml`) ?? '')?.[1]}`)
const phases = (world: ProposedWorld) =>
  world
    .requests()
    .map(({ spec, status }) => `${spec.change.to.replace('ghcr.io/acme/', '')} ${status?.phase}`)
    .sort()
const pulls = ({ host }: ProposedWorld) =>
  [...host.state.pulls.values()].map(({ number, state }) => `${number} ${state}`)

function requestOf(world: ProposedWorld, name: string) {
  const found = world.requests().find(({ spec }) => spec.change.to.includes(`/${name}:`))
  if (found === undefined) throw new Error(`no request for ${name}`)
  return found
}

/** With an update of each app in one pull request. */
async function aGroup(group: 'namespace' | 'repository', rules: ProposedOptions['rules'] = {}): Promise<ProposedWorld> {
  holdTime()
  const world = await aProposedWorld({ apps, rules: { group, ...rules } })
  await world.push('1.1.0')
  await world.push('1.1.0', 'api')
  await world.pass(1)
  return world
}

describe.each(['namespace', 'repository'] as const)('changes of one %s', (group) => {
  test('share a pull request, with a commit each', async () => {
    const world = await aGroup(group)
    expect(pulls(world)).toEqual(['1 open'])
    expect(world.pull().commits).toHaveLength(2)
    expect(tags(world, world.pull().branch)).toEqual(['web 1.1.0', 'api 1.1.0'])
    expect(world.requests().map(({ status }) => status?.pullRequest?.number)).toEqual([1, 1])
    expect(world.pull().body).toMatch(/web.*api|api.*web/s)
  })

  test('that come together are rendered together', async () => {
    const world = await aGroup(group)
    expect([world.git.pushes, world.host.calls.writes]).toEqual([1, { open: 1 }])
  })

  test('go on without the one that is rejected through the API', async () => {
    const world = await aGroup(group)
    await world.replica.loops.api.reject(requestOf(world, 'web'), { by: 'bob', reason: 'no' })
    await world.pass(1)
    expect(pulls(world)).toEqual(['1 open'])
    expect(world.pull().commits).toHaveLength(1)
    expect(tags(world, world.pull().branch)).toEqual(['web 1.0.0', 'api 1.1.0'])
    expect(phases(world)).toEqual(['api:1.1.0 Pending', 'web:1.1.0 Rejected'])
  })

  test('are all approved by one merge', async () => {
    const world = await aGroup(group)
    world.host.people.merge(1, 'alice')
    await world.hint()
    expect(phases(world)).toEqual(['api:1.1.0 Completed', 'web:1.1.0 Completed'])
    expect(tags(world, 'main')).toEqual(['web 1.1.0', 'api 1.1.0'])
  })

  test('are all rejected when it is closed; a newer one is offered alone', async () => {
    const world = await aGroup(group)
    world.host.people.close(1, 'bob')
    await world.hint()
    expect(phases(world)).toEqual(['api:1.1.0 Rejected', 'web:1.1.0 Rejected'])
    await world.push('1.2.0', 'api')
    await world.pass(1)
    expect(pulls(world)).toEqual(['1 closed', '2 open'])
    expect(tags(world, world.pull(2).branch)).toEqual(['web 1.0.0', 'api 1.2.0'])
  })

  test('stay rejected beside an open one when the cluster was lost', async () => {
    const world = await aGroup(group)
    world.host.people.close(1, 'bob')
    await world.hint()
    await world.push('1.2.0', 'api')
    await world.pass(1)
    await world.replica.stop()
    const cluster = await anotherCluster(world)
    cluster.deploy('api', 'ghcr.io/acme/api:1.0.0', proposed)
    await cluster.sync()
    const next = await aProposedWorld({ world: cluster, rules: { group } })
    await next.pass(1)
    expect(phases(next)).toEqual(['api:1.2.0 Pending', 'web:1.1.0 Rejected'])
    expect(tags(next, next.pull(2).branch)).toEqual(['web 1.0.0', 'api 1.2.0'])
  })

  test('are approved through the API when each of them is', async () => {
    const world = await aGroup(group, { checks: 'optional' })
    await world.replica.loops.api.approve(requestOf(world, 'web'), { by: 'alice' })
    await world.pass(1)
    expect(pulls(world)).toEqual(['1 open'])
    await world.replica.loops.api.approve(requestOf(world, 'api'), { by: 'alice' })
    await world.pass(1)
    expect([pulls(world), phases(world)]).toEqual([['1 merged'], ['api:1.1.0 Completed', 'web:1.1.0 Completed']])
  })
})

describe('how many are open', () => {
  const many = ['web', 'api', 'db', 'job']
  const openNow = (world: ProposedWorld) => pulls(world).filter((one) => one.endsWith('open')).length

  test('is at most openLimit, also when all come at once, and the next is opened when one is merged', async () => {
    holdTime()
    const world = await aProposedWorld({ apps: many, rules: { openLimit: 2 } })
    await Promise.all(many.map((name) => world.push('1.1.0', name)))
    expect(openNow(world)).toBe(2)
    expect(reasons(world)).toEqual({ AwaitingMerge: 2, PullRequestLimit: 2 })
    world.host.people.merge(1, 'alice')
    await world.pass(1)
    expect([openNow(world), world.host.state.pulls.size]).toEqual([2, 3])
  })

  test('is at most perHour in an hour, also for a new process', async () => {
    holdTime()
    const world = await aProposedWorld({ apps: many, rules: { perHour: 2 } })
    await Promise.all(many.map((name) => world.push('1.1.0', name)))
    expect(reasons(world)).toEqual({ AwaitingMerge: 2, PullRequestLimit: 2 })
    await world.replica.stop()
    const next = await aProposedWorld({ world, rules: { perHour: 2 } })
    await next.pass(50)
    expect(openNow(next)).toBe(2)
    await next.pass(15)
    expect(openNow(next)).toBe(4)
  })

  function reasons(world: ProposedWorld): Record<string, number> {
    const counts: Record<string, number> = {}
    for (const { status } of world.requests()) {
      const reason = status?.conditions?.find((one) => one.type === 'Progressing')?.reason ?? ''
      counts[reason] = (counts[reason] ?? 0) + 1
    }
    return counts
  }
})

describe('two clusters that write to one repository', () => {
  test('have a pull request each, and neither touches that of the other', async () => {
    const one = await aProposedWorld({ config: 'mode: commit\ncluster: {name: one}' })
    await one.push('1.1.0')
    const two = await aProposedWorld({ world: await anotherCluster(one), config: 'mode: commit\ncluster: {name: two}' })
    expect(pulls(one)).toEqual(['1 open', '2 open'])
    const { writes } = structuredClone(one.host.calls)
    for (const world of [one, two]) {
      await world.replica.loops.pullRequests.sweep()
      await world.hint()
    }
    expect(one.host.calls.writes).toEqual(writes)
    one.host.people.close(1, 'bob')
    await one.hint()
    await two.hint()
    expect([phases(one), phases(two)]).toEqual([['web:1.1.0 Rejected'], ['web:1.1.0 Pending']])
  })
})

describe('the base of a pull request', () => {
  const refused = 'GH006: Protected branch update failed for refs/heads/main'
  const direct = { 'fairlead.dev/policy': 'minor', 'fairlead.dev/require-approval': 'false' }
  const pushed = (world: ProposedWorld) => {
    const found = world.request().status?.conditions?.find((one) => one.type === 'Pushed')
    return `${found?.status} ${found?.reason} ${found?.message}`
  }

  test('that takes no push gets a pull request, with its words; a person merges it', async () => {
    const world = await aProposedWorld({ annotations: direct })
    world.git.nextPush = { refuse: refused }
    await world.push('1.1.0')
    expect(pulls(world)).toEqual(['1 open'])
    expect(pushed(world)).toBe(`False PushRefused ${refused}`)
    world.host.people.merge(1, 'alice')
    await world.hint()
    expect(world.request().status).toMatchObject({ phase: 'Completed', approvedBy: 'alice' })
    expect(pushed(world)).toMatch(/^True Merged /)
  })

  test('that takes no push fails where there is no host', async () => {
    const world = await aProposedWorld({ annotations: direct, given: { withHost: false } })
    world.git.nextPush = { refuse: refused }
    await world.push('1.1.0')
    expect([pulls(world), phases(world)]).toEqual([[], ['web:1.1.0 Failed']])
  })

  test('that was renamed leaves it to people, and opens nothing on a branch that is gone', async () => {
    holdTime()
    const world = await aProposedWorld()
    await world.push('1.1.0')
    const { heads } = world.git.remote
    heads.set('trunk', heads.get('main') ?? '')
    heads.delete('main')
    Object.assign(world.pull(), { base: 'trunk' })
    await world.hintBase()
    await world.pass(30)
    expect(pulls(world)).toEqual(['1 open'])
    expect(world.requests().map(({ status }) => status?.phase)).toEqual(['Pending'])
  })

  test('that cannot be read now holds it, and does not withdraw it', async () => {
    const world = await aProposedWorld()
    await world.push('1.1.0')
    const { snapshot } = world.git
    world.git.snapshot = async (branch, options) => {
      if (branch === 'main') throw new FairleadError('GitAuthFailed', 'the login was refused')
      return snapshot(branch, options)
    }
    await world.hintBase()
    await world.hint()
    expect(pulls(world)).toEqual(['1 open'])
  })
})
