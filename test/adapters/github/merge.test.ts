import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { mergeAnswerOf, waitingMergeAnswerOf } from '../../../src/adapters/github/merge.ts'
import { aPull, createGitHubWorld, refusalOf, sha } from './github-world.ts'

let world: Awaited<ReturnType<typeof createGitHubWorld>>
beforeEach(async () => {
  world = await createGitHubWorld()
})
afterEach(() => world.close())

const repository = '/repos/acme/gitops'
const order = { head: sha('a'), method: 'squash', title: 'Update web', message: 'Fairlead-Id: 1' } as const
const bodies = () => world.server.heard.flatMap(({ body }) => (body === undefined ? [] : [body]))

describe('a merge', () => {
  it('is guarded by the head and carries its message', async () => {
    world.server.on(`PUT ${repository}/pulls/7/merge`, { body: { sha: sha('e'), merged: true, message: 'merged' } })
    expect(await world.open().host.pullRequests.merge(7, order)).toEqual({ kind: 'merged', commit: sha('e') })
    expect(bodies()).toEqual([
      { sha: sha('a'), merge_method: 'squash', commit_title: 'Update web', commit_message: 'Fairlead-Id: 1' },
    ])
  })

  it('by rebase has no message of its own', async () => {
    world.server.on(`PUT ${repository}/pulls/7/merge`, { body: { sha: '', merged: true } })
    const { pullRequests } = world.open().host
    expect(await pullRequests.merge(7, { ...order, method: 'rebase' })).toEqual({ kind: 'merged', commit: undefined })
    expect(bodies()).toEqual([{ sha: sha('a'), merge_method: 'rebase' }])
  })

  const answers: [status: number, words: string, kind: string][] = [
    [405, 'Base branch was modified. Review and try the merge again.', 'later'],
    [405, 'Pull Request is not mergeable', 'later'],
    [405, 'Squash merges are not allowed on this repository.', 'forbidden'],
    [405, 'Merge commits are not allowed on this repository.', 'forbidden'],
    [405, 'Rebase merges are not allowed on this repository.', 'forbidden'],
    [405, 'The selected merge method (squash) is not allowed', 'forbidden'],
    [405, 'Required status check "ci" is expected.', 'ruled-out'],
    [405, 'At least 1 approving review is required by reviewers with write access.', 'ruled-out'],
    [405, 'Changes must be made through the merge queue', 'ruled-out'],
    [405, 'Pull Request is still a draft', 'ruled-out'],
    [409, 'Head branch was modified. Review and try the merge again.', 'moved'],
  ]
  it.each(answers)('refused with %i %s is %s', async (status, message, kind) => {
    world.server.on(`PUT ${repository}/pulls/7/merge`, { status, body: { message } })
    expect(await world.open().host.pullRequests.merge(7, order)).toEqual({ kind, words: message })
  })

  it.each([401, 403, 404, 422, 500])('refused with %i is no answer about the merge', (status) => {
    expect(mergeAnswerOf({ status, words: 'merges are not allowed' })).toBeUndefined()
  })
})

describe('a merge that was left to the host is taken back', () => {
  const auto = { auto_merge: { merge_method: 'merge' } }
  const sent = () => world.server.heard.filter(({ method }) => method === 'POST').map(({ body }) => body)

  it('when it was to merge by itself', async () => {
    world.server.on(`GET ${repository}/pulls/7`, { body: aPull(7, auto) })
    world.server.on('POST /api/graphql', { body: { data: { any: null } } })
    await world.open().host.pullRequests.stopMerging(7)
    expect(sent()).toMatchObject([
      { query: expect.stringContaining('disablePullRequestAutoMerge'), variables: { id: 'PR_7' } },
    ])
  })

  it('without a request when nothing was ordered', async () => {
    world.server.on(`GET ${repository}/pulls/7`, { body: aPull(7) })
    await world.open().host.pullRequests.stopMerging(7)
    expect(sent()).toEqual([])
  })

  it('also when somebody was faster', async () => {
    const errors = [{ type: 'UNPROCESSABLE', message: "Can't disable auto-merge for this pull request." }]
    world.server.on(`GET ${repository}/pulls/7`, { body: aPull(7, auto) })
    world.server.on('POST /api/graphql', { body: { data: null, errors } })
    await world.open().host.pullRequests.stopMerging(7)
    expect(sent()).toHaveLength(1)
  })
})

describe('a merge that is left to the host', () => {
  const rules = (types: string[]) =>
    world.server.on(`GET ${repository}/rules/branches/main`, { body: types.map((type) => ({ type })) })
  const answer = (body: unknown) => world.server.on('POST /api/graphql', { body })
  beforeEach(() => {
    world.server.on(`GET ${repository}`, { body: { allow_auto_merge: true } })
    world.server.on(`GET ${repository}/branches/main`, { body: {} })
    world.server.on(`GET ${repository}/pulls/7`, { body: aPull(7) })
    answer({ data: { any: { clientMutationId: null } } })
    rules([])
  })

  it('is set to merge by itself', async () => {
    expect(await world.open().host.pullRequests.mergeWhenReady(7, order)).toEqual({ kind: 'accepted' })
    expect(bodies()).toMatchObject([
      {
        query: expect.stringContaining('enablePullRequestAutoMerge'),
        variables: {
          input: {
            pullRequestId: 'PR_7',
            expectedHeadOid: sha('a'),
            mergeMethod: 'SQUASH',
            commitHeadline: 'Update web',
            commitBody: 'Fairlead-Id: 1',
          },
        },
      },
    ])
  })

  describe('where the branch has a queue', () => {
    let waiting: boolean
    const written = () => bodies().filter((body) => JSON.stringify(body).includes('mutation'))
    beforeEach(() => {
      waiting = false
      rules(['merge_queue'])
      world.server.on('POST /api/graphql', ({ body }) => {
        const text = JSON.stringify(body)
        if (text.includes('enqueue')) waiting = true
        if (text.includes('dequeue')) waiting = false
        return { body: { data: { repository: { pullRequest: { isInMergeQueue: waiting } } } } }
      })
    })

    it('goes there, and is known to wait there', async () => {
      const { pullRequests } = world.open().host
      expect(await pullRequests.read(7)).toMatchObject({ mergesItself: false })
      expect(await pullRequests.mergeWhenReady(7, order)).toEqual({ kind: 'accepted' })
      expect(written()).toMatchObject([
        {
          query: expect.stringContaining('enqueuePullRequest'),
          variables: { input: { pullRequestId: 'PR_7', expectedHeadOid: sha('a') } },
        },
      ])
      expect(await pullRequests.read(7)).toMatchObject({ mergesItself: true })
    })

    it('is known to wait there also by somebody who did not put it there', async () => {
      waiting = true
      expect(await world.open().host.pullRequests.read(7)).toMatchObject({ mergesItself: true })
    })

    it('is not put there again after the queue took it out, unless its head is another one', async () => {
      const { pullRequests } = world.open().host
      await pullRequests.mergeWhenReady(7, order)
      waiting = false
      expect(await pullRequests.read(7)).toMatchObject({ mergesItself: false })
      expect(await pullRequests.mergeWhenReady(7, order)).toMatchObject({ kind: 'ruled-out' })
      expect(written()).toHaveLength(1)
      world.server.on(`GET ${repository}/pulls/7`, { body: aPull(7, { head: { ...aPull(7).head, sha: sha('f') } }) })
      expect(await pullRequests.mergeWhenReady(7, { ...order, head: sha('f') })).toEqual({ kind: 'accepted' })
      expect(written()).toHaveLength(2)
    })

    it('is taken out again', async () => {
      waiting = true
      const { pullRequests } = world.open().host
      await pullRequests.stopMerging(7)
      expect(written()).toMatchObject([{ query: expect.stringContaining('dequeuePullRequest') }])
      expect(await pullRequests.read(7)).toMatchObject({ mergesItself: false })
    })
  })

  it('is not asked for when the head is another one by now', async () => {
    const answered = await world.open().host.pullRequests.mergeWhenReady(7, { ...order, head: sha('9') })
    expect(answered.kind).toBe('moved')
    expect(bodies()).toEqual([])
  })

  it('that is not allowed to this login is an error', async () => {
    answer({ data: null, errors: [{ type: 'FORBIDDEN', message: 'Resource not accessible by integration' }] })
    expect((await refusalOf(world.open().host.pullRequests.mergeWhenReady(7, order))).code).toBe('HostForbidden')
  })

  const refusals: [type: string, words: string, kind: string | undefined][] = [
    ['UNPROCESSABLE', 'Pull request Pull request is in clean status', 'ruled-out'],
    ['UNPROCESSABLE', 'Pull request Auto merge is not allowed for this repository', 'ruled-out'],
    ['UNPROCESSABLE', 'Pull request is already in the queue', 'accepted'],
    ['UNPROCESSABLE', 'Head branch was modified. Review and try the merge again.', 'moved'],
    ['STALE_DATA', 'anything', 'moved'],
    ['', 'Something went wrong while executing your query.', undefined],
    ['FORBIDDEN', 'Resource not accessible by integration', undefined],
  ]
  it.each(refusals)('refused with %s %s is %s', (type, words, kind) => {
    expect(waitingMergeAnswerOf({ status: 200, types: [type], words })?.kind).toBe(kind)
  })
})
