import { describe, expect, test } from 'vitest'
import { resources } from '../../../src/api/kubernetes.ts'
import type { PullRequestRules } from '../../../src/core/pull-request/rules.ts'
import { FairleadError } from '../../../src/errors.ts'
import { aProposedWorld, holdTime, type ProposedWorld, unattended } from './world.ts'

/**
 * The rows are those of a table of 28 states that promoters on other hosts know (Kargo, pkg/gitprovider/github and
 * git_pr_waiter; GitOps Promoter, pullrequest_controller), here through the controllers on a host in memory. Where
 * fairlead does something else, the row says what.
 */

type Story = () => Promise<void>

const lost = () => new FairleadError('HostUnavailable', 'connection reset')
const mergesAsked = ({ host }: ProposedWorld) => host.calls.writes.merge ?? 0

/** A pull request for 1.1.0 that fairlead merges as soon as its one check is green. */
async function anAutomergeWorld(rules: Partial<PullRequestRules> = {}): Promise<ProposedWorld> {
  holdTime()
  const world = await aProposedWorld({ annotations: unattended, rules: { automerge: 'on-green', ...rules } })
  await world.push('1.1.0')
  return world
}

async function turnGreen(world: ProposedWorld): Promise<void> {
  world.host.people.setChecks(1, { ci: 'green' })
  await world.hint()
}

const rows: [row: string, says: string, story: Story][] = [
  [
    'D1',
    'a host that does not answer is asked again, and nothing is merged',
    async () => {
      const world = await anAutomergeWorld()
      world.host.failNext('read', lost())
      await turnGreen(world)
      expect(world.waits()).toBe('True HostUnavailable')
      expect(mergesAsked(world)).toBe(0)
      await world.pass(1)
      expect(world.pull().state).toBe('merged')
    },
  ],
  [
    'D2',
    'what is merged already is done, without asking for a merge',
    async () => {
      const world = await anAutomergeWorld()
      world.host.people.setChecks(1, { ci: 'green' })
      world.host.people.merge(1, 'alice')
      await world.hint()
      expect(world.request().status?.phase).toBe('Completed')
      expect(mergesAsked(world)).toBe(0)
    },
  ],
  [
    'D3',
    'closed without a merge is rejected, for good',
    async () => {
      const world = await anAutomergeWorld()
      world.host.people.close(1, 'bob')
      await world.pass(20)
      expect(world.request().status).toMatchObject({ phase: 'Rejected', rejectedBy: 'bob' })
      expect(world.host.state.pulls.size).toBe(1)
    },
  ],
  [
    'D4',
    'while the host computes whether it can merge, nobody asks it to',
    async () => {
      const world = await anAutomergeWorld()
      world.pull().readsUntilKnown = 1_000
      await turnGreen(world)
      expect([world.waits(), mergesAsked(world)]).toEqual(['True Computing', 0])
      world.pull().readsUntilKnown = 0
      await world.pass(1)
      expect([world.pull().state, mergesAsked(world)]).toEqual(['merged', 1])
    },
  ],
  [
    'D5',
    'what is ready is merged by one call; a red check counts here, also one that the branch does not demand',
    async () => {
      const world = await anAutomergeWorld()
      world.host.people.setChecks(1, { ci: 'green', lint: 'failed' })
      await world.hint()
      expect([world.waits(), mergesAsked(world)]).toEqual(['True ChecksFailed', 0])
      world.host.people.setChecks(1, { ci: 'green', lint: 'neutral' })
      await world.hint()
      expect([world.pull().state, mergesAsked(world)]).toEqual(['merged', 1])
    },
  ],
  [
    'D6',
    'a draft waits for somebody to say that it is ready',
    async () => {
      const world = await anAutomergeWorld({ draft: true })
      await turnGreen(world)
      expect([world.waits(), mergesAsked(world)]).toEqual(['True Draft', 0])
      world.host.people.ready(1)
      await world.pass(1)
      expect(world.pull().state).toBe('merged')
    },
  ],
  [
    'D7',
    'what a rule blocks is tried once, for the account may pass it by',
    async () => {
      const world = await anAutomergeWorld()
      world.host.people.demand('main', { review: true })
      world.host.state.mayBypass = true
      await turnGreen(world)
      expect([world.pull().state, mergesAsked(world)]).toEqual(['merged', 1])
    },
  ],
  [
    'D8',
    'what a rule blocks and the host refuses waits, and is not tried again until something changes',
    async () => {
      const world = await anAutomergeWorld()
      world.host.people.demand('main', { review: true })
      await turnGreen(world)
      await world.pass(5)
      expect([world.waits(), mergesAsked(world)]).toEqual(['True BranchRules', 1])
      world.host.people.approve(1, 'alice')
      await world.pass(1)
      expect([world.pull().state, mergesAsked(world)]).toEqual(['merged', 2])
    },
  ],
  [
    'D9',
    'a method that is not allowed is told to people, whatever else blocks it',
    async () => {
      const world = await anAutomergeWorld()
      world.host.people.demand('main', { review: true })
      world.host.state.forbidden.add('merge')
      await turnGreen(world)
      await world.pass(5)
      expect([world.waits(), mergesAsked(world)]).toEqual(['True MergeForbidden', 1])
      expect(world.request().status?.message).toContain('Merge commits are not allowed')
    },
  ],
  [
    'D10',
    'what is behind its base is tried, and when that is refused, rendered anew on the base',
    async () => {
      const world = await anAutomergeWorld()
      world.host.people.demand('main', { upToDate: true })
      const moved = world.git.commit('main', { 'README.md': 'more\n' }, 'Say more')
      await turnGreen(world)
      expect(mergesAsked(world)).toBe(1)
      expect(world.git.remote.facts(world.pull().head).parents).toEqual([moved])
      await turnGreen(world)
      expect([world.pull().state, mergesAsked(world)]).toEqual(['merged', 2])
    },
  ],
  [
    'D11',
    'what conflicts with its base is rendered anew on it, without asking for a merge',
    async () => {
      const world = await anAutomergeWorld()
      const before = world.pull().head
      await world.disturb()
      expect(world.pull().head).not.toBe(before)
      expect(world.git.read(world.pull().branch, 'apps/web.yaml')).toMatch(/web:1\.1\.0\n# touched/)
      expect([world.waits(), mergesAsked(world)]).toEqual(['True ChecksPending', 0])
    },
  ],
  [
    'D12',
    'a base that moved under the merge costs a few seconds and one more call',
    async () => {
      const world = await anAutomergeWorld()
      const words = 'Base branch was modified. Review and try the merge again.'
      world.host.nextMerge = { kind: 'later', words }
      await turnGreen(world)
      expect([world.waits(), mergesAsked(world)]).toEqual(['True Computing', 1])
      await world.pass(1)
      expect([world.pull().state, mergesAsked(world)]).toEqual(['merged', 2])
    },
  ],
  [
    'D13',
    '"not mergeable", then a conflict: rendered anew after exactly one call',
    async () => {
      const world = await anAutomergeWorld()
      world.host.nextMerge = { kind: 'later', words: 'Pull Request is not mergeable' }
      await turnGreen(world)
      await world.disturb()
      await world.pass(2)
      expect([world.waits(), mergesAsked(world)]).toEqual(['True ChecksPending', 1])
    },
  ],
  [
    'D14',
    'a merge method that the repository forbids is tried once in ten minutes, not more',
    async () => {
      const world = await anAutomergeWorld({ mergeMethod: 'squash' })
      world.host.state.forbidden.add('squash')
      await turnGreen(world)
      expect(world.waits()).toBe('True MergeForbidden')
      await world.pass(60)
      expect(mergesAsked(world)).toBeLessThanOrEqual(7)
      world.host.state.forbidden.clear()
      await world.pass(10)
      expect(world.pull().state).toBe('merged')
    },
  ],
  [
    'D15',
    'a refusal for a missing check waits where the host says "blocked", and needs somebody where it does not',
    async () => {
      const words = 'Required status check "ci" is expected.'
      const world = await anAutomergeWorld()
      world.host.nextMerge = { kind: 'ruled-out', words }
      await turnGreen(world)
      expect(world.waits()).toBe('True MergeForbidden')
      world.host.people.demand('main', { review: true })
      world.host.nextMerge = { kind: 'ruled-out', words }
      await world.hint()
      expect([world.waits(), mergesAsked(world)]).toEqual(['True BranchRules', 2])
    },
  ],
  [
    'D16',
    'a merge whose answer or next look got lost is not asked for twice',
    async () => {
      const world = await anAutomergeWorld()
      world.host.nextMerge = 'lose'
      await turnGreen(world)
      world.host.failNext('find', lost())
      await world.pass(1)
      await world.pass(1)
      expect(world.request().status?.phase).toBe('Completed')
      expect(mergesAsked(world)).toBe(1)
    },
  ],
  [
    'D17',
    'a merge whose commit the host does not name is found by its trailer',
    async () => {
      const world = await anAutomergeWorld()
      world.host.nextMerge = { kind: 'merged', commit: undefined }
      await turnGreen(world)
      const commit = world.request().status?.commit ?? ''
      expect(world.git.remote.facts(commit).message).toContain('Fairlead-Id:')
      expect(world.request().status?.phase).toBe('Completed')
    },
  ],
  [
    'D18',
    'an open one is pending without a commit; it is looked at when its list changes, once a minute',
    async () => {
      const world = await anAutomergeWorld({ automerge: 'never' })
      const reads = { ...world.host.calls.reads }
      await world.pass(3)
      expect(world.request().status).toMatchObject({ phase: 'Pending', pullRequest: { number: 1 } })
      expect(world.request().status?.commit).toBeUndefined()
      expect(world.host.calls.reads).toEqual({ ...reads, list: (reads.list ?? 0) + 3, read: expect.any(Number) })
    },
  ],
  [
    'D19',
    'a merged one is done, and its commit is known',
    async () => {
      const world = await anAutomergeWorld()
      const commit = world.host.people.merge(1, 'alice')
      await world.pass(1)
      expect(world.request().status).toMatchObject({ phase: 'Completed', commit, approvedBy: 'alice' })
    },
  ],
  [
    'D20',
    'there is no waiting that could be switched off: what is not ready never fails',
    async () => {
      const world = await anAutomergeWorld()
      world.host.people.setChecks(1, { ci: 'failed' })
      await world.pass(60)
      expect(world.request().status?.phase).toBe('Pending')
      expect(world.waits()).toBe('True ChecksFailed')
    },
  ],
  [
    'D21',
    'merged, forgotten by the host and our status lost: the base holds it, so it is done, without another merge',
    async () => {
      const world = await anAutomergeWorld()
      await turnGreen(world)
      world.host.people.delete(1)
      await world.replica.stop()
      loseStatus(world)
      const next = await aProposedWorld({ world, rules: { automerge: 'on-green' } })
      expect(next.request().status?.phase).toBe('Completed')
      expect([mergesAsked(next), next.host.state.pulls.size]).toEqual([1, 0])
    },
  ],
  [
    'D22',
    'closed, forgotten by the host and our status lost: nobody remembers the rejection, so it is offered again',
    async () => {
      const world = await anAutomergeWorld()
      world.host.people.close(1, 'bob')
      await world.hint()
      world.host.people.delete(1)
      await world.replica.stop()
      loseStatus(world)
      const next = await aProposedWorld({ world })
      expect(next.pull().state).toBe('open')
      expect(next.request().status?.phase).toBe('Pending')
    },
  ],
  [
    'D23',
    'one that vanished while it was open is opened again, unless the base holds the change',
    async () => {
      const world = await anAutomergeWorld({ automerge: 'never' })
      world.host.people.delete(1)
      await world.pass(1)
      expect(world.pull().state).toBe('open')
      const text = world.git.read('main', 'apps/web.yaml') ?? ''
      world.git.commit('main', { 'apps/web.yaml': text.replace('web:1.0.0', 'web:1.1.0') }, 'Update by hand')
      world.host.people.delete(1)
      await world.hintBase()
      await world.pass(1)
      expect(world.request().status?.phase).toBe('Completed')
      expect(world.host.state.pulls.size).toBe(0)
    },
  ],
  [
    'D24',
    'a base that moves without a conflict costs no write',
    async () => {
      const world = await anAutomergeWorld({ automerge: 'never' })
      const writes = { ...world.host.calls.writes }
      const { pushes } = world.git
      world.git.commit('main', { 'README.md': 'more\n' }, 'Say more')
      await world.hintBase()
      await world.pass(3)
      expect([world.host.calls.writes, world.git.pushes]).toEqual([writes, pushes])
    },
  ],
  [
    'D25',
    'another version costs one push and one edit of title and body',
    async () => {
      const world = await anAutomergeWorld({ automerge: 'never' })
      const { edit = 0 } = world.host.calls.writes
      const { pushes } = world.git
      await world.push('1.2.0')
      expect([world.host.calls.writes.edit ?? 0, world.git.pushes]).toEqual([edit + 1, pushes + 1])
      expect(world.pull().title).toContain('1.2.0')
    },
  ],
  [
    'D26',
    'looking again at what did not change writes nothing',
    async () => {
      const world = await anAutomergeWorld({ labels: ['updates'], reviewers: ['alice'] })
      const writes = { ...world.host.calls.writes }
      for (let look = 0; look < 10; look++) await world.hint()
      await world.pass(10)
      expect(world.host.calls.writes).toEqual(writes)
    },
  ],
  [
    'D27',
    'of several from one branch the open one counts, and of those that are over the newest',
    async () => {
      const world = await anAutomergeWorld({ automerge: 'never' })
      world.host.people.close(1, 'bob')
      await world.hint()
      await world.push('1.2.0')
      await world.hint()
      expect(world.request('1.2.0').status).toMatchObject({ phase: 'Pending', pullRequest: { number: 2 } })
      world.host.people.merge(2, 'alice')
      await world.hint()
      expect(world.request('1.2.0').status).toMatchObject({ phase: 'Completed', pullRequest: { number: 2 } })
    },
  ],
  [
    'D28',
    'a head that moved after it was looked at is not merged; then it is looked at anew',
    async () => {
      const world = await anAutomergeWorld()
      const { branch } = world.pull()
      const { demands } = world.host.pullRequests
      world.host.pullRequests.demands = async (base) => {
        world.host.pullRequests.demands = demands
        world.host.people.pushTo(branch, { 'apps/web.yaml': 'image: evil\n' }, 'mallory')
        return demands(base)
      }
      await turnGreen(world)
      await world.pass(1)
      expect([world.pull().state, mergesAsked(world)]).toEqual(['open', 1])
      expect(world.waits()).toBe('True EditedByOthers')
    },
  ],
]

function loseStatus({ cluster, request }: ProposedWorld): void {
  const { status: _, ...rest } = request()
  cluster.objects.update(resources.updateRequest, { ...rest, status: {} }, 'status')
}

describe('the state machine of pull requests', () => {
  test.each(rows)('%s: %s', async (_, __, story) => story())
})
