import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Ground, startGround } from './client.ts'

const root = '/repos/acme/gitops'
let ground: Ground
let id: string
let head: string

beforeEach(async () => {
  ground = await startGround()
  head = ground.branch('topic', { 'b.txt': 'b\n' })
  id = (await ground.bot('POST', `${root}/pulls`, { title: 'b', head: 'topic', base: 'main' })).body.node_id
})
afterEach(() => ground.close())

const graphql = async (query: string, variables: Record<string, unknown> = {}) =>
  (await ground.as(ground.github.token('fairlead'))('POST', '/graphql', { query, variables })).body

const enable = () =>
  graphql(
    `mutation($id: ID!, $method: PullRequestMergeMethod = MERGE) {
      enablePullRequestAutoMerge(input: {pullRequestId: $id, mergeMethod: SQUASH}) {
        pullRequest { number, auto: autoMergeRequest { mergeMethod enabledBy { login } } }
      }
    }`,
    { id },
  )

describe('native auto-merge', () => {
  const refusals: [title: string, arrange: () => void, message: string][] = [
    [
      'where it is switched off',
      () => ground.gitops.settings({ allowAutoMerge: false }),
      'Pull request Auto merge is not allowed for this repository',
    ],
    [
      'for a branch without rules',
      () => ground.gitops.unprotect('main'),
      'Pull request Protected branch rules not configured for this branch',
    ],
    [
      'when nothing is missing',
      () => ground.gitops.review(1, 'ada', 'APPROVE'),
      'Pull request Pull request is in clean status',
    ],
  ]
  it.each(refusals)('is refused %s', async (_, arrange, message) => {
    ground.gitops.settings({ allowAutoMerge: true })
    ground.gitops.protect('main', { reviews: 1 })
    arrange()
    expect(await enable()).toEqual({
      data: { enablePullRequestAutoMerge: null },
      errors: [
        {
          type: 'UNPROCESSABLE',
          path: ['enablePullRequestAutoMerge'],
          locations: [{ line: 1, column: 1 }],
          message,
        },
      ],
    })
  })

  it('merges as soon as review and checks are there', async () => {
    ground.gitops.settings({ allowAutoMerge: true })
    ground.gitops.protect('main', { reviews: 1, checks: ['ci'] })
    const { data } = await enable()
    expect(data.enablePullRequestAutoMerge.pullRequest).toEqual({
      number: 1,
      auto: { mergeMethod: 'SQUASH', enabledBy: { login: 'fairlead' } },
    })
    const state = async () => (await ground.bot('GET', `${root}/pulls/1`)).body
    expect(await state()).toMatchObject({ merged: false, auto_merge: { merge_method: 'squash' } })
    const ada = ground.as(ground.github.token('ada'))
    await ada('POST', `${root}/pulls/1/reviews`, { event: 'APPROVE' })
    expect((await state()).merged).toBe(false)
    ground.gitops.setCheck(head, 'ci', 'success')
    expect(await state()).toMatchObject({ merged: true, merged_by: { login: 'fairlead' } })
  })
})

describe('the merge queue', () => {
  const enqueue = () =>
    graphql(
      'mutation($in: EnqueuePullRequestInput!) { enqueuePullRequest(input: $in) { mergeQueueEntry { state } } }',
      {
        in: { pullRequestId: id, expectedHeadOid: head },
      },
    )

  it('takes what is ready and merges it by itself', async () => {
    ground.gitops.protect('main', { hasQueue: true })
    expect((await enqueue()).data.enqueuePullRequest.mergeQueueEntry).toEqual({ state: 'QUEUED' })
    expect((await ground.bot('GET', `${root}/pulls/1`)).body.merged).toBe(true)
  })

  it('is not there for other branches', async () => {
    expect((await enqueue()).errors[0].message).toContain('Merge queue is not enabled')
  })
})

describe('createCommitOnBranch', () => {
  const commit = (branchName: string, expectedHeadOid: string) =>
    graphql('mutation($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { commit { oid } } }', {
      input: {
        branch: { repositoryNameWithOwner: 'acme/gitops', branchName },
        expectedHeadOid,
        message: { headline: 'web 2', body: 'Fairlead-Id: 1' },
        fileChanges: {
          additions: [{ path: 'apps/web.yaml', contents: Buffer.from('image: web:2\n').toString('base64') }],
          deletions: [{ path: 'a.txt' }],
        },
      },
    })

  it('makes a verified commit of the caller', async () => {
    const { data } = await commit('topic', head)
    const { oid } = data.createCommitOnBranch.commit
    expect(ground.git.head('acme/gitops', 'topic')).toBe(oid)
    expect(ground.git.readFile('acme/gitops', 'topic', 'apps/web.yaml')).toBe('image: web:2\n')
    expect(ground.git.readFile('acme/gitops', 'topic', 'a.txt')).toBeUndefined()
    const { body } = await ground.bot('GET', `${root}/commits/${oid}`)
    expect(body).toMatchObject({
      author: { login: 'fairlead' },
      commit: {
        message: 'web 2\n\nFairlead-Id: 1',
        committer: { name: 'GitHub', email: 'noreply@github.com' },
        verification: { verified: true, reason: 'valid' },
      },
    })
  })

  it('refuses a branch that stands elsewhere', async () => {
    const { errors } = await commit('topic', 'f'.repeat(40))
    expect(errors[0]).toMatchObject({
      type: 'STALE_DATA',
      message: `Expected branch to point to "${'f'.repeat(40)}" but it did not.  Pull and try again.`,
    })
  })

  it('refuses a protected branch in the words of its rule', async () => {
    ground.gitops.protect('main', { kind: 'ruleset' })
    const { errors } = await commit('main', ground.git.head('acme/gitops', 'main') ?? '')
    expect(errors[0].message).toContain('Changes must be made through a pull request.')
  })
})

describe('a query', () => {
  it('gives what is asked for, by the names asked for', async () => {
    const query = `query Q($n: Int!) {
      viewer { login }
      repository(owner: "acme", name: "gitops") { it: pullRequest(number: $n) { ... on PullRequest { state isInMergeQueue } } }
    }`
    expect(await graphql(query, { n: 1 })).toEqual({
      data: { viewer: { login: 'fairlead' }, repository: { it: { state: 'OPEN', isInMergeQueue: false } } },
    })
  })

  it.each([
    ['an unknown field', '{ viewer { age } }', "Field 'age' doesn't exist"],
    ['no end', '{ viewer { login', 'Expected'],
  ])('with %s is an error', async (_, query, message) => {
    expect((await graphql(query)).errors[0].message).toContain(message)
  })
})
