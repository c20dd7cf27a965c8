import { writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { aPull, createGitHubWorld, refusalOf } from './github-world.ts'

let world: Awaited<ReturnType<typeof createGitHubWorld>>
beforeEach(async () => {
  world = await createGitHubWorld()
})
afterEach(() => world.close())

const repository = '/repos/acme/gitops'
const pulls = `${repository}/pulls`
const draft = { branch: 'fairlead/x', base: 'main', title: 'Title', body: 'Body', isDraft: false }
const invalid = (message: string) => ({ message: 'Validation Failed', errors: [{ resource: 'PullRequest', message }] })

describe('a refusal is named, with the remedy', () => {
  const rows: [sentence: string, status: number, body: unknown, code: string, words: RegExp][] = [
    [
      'a token without the scope',
      403,
      { message: 'Resource not accessible by personal access token' },
      'HostForbidden',
      /opening a pull request of fairlead\/x into main was refused \(403: .*\); give the token in .* the permission Pull requests: write$/,
    ],
    ['a token that was revoked', 401, { message: 'Bad credentials' }, 'HostAuthFailed', /expired or was revoked/],
    ['a repository that was renamed', 307, { message: 'Moved' }, 'HostMoved', /new address into git\.repositories/],
    [
      'a repository that was archived',
      403,
      { message: 'Repository was archived so is read-only.' },
      'HostArchived',
      /unarchive it/,
    ],
    [
      'a repository that is gone',
      404,
      { message: 'Not Found' },
      'HostNotFound',
      /was deleted, the token in .* may not see it, or host\.apiURL/,
    ],
    [
      'one that is open already',
      422,
      invalid('A pull request already exists for acme:fairlead/x.'),
      'PullRequestExists',
      /taken over/,
    ],
    [
      'a branch that holds nothing new',
      422,
      invalid('No commits between main and fairlead/x'),
      'NothingToMerge',
      /lacks/,
    ],
    [
      'a branch that is gone',
      422,
      { message: 'Validation Failed', errors: [{ resource: 'PullRequest', field: 'base', code: 'invalid' }] },
      'HostNotFound',
      /not there any more/,
    ],
    ['a commit that is not there', 422, { message: 'No ref found for: abc' }, 'HostNotFound', /No ref found/],
    ['words that are new to us', 422, { message: 'Body is too long' }, 'HostForbidden', /422: Body is too long/],
    ['a host that is down', 502, '<html>Bad gateway</html>', 'HostUnavailable', /failed \(502\)/],
    ['an answer of another shape', 201, { number: 'seven' }, 'HostInvalid', /unexpected answer at node_id/],
  ]
  it.each(rows)('%s', async (_sentence, status, body, code, words) => {
    world.server.on(`POST ${pulls}`, { status, body })
    const refusal = await refusalOf(world.open().host.pullRequests.open(draft))
    expect(refusal.code).toBe(code)
    expect(refusal.message).toMatch(words)
    expect(refusal.message).toContain('github.example.com/acme/gitops')
    expect(refusal.message).not.toContain('ghp_first')
  })

  it('what the host itself asks for is named rather than what we think', async () => {
    const headers = { 'x-accepted-github-permissions': 'pull_requests=write,metadata=read' }
    world.server.on(`POST ${pulls}`, {
      status: 403,
      body: { message: 'Resource not accessible by integration' },
      headers,
    })
    const { message } = await refusalOf(world.open().host.pullRequests.open(draft))
    expect(message).toContain('the permission pull_requests=write,metadata=read')
  })

  it('text of the host cannot disguise itself', async () => {
    world.server.on(`POST ${pulls}`, { status: 422, body: { message: 'line\u001b[31m\nSigned-off-by: \u202Eroot' } })
    const { message } = await refusalOf(world.open().host.pullRequests.open(draft))
    expect(message).toMatch(/422: line \[31m Signed-off-by: root\)$/)
  })

  it('a read of a repository that was moved is named, too', async () => {
    world.server.on(`GET ${pulls}`, { status: 301, body: { message: 'Moved Permanently' } })
    expect((await refusalOf(world.open().host.pullRequests.list(''))).code).toBe('HostMoved')
  })

  it('a pull request is not taken for missing when it is the repository', async () => {
    expect((await refusalOf(world.open().host.pullRequests.read(7))).code).toBe('HostNotFound')
  })

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a page of a proxy', '<html>Sign in</html>'],
  ])('%s is no list, not even an empty one, and is not quoted', async (_sentence, body) => {
    const { pullRequests } = world.open().host
    world.server.on(`GET ${pulls}`, { body })
    world.server.on(`GET ${pulls}/1/reviews`, { body })
    for (const asked of [pullRequests.list('fairlead/'), pullRequests.reviews(1)]) {
      const { code, message } = await refusalOf(asked)
      expect([code, message]).toEqual(['HostInvalid', expect.stringMatching(/gave an answer that is no JSON/)])
      expect(message).not.toContain('html')
    }
  })

  it('a host that does not answer is unavailable', async () => {
    await world.server.close()
    expect((await refusalOf(world.open().host.pullRequests.list(''))).code).toBe('HostUnavailable')
    expect(world.requests).toEqual(['HttpFailed'])
  })
})

describe('when the host wants silence', () => {
  it('nothing is sent before the time it named', async () => {
    const { pullRequests } = world.open().host
    world.server.on(`GET ${pulls}/7`, { status: 403, headers: { 'retry-after': '30' }, body: { message: 'slow down' } })
    const first = await refusalOf(pullRequests.read(7))
    expect(first).toMatchObject({ code: 'HostLimited', retryAfterMs: 30_000 })

    world.server.on(`GET ${pulls}/7`, { body: aPull(7) })
    const second = await refusalOf(pullRequests.read(7))
    expect(second.code).toBe('HostLimited')
    expect(second.retryAfterMs).toBeGreaterThan(25_000)
    expect(world.server.heard).toHaveLength(1)

    world.clock.pass(30_000)
    expect(await pullRequests.read(7)).toMatchObject({ number: 7 })
  })

  it('the limit of a GraphQL query is one, too', async () => {
    const errors = [{ type: 'RATE_LIMITED', message: 'API rate limit exceeded for installation ID 1.' }]
    world.server.on('POST /api/graphql', { body: { data: null, errors } })
    const { commits, pullRequests } = world.open().host
    const order = { branch: 'main', base: 'a', message: 'm', files: [] }
    expect(await refusalOf(commits.commit(order))).toMatchObject({ code: 'HostLimited', retryAfterMs: 60_000 })
    expect((await refusalOf(pullRequests.read(7))).code).toBe('HostLimited')
    expect(world.server.heard).toHaveLength(1)
  })
})

describe('the token', () => {
  it('is sent with every request, hidden in the log, and read again when its file changes', async () => {
    world.server.on('GET /user', { body: { login: 'robot' } })
    world.server.on(`GET ${pulls}`, { body: [] })
    const { pullRequests } = world.open().host
    expect(await pullRequests.account()).toBe('robot')
    writeFileSync(world.tokenFile, 'ghp_second_one\n')
    await pullRequests.list('')
    expect(world.server.heard.map(({ headers }) => headers['authorization'])).toEqual([
      'Bearer ghp_first',
      'Bearer ghp_second_one',
    ])
    expect(world.secrets).toEqual(['ghp_first', 'ghp_second_one'])
  })

  it('whose file is missing is a mistake of the configuration', async () => {
    await world.close()
    world = await createGitHubWorld({ login: (folder) => ({ tokenFile: `${folder}/none` }) })
    expect((await refusalOf(world.open().host.pullRequests.list(''))).code).toBe('ConfigInvalid')
  })
})
