import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { judgeChecks } from '../../../src/adapters/github/check.ts'
import { lastWords } from '../../../src/adapters/github/review.ts'
import type { BranchDemands } from '../../../src/ports-repository-host.ts'
import { createGitHubWorld, sha } from './github-world.ts'

let world: Awaited<ReturnType<typeof createGitHubWorld>>
beforeEach(async () => {
  world = await createGitHubWorld()
})
afterEach(() => world.close())

const repository = '/repos/acme/gitops'

describe('the last word', () => {
  const review = (by: string, state: string, head = 'a') => ({ user: { login: by }, state, commit_id: sha(head) })
  const rows: [sentence: string, reviews: ReturnType<typeof review>[], words: string[]][] = [
    ['of an approval', [review('alice', 'APPROVED')], ['alice approved']],
    [
      'is the newer one',
      [review('alice', 'APPROVED'), review('alice', 'CHANGES_REQUESTED')],
      ['alice changes-requested'],
    ],
    ['is not taken back by a comment', [review('alice', 'APPROVED'), review('alice', 'COMMENTED')], ['alice approved']],
    ['that was dismissed is none', [review('alice', 'DISMISSED')], []],
    [
      'that was dismissed does not bring back the one before',
      [review('alice', 'APPROVED'), review('alice', 'DISMISSED')],
      [],
    ],
    ['that is still being written is none', [review('alice', 'PENDING')], []],
    [
      'is one for each person',
      [review('alice', 'APPROVED'), review('bob', 'CHANGES_REQUESTED')],
      ['alice approved', 'bob changes-requested'],
    ],
  ]
  it.each(rows)('%s', (_sentence, reviews, words) => {
    expect(lastWords(reviews).map(({ by, state }) => `${by} ${state}`)).toEqual(words)
  })

  it('of the longest that a host takes do not keep others from being read', async () => {
    const long = Array.from({ length: 29 }, () => ({ ...review('eve', 'COMMENTED'), body: '\u0001'.repeat(65_536) }))
    world.server.on(`GET ${repository}/pulls/7/reviews`, { body: [...long, review('alice', 'APPROVED')] })
    world.server.on(`GET ${repository}/collaborators/alice/permission`, { body: { permission: 'write' } })
    expect(await world.open().host.pullRequests.reviews(7)).toMatchObject([{ by: 'alice', mayWrite: true }])
  })

  it('counts for the head it was about, and says whether its author may write', async () => {
    world.server.on(`GET ${repository}/pulls/7/reviews`, {
      body: [
        review('alice', 'APPROVED', 'b'),
        review('robot[bot]', 'APPROVED'),
        review('eve', 'APPROVED'),
        { ...review('', 'APPROVED'), user: null },
      ],
    })
    world.server.on(`GET ${repository}/collaborators/alice/permission`, { body: { permission: 'write' } })
    world.server.on(`GET ${repository}/collaborators/eve/permission`, { body: { permission: 'read' } })
    const { pullRequests } = world.open().host
    const reviews = await pullRequests.reviews(7)
    expect(reviews).toEqual([
      { by: 'alice', state: 'approved', commit: sha('b'), mayWrite: true },
      { by: 'robot[bot]', state: 'approved', commit: sha('a'), mayWrite: false },
      { by: 'eve', state: 'approved', commit: sha('a'), mayWrite: false },
    ])
    world.server.told()
    expect(await pullRequests.reviews(7)).toBe(reviews)
    expect(world.server.told()).toEqual([`304 GET ${repository}/pulls/7/reviews`])

    world.server.on(`GET ${repository}/collaborators/alice/permission`, { body: { permission: 'read' } })
    world.clock.pass(6 * 60_000)
    expect((await pullRequests.reviews(7))[0]).toMatchObject({ by: 'alice', mayWrite: false })
  })
})

describe('checks', () => {
  const run = (name: string, conclusion: string | null, status = 'completed') => ({ name, status, conclusion })
  const status = (context: string, state: string) => ({ context, state })
  const rows: [
    sentence: string,
    runs: ReturnType<typeof run>[],
    statuses: ReturnType<typeof status>[],
    state: string,
    names: string[],
  ][] = [
    ['that are not there are none', [], [], 'none', []],
    ['that succeeded are green', [run('ci', 'success')], [status('lint', 'success')], 'green', []],
    ['that were skipped or are neutral are green', [run('a', 'skipped'), run('b', 'neutral')], [], 'green', []],
    ['that run are pending', [run('ci', null, 'in_progress')], [], 'pending', ['ci']],
    ['that are queued are pending', [run('ci', null, 'queued')], [status('lint', 'success')], 'pending', ['ci']],
    [
      'of which one failed are failed, though others run',
      [run('a', null, 'queued'), run('b', 'failure')],
      [],
      'failed',
      ['b', 'a'],
    ],
    ['that timed out are failed', [run('a', 'timed_out')], [], 'failed', ['a']],
    ['that were cancelled are failed', [run('a', 'cancelled')], [], 'failed', ['a']],
    ['that want something done are failed', [run('a', 'action_required')], [], 'failed', ['a']],
    ['a status that waits is pending', [], [status('lint', 'pending')], 'pending', ['lint']],
    ['a status with an error is failed', [], [status('lint', 'error')], 'failed', ['lint']],
  ]
  it.each(rows)('%s', (_sentence, runs, statuses, state, names) => {
    expect(judgeChecks(runs, statuses)).toEqual({ state, names })
  })

  it('are read from both places, and unchanged ones are the very same value', async () => {
    const runs = { total_count: 1, check_runs: [run('ci', 'success')] }
    const statuses = { state: 'pending', total_count: 1, statuses: [status('lint', 'pending')] }
    world.server.on(`GET ${repository}/commits/${sha('a')}/check-runs`, { body: runs })
    world.server.on(`GET ${repository}/commits/${sha('a')}/status`, { body: statuses })
    const { pullRequests } = world.open().host
    const checks = await pullRequests.checks(sha('a'))
    expect(checks).toEqual({ state: 'pending', names: ['lint'] })
    expect(await pullRequests.checks(sha('a'))).toBe(checks)
  })
})

describe('a branch demands', () => {
  it.each([
    [404, 'Not Found'],
    [403, 'Upgrade to GitHub Pro or make this repository public to enable this feature.'],
  ])('nothing where rules cannot be had (%i)', async (status, message) => {
    world.server.on(`GET ${repository}/rules/branches/main`, { status, body: { message } })
    world.server.on(`GET ${repository}/branches/main/protection`, { status, body: { message } })
    world.server.on(`GET ${repository}/branches/main`, { body: {} })
    world.server.on(`GET ${repository}`, { body: {} })
    expect(await world.open().host.pullRequests.demands('main')).toEqual(nothing)
  })

  it('nobody knows what when it is gone', async () => {
    const gone = world.open().host.pullRequests.demands('main')
    await expect(gone).rejects.toMatchObject({ code: 'HostNotFound' })
  })

  const nothing: BranchDemands = { review: false, checks: false, queue: false, mergesItself: false }
  const rule = (type: string, parameters?: object) => ({ type, parameters })
  const classic = (enforcement_level: string) => ({
    protection: { required_status_checks: { enforcement_level, contexts: ['ci'] } },
  })
  const rows: [
    sentence: string,
    facts: { rules?: object[]; branch?: object; protection?: object; repository?: object },
    demands: Partial<BranchDemands>,
  ][] = [
    ['nothing without rules', {}, {}],
    [
      'a review by a ruleset',
      { rules: [rule('pull_request', { required_approving_review_count: 1, dismiss_stale_reviews_on_push: true })] },
      { review: true },
    ],
    [
      'a review by a ruleset that wants one of the last push',
      { rules: [rule('pull_request', { required_approving_review_count: 1, require_last_push_approval: true })] },
      { review: true },
    ],
    [
      'no review where that of an older commit will do',
      { rules: [rule('pull_request', { required_approving_review_count: 1, dismiss_stale_reviews_on_push: false })] },
      {},
    ],
    [
      'no review when the ruleset wants none',
      { rules: [rule('pull_request', { required_approving_review_count: 0, dismiss_stale_reviews_on_push: true })] },
      {},
    ],
    [
      'checks by a ruleset',
      { rules: [rule('required_status_checks', { required_status_checks: [{ context: 'ci' }] })] },
      { checks: true },
    ],
    ['checks by required workflows', { rules: [rule('workflows', { workflows: [] })] }, { checks: true }],
    ['a queue', { rules: [rule('merge_queue', {})] }, { queue: true }],
    ['checks by a classic protection that all may see', { branch: classic('non_admins') }, { checks: true }],
    ['none when that is switched off', { branch: classic('off') }, {}],
    [
      'a review by a classic protection that administrators may see',
      {
        protection: {
          required_pull_request_reviews: { required_approving_review_count: 2, dismiss_stale_reviews: true },
        },
      },
      { review: true },
    ],
    [
      'no review by a classic protection that takes one of an older commit',
      { protection: { required_pull_request_reviews: { required_approving_review_count: 2 } } },
      {},
    ],
    ['that people allow the host to merge', { repository: { allow_auto_merge: true } }, { mergesItself: true }],
  ]
  it.each(rows)('%s', async (_sentence, facts, demands) => {
    world.server.on(`GET ${repository}/rules/branches/main`, { body: facts.rules ?? [] })
    world.server.on(`GET ${repository}/branches/main`, { body: facts.branch ?? {} })
    if (facts.protection !== undefined)
      world.server.on(`GET ${repository}/branches/main/protection`, { body: facts.protection })
    world.server.on(`GET ${repository}`, { body: facts.repository ?? {} })
    expect(await world.open().host.pullRequests.demands('main')).toEqual({ ...nothing, ...demands })
  })
})
