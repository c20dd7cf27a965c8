import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Ground, startGround } from './client.ts'

const root = '/repos/acme/gitops'
let ground: Ground

beforeEach(async () => {
  ground = await startGround()
})
afterEach(() => ground.close())

async function propose(branch = 'fairlead/web', files: Record<string, string> = { 'apps/web.yaml': 'image: web:2\n' }) {
  const head = ground.branch(branch, files)
  const { body } = await ground.bot('POST', `${root}/pulls`, {
    title: 'web 2',
    head: branch,
    base: 'main',
    body: 'why',
  })
  return { head, number: body.number as number }
}

describe('opening a pull request', () => {
  it('answers with the heads of both branches as they are in Git', async () => {
    const head = ground.branch('fairlead/web', { 'apps/web.yaml': 'image: web:2\n' })
    const { status, body } = await ground.bot('POST', `${root}/pulls`, {
      title: 'web 2',
      head: 'fairlead/web',
      base: 'main',
      draft: true,
    })
    expect(status).toBe(201)
    expect(body).toMatchObject({
      number: 1,
      state: 'open',
      draft: true,
      merged: false,
      commits: 1,
      additions: 1,
      deletions: 1,
      changed_files: 1,
      user: { login: 'fairlead' },
      head: { label: 'acme:fairlead/web', ref: 'fairlead/web', sha: head, repo: { full_name: 'acme/gitops' } },
      base: { ref: 'main', sha: ground.git.head('acme/gitops', 'main') },
      html_url: `${ground.github.url}/acme/gitops/pull/1`,
    })
  })

  const refusals: [title: string, body: Record<string, unknown>, error: Record<string, unknown>][] = [
    ['a head that is not there', { head: 'gone', base: 'main' }, { field: 'head', code: 'invalid' }],
    ['a base that is not there', { head: 'topic', base: 'gone' }, { field: 'base', code: 'invalid' }],
    [
      'a head without commits of its own',
      { head: 'even', base: 'main' },
      { message: 'No commits between main and even' },
    ],
    [
      'a second one for a branch',
      { head: 'acme:topic', base: 'main' },
      { message: 'A pull request already exists for acme:topic.' },
    ],
    ['no title', { title: '', head: 'topic', base: 'main' }, { field: 'title', code: 'missing_field' }],
  ]
  it.each(refusals)('refuses %s with 422', async (_, body, error) => {
    await propose('topic')
    ground.git.moveRef('acme/gitops', 'refs/heads/even', ground.git.head('acme/gitops', 'main') ?? '')
    const answer = await ground.bot('POST', `${root}/pulls`, { title: 'again', ...body })
    expect(answer.status).toBe(422)
    expect(answer.body).toMatchObject({ message: 'Validation Failed', errors: [{ resource: 'PullRequest', ...error }] })
  })
})

describe('listing pull requests', () => {
  it('goes from the newest on, by state, head and base, in pages', async () => {
    for (const name of ['a', 'b', 'c']) await propose(name, { [`${name}.yaml`]: name })
    ground.gitops.close(1, 'ada')
    const numbers = async (query: string) =>
      (await ground.bot('GET', `${root}/pulls?${query}`)).body.map((one: { number: number }) => one.number)
    expect(await numbers('')).toEqual([3, 2])
    expect(await numbers('state=all')).toEqual([3, 2, 1])
    expect(await numbers('state=closed')).toEqual([1])
    expect(await numbers('head=acme:b')).toEqual([2])
    expect(await numbers('head=other:b')).toEqual([])
    expect(await numbers('base=release')).toEqual([])
    const page = await ground.bot('GET', `${root}/pulls?state=all&per_page=2`)
    expect(page.headers.get('link')).toContain('page=2>; rel="next"')
    expect(await numbers('state=all&per_page=2&page=2')).toEqual([1])
  })
})

describe('an open pull request', () => {
  it('follows pushes to its branch, and its reviews keep the commit they were about', async () => {
    const { head, number } = await propose()
    ground.gitops.review(number, 'ada', 'APPROVE')
    const next = ground.git.commit('acme/gitops', 'fairlead/web', { 'apps/web.yaml': 'image: web:3\n' }, 'web 3')
    expect((await ground.bot('GET', `${root}/pulls/${number}`)).body).toMatchObject({ head: { sha: next }, commits: 2 })
    const reviews = await ground.bot('GET', `${root}/pulls/${number}/reviews`)
    expect(reviews.body).toMatchObject([{ user: { login: 'ada' }, state: 'APPROVED', commit_id: head }])
    const commits = await ground.bot('GET', `${root}/pulls/${number}/commits`)
    expect(commits.body.map((one: { sha: string }) => one.sha)).toEqual([head, next])
    expect(commits.body[0].commit).toMatchObject({
      message: 'change fairlead/web',
      author: { name: 'Ada', email: 'ada@example.com' },
      committer: { name: 'Ada', email: 'ada@example.com' },
      verification: { verified: false, reason: 'unsigned' },
    })
  })

  it('says for the first reads after a push that it does not know whether it can be merged', async () => {
    ground.github.lag({ reads: 2 })
    const { number } = await propose()
    const states = async () => (await ground.bot('GET', `${root}/pulls/${number}`)).body.mergeable_state
    // The answer to the opening was the first read.
    expect([await states(), await states()]).toEqual(['unknown', 'clean'])
    ground.git.commit('acme/gitops', 'fairlead/web', { 'b.txt': 'b\n' }, 'more')
    expect([await states(), await states(), await states()]).toEqual(['unknown', 'unknown', 'clean'])
  })

  it('is dirty when both sides changed a file, and clean when they changed different ones', async () => {
    const { number } = await propose()
    ground.git.commit('acme/gitops', 'main', { 'a.txt': 'other\n' }, 'elsewhere')
    expect((await ground.bot('GET', `${root}/pulls/${number}`)).body).toMatchObject({
      mergeable: true,
      mergeable_state: 'clean',
    })
    ground.git.commit('acme/gitops', 'main', { 'apps/web.yaml': 'image: web:9\n' }, 'the same file')
    expect((await ground.bot('GET', `${root}/pulls/${number}`)).body).toMatchObject({
      mergeable: false,
      mergeable_state: 'dirty',
    })
  })

  it('is closed when its branch is deleted, and cannot be opened again then', async () => {
    const { head, number } = await propose()
    ground.gitops.deleteBranch('fairlead/web', 'ada')
    expect((await ground.bot('GET', `${root}/pulls/${number}`)).body).toMatchObject({
      state: 'closed',
      merged: false,
      head: { sha: head },
    })
    expect((await ground.bot('GET', `${root}/issues/${number}`)).body.closed_by.login).toBe('ada')
    const again = await ground.bot('PATCH', `${root}/pulls/${number}`, { state: 'open' })
    expect(again).toMatchObject({ status: 422, body: { errors: [{ field: 'state' }] } })
  })

  it('is edited, closed and opened again', async () => {
    const { number } = await propose()
    const path = `${root}/pulls/${number}`
    expect((await ground.bot('PATCH', path, { title: 'new', body: 'text' })).body).toMatchObject({
      title: 'new',
      body: 'text',
    })
    expect((await ground.bot('PATCH', path, { state: 'closed' })).body).toMatchObject({
      state: 'closed',
      merged_at: null,
    })
    expect((await ground.bot('GET', `${root}/issues/${number}`)).body.closed_by.login).toBe('fairlead')
    expect((await ground.bot('PATCH', path, { state: 'open' })).body).toMatchObject({ state: 'open', closed_at: null })
  })

  it('counts as merged when a push brings its commits into the base', async () => {
    const { head, number } = await propose()
    ground.git.moveRef('acme/gitops', 'refs/heads/main', head, 'ada')
    expect((await ground.bot('GET', `${root}/pulls/${number}`)).body).toMatchObject({
      merged: true,
      merged_by: { login: 'ada' },
      merge_commit_sha: head,
    })
  })
})

describe('merging', () => {
  it('makes a commit of both parents, the base first, and deletes nothing', async () => {
    const { head, number } = await propose()
    const base = ground.git.commit('acme/gitops', 'main', { 'a.txt': 'other\n' }, 'elsewhere')
    const { body } = await ground.bot('PUT', `${root}/pulls/${number}/merge`, { sha: head, commit_title: 'web to 2' })
    expect(body).toMatchObject({ merged: true, sha: ground.git.head('acme/gitops', 'main') })
    const [merge] = ground.git.log('acme/gitops', 'main')
    expect(merge).toMatchObject({ parents: [base, head], message: 'web to 2\n\nweb 2\n' })
    expect(ground.git.readFile('acme/gitops', 'main', 'apps/web.yaml')).toBe('image: web:2\n')
    expect(ground.git.readFile('acme/gitops', 'main', 'a.txt')).toBe('other\n')
    expect((await ground.bot('GET', `${root}/pulls/${number}`)).body).toMatchObject({
      state: 'closed',
      merged: true,
      merged_by: { login: 'fairlead' },
      merge_commit_sha: body.sha,
      commits: 1,
    })
  })

  it('squashes to one commit of the author', async () => {
    const { number } = await propose()
    ground.git.commit('acme/gitops', 'fairlead/web', { 'b.txt': 'b\n' }, 'more')
    const base = ground.git.head('acme/gitops', 'main')
    await ground.bot('PUT', `${root}/pulls/${number}/merge`, { merge_method: 'squash' })
    expect(ground.git.log('acme/gitops', 'main')[0]).toMatchObject({
      parents: [base],
      message: 'web 2 (#1)\n\n* change fairlead/web\n\n* more\n',
    })
  })

  it('rebases every commit onto the base', async () => {
    const { number } = await propose()
    ground.git.commit('acme/gitops', 'fairlead/web', { 'b.txt': 'b\n' }, 'more')
    ground.git.commit('acme/gitops', 'main', { 'a.txt': 'other\n' }, 'elsewhere')
    await ground.bot('PUT', `${root}/pulls/${number}/merge`, { merge_method: 'rebase' })
    const log = ground.git.log('acme/gitops', 'main')
    expect(log.slice(0, 3).map((one) => one.message)).toEqual(['more\n', 'change fairlead/web\n', 'elsewhere\n'])
  })

  it('refuses another head with 409', async () => {
    const { head, number } = await propose()
    ground.git.commit('acme/gitops', 'fairlead/web', { 'b.txt': 'b\n' }, 'more')
    expect(await ground.bot('PUT', `${root}/pulls/${number}/merge`, { sha: head })).toMatchObject({
      status: 409,
      body: { message: 'Head branch was modified. Review and try the merge again.' },
    })
  })

  const refusals: [title: string, arrange: () => void, words: string][] = [
    ['a draft', () => ground.gitops.draft(1, true), 'Pull Request is still a draft'],
    ['a closed one', () => ground.gitops.close(1, 'ada'), 'Pull Request is not mergeable'],
    [
      'a conflict',
      () => void ground.git.commit('acme/gitops', 'main', { 'apps/web.yaml': 'other\n' }, 'other'),
      'Pull Request is not mergeable',
    ],
    [
      'a method that is switched off',
      () => ground.gitops.settings({ allowSquashMerge: false }),
      'Squash merges are not allowed on this repository.',
    ],
    [
      'a missing review',
      () => ground.gitops.protect('main', { reviews: 1 }),
      'At least 1 approving review is required by reviewers with write access.',
    ],
    [
      'a missing check',
      () => ground.gitops.protect('main', { checks: ['ci'] }),
      'Required status check "ci" is expected.',
    ],
    [
      'a queue',
      () => ground.gitops.protect('main', { hasQueue: true }),
      'Changes must be made through the merge queue',
    ],
  ]
  it.each(refusals)('refuses %s with 405', async (_, arrange, message) => {
    const { number } = await propose()
    arrange()
    const answer = await ground.bot('PUT', `${root}/pulls/${number}/merge`, { merge_method: 'squash' })
    expect(answer).toMatchObject({ status: 405, body: { message } })
  })
})

describe('whoever may pass the rules by', () => {
  const protection = { reviews: 1, isStrict: true }
  const rows: [title: string, protect: () => void, status: number][] = [
    ['an admin merges', () => ground.gitops.protect('main', protection), 200],
    [
      'an admin who is held to the rules does not',
      () => ground.gitops.protect('main', { ...protection, holdsAdmins: true }),
      405,
    ],
    ['an admin has no say in a ruleset', () => ground.gitops.protect('main', { ...protection, kind: 'ruleset' }), 405],
    [
      'an actor that a ruleset names merges',
      () => ground.gitops.protect('main', { ...protection, kind: 'ruleset', bypass: ['ada'] }),
      200,
    ],
  ]
  it.each(rows)('%s', async (_, protect, status) => {
    const { number } = await propose()
    ground.git.commit('acme/gitops', 'main', { 'a.txt': 'x\n' }, 'elsewhere')
    protect()
    const ada = ground.as(ground.github.token('ada'))
    expect((await ada('GET', `${root}/pulls/${number}`)).body.mergeable_state).toBe('blocked')
    expect((await ada('PUT', `${root}/pulls/${number}/merge`)).status).toBe(status)
  })
})

describe('a site that does not say which commit a merge made', () => {
  it('still merges', async () => {
    ground.github.saysMergeCommit(false)
    const { number } = await propose()
    expect((await ground.bot('PUT', `${root}/pulls/${number}/merge`)).body).toMatchObject({ merged: true, sha: '' })
    expect((await ground.bot('GET', `${root}/pulls/${number}`)).body).toMatchObject({
      merged: true,
      merge_commit_sha: null,
    })
  })
})

describe('the branch rules', () => {
  const rows: [title: string, arrange: (head: string) => void, state: string][] = [
    ['nothing is asked for', () => undefined, 'clean'],
    ['a review is missing', () => ground.gitops.protect('main', { reviews: 1 }), 'blocked'],
    [
      'an approval came from somebody who may only read',
      () => {
        ground.github.person('rex', 'read')
        ground.gitops.protect('main', { reviews: 1 })
        ground.gitops.review(1, 'rex', 'APPROVE')
      },
      'blocked',
    ],
    [
      'somebody with write access approved',
      () => {
        ground.gitops.protect('main', { reviews: 1 })
        ground.gitops.review(1, 'ada', 'APPROVE')
      },
      'clean',
    ],
    [
      'an approval was taken back by a push',
      () => {
        ground.gitops.protect('main', { reviews: 1, dismissesStale: true })
        ground.gitops.review(1, 'ada', 'APPROVE')
        ground.git.commit('acme/gitops', 'fairlead/web', { 'b.txt': 'b\n' }, 'more')
      },
      'blocked',
    ],
    ['a required check runs', () => ground.gitops.protect('main', { checks: ['ci'] }), 'blocked'],
    [
      'a required check is green',
      (head) => {
        ground.gitops.protect('main', { checks: ['ci'] })
        ground.gitops.setCheck(head, 'ci', 'success')
      },
      'clean',
    ],
    ['another check failed', (head) => ground.gitops.setStatus(head, 'lint', 'failure'), 'unstable'],
    [
      'the base moved on and must be contained',
      () => {
        ground.gitops.protect('main', { isStrict: true, checks: [] })
        ground.git.commit('acme/gitops', 'main', { 'a.txt': 'x\n' }, 'elsewhere')
      },
      'behind',
    ],
    ['it is a draft', () => ground.gitops.draft(1, true), 'draft'],
    ['the server has hooks', () => ground.gitops.settings({ hasHooks: true }), 'has_hooks'],
  ]
  it.each(rows)('when %s', async (_, arrange, state) => {
    const { head, number } = await propose()
    arrange(head)
    expect((await ground.bot('GET', `${root}/pulls/${number}`)).body.mergeable_state).toBe(state)
  })
})
