import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { aPull, createGitHubWorld, refusalOf, sha } from './github-world.ts'

let world: Awaited<ReturnType<typeof createGitHubWorld>>
beforeEach(async () => {
  world = await createGitHubWorld({ deployments: ['acme/*'] })
})
afterEach(() => world.close())

const repository = '/repos/acme/gitops'
const pulls = `${repository}/pulls`
const bodies = (method: string) => world.server.heard.filter((one) => one.method === method).map(({ body }) => body)
const nothing = { labels: [], reviewers: [], teamReviewers: [], assignees: [] }

describe('opening', () => {
  it('asks for a pull request and gives it back', async () => {
    world.server.on(`POST ${pulls}`, { status: 201, body: aPull(12) })
    const draft = { branch: 'fairlead/x', base: 'main', title: 'Title', body: 'Body', isDraft: true }
    expect(await world.open().host.pullRequests.open(draft)).toMatchObject({ number: 12, mergeability: 'unknown' })
    expect(bodies('POST')).toEqual([{ head: 'fairlead/x', base: 'main', title: 'Title', body: 'Body', draft: true }])
  })

  it('marks and addresses nobody for an empty audience', async () => {
    await world.open().host.pullRequests.address(12, nothing)
    expect(world.server.heard).toEqual([])
  })

  it('leaves out a reviewer whom the host does not take, and says so', async () => {
    world.server.on(`POST ${pulls}/12/requested_reviewers`, ({ body }) =>
      JSON.stringify(body).includes('"mallory"')
        ? { status: 422, body: { message: 'Reviews may only be …' } }
        : { status: 201, body: aPull(12) },
    )
    const audience = { ...nothing, reviewers: ['alice', 'mallory'], teamReviewers: ['sre'] }
    await world.open().host.pullRequests.address(12, audience)
    expect(bodies('POST')).toEqual([
      { reviewers: ['alice', 'mallory'], team_reviewers: ['sre'] },
      { reviewers: ['alice'], team_reviewers: [] },
      { reviewers: ['mallory'], team_reviewers: [] },
      { reviewers: [], team_reviewers: ['sre'] },
    ])
    expect(world.log.lines.map(({ fields }) => fields)).toEqual([
      { repository: 'github.example.com/acme/gitops', pullRequest: 12, who: 'mallory' },
    ])
  })

  it('names an assignee whom the host dropped in silence', async () => {
    world.server.on(`POST ${repository}/issues/12/assignees`, {
      status: 201,
      body: { assignees: [{ login: 'Alice' }] },
    })
    await world.open().host.pullRequests.address(12, { ...nothing, assignees: ['alice', 'nobody'] })
    expect(world.log.lines.map(({ fields }) => fields)).toMatchObject([{ who: 'nobody' }])
  })
})

describe('writes', () => {
  it('go one after the other, a second apart', async () => {
    world.server.on(`PATCH ${pulls}/7`, { body: aPull(7) })
    const { pullRequests } = world.open().host
    await Promise.all(['one', 'two', 'three'].map((title) => pullRequests.edit(7, { title })))
    expect(bodies('PATCH')).toEqual([{ title: 'one' }, { title: 'two' }, { title: 'three' }])
    expect(world.clock.slept).toHaveLength(2)
    for (const ms of world.clock.slept) expect(ms).toBeGreaterThan(900)
  })

  it('of what is gone already are done', async () => {
    world.server.on(`DELETE ${repository}/git/refs/heads%2Ffairlead%2Fx`, {
      status: 422,
      body: { message: 'Reference does not exist' },
    })
    const { pullRequests } = world.open().host
    await pullRequests.deleteBranch('fairlead/x')
    await pullRequests.removeLabel(7, 'fairlead:rebase')
    expect(world.server.told()).toEqual([
      `422 DELETE ${repository}/git/refs/heads%2Ffairlead%2Fx`,
      `404 DELETE ${repository}/issues/7/labels/fairlead%3Arebase`,
    ])
  })
})

describe('the comment', () => {
  const comments = `${repository}/issues/7/comments`
  const text = '<!-- mark -->\nrolled out'
  beforeEach(() => world.server.on('GET /user', { body: { login: 'robot' } }))

  it('is made when there is none of ours', async () => {
    const others = [
      { id: 1, user: { login: 'mallory' }, body: '<!-- mark -->' },
      { id: 2, user: { login: 'robot' }, body: 'see <!-- mark -->' },
    ]
    world.server.on(`GET ${comments}`, { body: others })
    world.server.on(`POST ${comments}`, { status: 201, body: {} })
    await world.open().host.pullRequests.comment(7, '<!-- mark -->', text)
    expect(bodies('POST')).toEqual([{ body: text }])
  })

  it('is edited in place', async () => {
    world.server.on(`GET ${comments}`, { body: [{ id: 3, user: { login: 'robot' }, body: '<!-- mark -->\nseen' }] })
    world.server.on(`PATCH ${repository}/issues/comments/3`, { body: {} })
    await world.open().host.pullRequests.comment(7, '<!-- mark -->', text)
    expect(bodies('PATCH')).toEqual([{ body: text }])
  })

  it('is left alone when it says so already', async () => {
    world.server.on(`GET ${comments}`, {
      body: [{ id: 3, user: { login: 'robot' }, body: '<!-- mark -->\r\nrolled out\n' }],
    })
    await world.open().host.pullRequests.comment(7, '<!-- mark -->', text)
    expect(world.server.heard.every(({ method }) => method === 'GET')).toBe(true)
  })
})

describe('outcomes', () => {
  const status = { name: 'fairlead/prod/web', state: 'success', text: 'rolled out' } as const
  const known = { context: status.name, state: 'success', description: 'rolled out' }
  const statuses = `${repository}/commits/${sha('a')}/status`

  it.each([
    ['nothing', []],
    ['another state', [{ ...known, state: 'pending' }]],
    ['another text', [{ ...known, description: 'rolling out' }]],
    ['the same of another name', [{ ...known, context: 'ci' }]],
  ])('a status is written when the host has %s', async (_what, has) => {
    world.server.on(`GET ${statuses}`, { body: { state: 'pending', total_count: has.length, statuses: has } })
    world.server.on(`POST ${repository}/statuses/${sha('a')}`, { status: 201, body: {} })
    await world.open().host.outcomes.status(sha('a'), status)
    expect(bodies('POST')).toEqual([{ context: status.name, state: 'success', description: 'rolled out' }])
  })

  it('a status is not written twice, also when it is cut', async () => {
    const long = { ...status, text: 'x'.repeat(200) }
    const written: unknown[] = []
    world.server.on(`GET ${statuses}`, () => ({ body: { state: 'success', total_count: 1, statuses: written } }))
    world.server.on(`POST ${repository}/statuses/${sha('a')}`, ({ body }) => {
      written.push(body)
      return { status: 201, body: {} }
    })
    const { outcomes } = world.open().host
    await outcomes.status(sha('a'), long)
    await outcomes.status(sha('a'), long)
    expect(written).toEqual([{ context: status.name, state: 'success', description: `${'x'.repeat(139)}…` }])
  })

  const deployment = {
    repository: 'https://github.example.com/acme/web.git',
    revision: sha('d'),
    environment: 'prod',
    state: 'pending',
    text: 'rolling out',
  } as const

  it('a deployment is told once, and its state when it changes', async () => {
    const made: unknown[] = []
    const told: unknown[] = []
    world.server.on('GET /repos/acme/web/deployments', () => ({ body: made.map(() => ({ id: 5 })) }))
    world.server.on('POST /repos/acme/web/deployments', ({ body }) => {
      made.push(body)
      return { status: 201, body: { id: 5 } }
    })
    world.server.on('GET /repos/acme/web/deployments/5/statuses', () => ({ body: told.slice(-1) }))
    world.server.on('POST /repos/acme/web/deployments/5/statuses', ({ body }) => {
      told.push(body)
      return { status: 201, body: {} }
    })
    const { outcomes } = world.open().host
    await outcomes.deployment(deployment)
    await outcomes.deployment(deployment)
    await outcomes.deployment({ ...deployment, state: 'success', text: 'rolled out' })
    expect(made).toMatchObject([{ ref: sha('d'), task: 'fairlead', required_contexts: [], auto_merge: false }])
    expect(told).toEqual([
      { state: 'in_progress', description: 'rolling out' },
      { state: 'success', description: 'rolled out' },
    ])
  })

  it.each([
    ['a repository that is not allowed', 'https://github.example.com/evil/web'],
    ['a folder of a repository', 'https://github.example.com/acme/web/docs'],
    ['what is no address', 'see the wiki'],
    ['a repository of another host', 'https://github.com/acme/web'],
  ])('%s is told nothing', async (_what, address) => {
    const told = world.open().host.outcomes.deployment({ ...deployment, repository: address })
    expect((await refusalOf(told)).code).toBe('HostNotFound')
    expect(world.server.heard).toEqual([])
  })
})

describe('a commit that the host makes', () => {
  const order = {
    branch: 'main',
    base: sha('a'),
    message: 'Update web\n\nBecause.\n\nFairlead-Id: 1\n',
    files: [{ path: 'apps/web.yaml', text: 'image: ä\n' }],
  }
  const failed = (type: string, message: string) => ({
    body: { data: { createCommitOnBranch: null }, errors: [{ type, message }] },
  })

  it('is based on the head that was planned on', async () => {
    world.server.on('POST /api/graphql', { body: { data: { createCommitOnBranch: { commit: { oid: sha('e') } } } } })
    expect(await world.open().host.commits.commit(order)).toBe(sha('e'))
    expect(bodies('POST')).toMatchObject([
      {
        variables: {
          input: {
            branch: { repositoryNameWithOwner: 'acme/gitops', branchName: 'main' },
            expectedHeadOid: sha('a'),
            message: { headline: 'Update web', body: 'Because.\n\nFairlead-Id: 1' },
            fileChanges: { additions: [{ path: 'apps/web.yaml', contents: 'aW1hZ2U6IMOkCg==' }] },
          },
        },
      },
    ])
  })

  it.each([
    [
      'a branch that moved',
      'STALE_DATA',
      'Expected branch to point to "b" but it did not.  Pull and try again.',
      'PushRejected',
    ],
    [
      'a rule',
      'UNPROCESSABLE',
      'Repository rule violations found: Changes must be made through a pull request.',
      'PushRefused',
    ],
    ['a missing right', 'FORBIDDEN', 'Resource not accessible by integration', 'HostForbidden'],
    ['a fault of the host', '', 'Something went wrong while executing your query.', 'HostUnavailable'],
  ])('is refused for %s', async (_what, type, message, code) => {
    world.server.on('POST /api/graphql', failed(type, message))
    expect((await refusalOf(world.open().host.commits.commit(order))).code).toBe(code)
  })
})
