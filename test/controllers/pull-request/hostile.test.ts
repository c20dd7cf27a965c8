import { describe, expect, test } from 'vitest'
import { aProposedWorld, holdTime, type ProposedOptions, type ProposedWorld, unattended } from './world.ts'

/** Somebody who may push puts a commit on the branch that says of itself that it is fairlead's. */
function forge({ git, pull }: ProposedWorld, change: (message: string) => string = (message) => message): void {
  const { remote } = git
  const { branch } = pull()
  const head = remote.heads.get(branch) ?? ''
  const { message, author, committer } = remote.facts(head)
  const files = new Map([...remote.files(head), ['evil.yaml', 'evil: true\n']])
  remote.heads.set(branch, remote.write({ files, parents: [head], message: change(message), author, committer }))
}

async function aProposal(options: ProposedOptions): Promise<ProposedWorld> {
  const world = await aProposedWorld(options)
  await world.push('1.1.0')
  return world
}

describe('a commit by somebody else in the name of fairlead', () => {
  test('is not merged because checks are green', async () => {
    const world = await aProposal({ rules: { automerge: 'on-green' }, annotations: unattended })
    forge(world)
    world.host.people.setChecks(1, { ci: 'green' })
    await world.hint()
    world.host.people.setChecks(1, { ci: 'green' })
    await world.hint()
    expect(world.pull().state).toBe('merged')
    expect(world.git.read('main', 'apps/web.yaml')).toContain('acme/web:1.1.0')
    expect(world.git.read('main', 'evil.yaml')).toBeUndefined()
  })

  test('is not merged with the approval of whoever made it', async () => {
    const world = await aProposal({ rules: { automerge: 'on-approval', checks: 'optional' } })
    forge(world)
    world.host.people.approve(1, 'mallory')
    await world.hint()
    expect(world.waits()).toBe('True ReviewRequired')
    expect(world.git.read(world.pull().branch, 'evil.yaml')).toBeUndefined()
  })

  test('is not merged with an approval through the API', async () => {
    const world = await aProposal({ rules: { checks: 'optional' } })
    forge(world)
    await world.replica.loops.api.approve(world.request(), { by: 'alice' })
    await world.replica.quiet()
    expect(world.pull().state).toBe('merged')
    expect(world.git.read('main', 'evil.yaml')).toBeUndefined()
  })

  test('is not merged by the host that shall merge by itself', async () => {
    const world = await aProposal({ rules: { automerge: 'on-approval' } })
    world.host.people.demand('main', { review: true, checks: ['ci'], mergesItself: true })
    await world.hint()
    expect(world.pull().pending).toBeDefined()
    forge(world)
    await world.hint()
    expect(world.git.read(world.pull().branch, 'evil.yaml')).toBeUndefined()
  })

  test('does not become that of another cluster', async () => {
    const world = await aProposal({ rules: { automerge: 'on-green' }, annotations: unattended })
    forge(world, (message) => message.replace(/^Fairlead-Cluster: .*$/m, 'Fairlead-Cluster: elsewhere'))
    world.host.people.setChecks(1, { ci: 'green' })
    await world.hint()
    expect(world.git.read(world.pull().branch, 'evil.yaml')).toBeUndefined()
  })

  test('does not cost those who only restart fairlead their approvals', async () => {
    const world = await aProposal({ rules: { automerge: 'on-approval' } })
    const { head } = world.pull()
    world.host.people.approve(1, 'alice')
    await world.replica.stop()
    const again = await aProposedWorld({ world, rules: { automerge: 'on-approval' } })
    again.host.people.setChecks(1, { ci: 'green' })
    await again.hint()
    expect(again.pull()).toMatchObject({ state: 'merged', head })
  })
})

describe('a commit of somebody else on a proposal that the host shall merge by itself', () => {
  test('is not merged before anybody has looked at it', async () => {
    const world = await aProposal({ rules: { automerge: 'on-approval' } })
    world.host.people.demand('main', { review: true, checks: ['ci'], mergesItself: true })
    await world.hint()
    expect(world.pull().pending).toBeDefined()
    world.host.people.approve(1, 'alice')
    world.host.people.pushTo(world.pull().branch, { 'apps/web.yaml': 'kind: Evil\n' }, 'mallory')
    await world.hint()
    world.host.people.setChecks(1, { ci: 'green' })
    await world.hint()
    expect(world.pull().state).toBe('open')
    expect(world.waits()).toBe('True EditedByOthers')
  })
})

describe('a pull request that somebody points at another base', () => {
  test('is replaced by one of its own, which it does not take along when it is closed', async () => {
    holdTime()
    const world = await aProposal({})
    world.git.remote.heads.set('release', world.git.remote.heads.get('main') ?? '')
    world.pull().base = 'release'
    await world.pass(90)
    expect(world.pull(1)).toMatchObject({ base: 'release', state: 'closed' })
    expect(world.pull(2)).toMatchObject({ base: 'main', state: 'open' })
    expect(world.waits()).toBe('True AwaitingMerge')
    expect(world.host.state.pulls.size).toBe(2)
  })
})

describe('a merge that Git does not show yet', () => {
  const lagging = async () => {
    holdTime()
    const world = await aProposal({})
    const before = world.git.remote.heads.get('main') ?? ''
    const commit = world.host.people.merge(1, 'alice')
    world.git.remote.heads.set('main', before)
    await world.hint()
    return { world, commit }
  }

  test('is no rejection', async () => {
    const { world, commit } = await lagging()
    expect(world.request().status?.phase).toBe('Pending')
    world.git.remote.heads.set('main', commit)
    await world.pass(5)
    expect(world.request().status).toMatchObject({ phase: 'Completed', approvedBy: 'alice', commit })
  })

  test('is one when it never comes', async () => {
    const { world } = await lagging()
    await world.pass(20)
    expect(world.request().status).toMatchObject({ phase: 'Rejected', rejectedBy: 'alice' })
  })
})
