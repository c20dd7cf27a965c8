import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Answer, type Ground, startGround } from './client.ts'

const root = '/repos/acme/gitops'
let ground: Ground
let now: Date

beforeEach(async () => {
  now = new Date('2026-01-01T00:00:00Z')
  ground = await startGround({ now: () => now })
})
afterEach(() => ground.close())

describe('a token', () => {
  const permissions = { contents: 'read', pull_requests: 'read' } as const
  const rows: [title: string, token: () => string, method: string, path: string, status: number, message: string][] = [
    ['nobody knows', () => 'ghp_nobody', 'GET', root, 401, 'Bad credentials'],
    [
      'that was revoked',
      () => {
        const token = ground.github.person('bob')
        ground.github.revoke(token)
        return token
      },
      'GET',
      root,
      401,
      'Bad credentials',
    ],
    ['that ran out', () => ground.github.token('bob', { expiresAt: now }), 'GET', root, 401, 'Bad credentials'],
    ['nobody sent, for a private repository', () => '', 'GET', root, 404, 'Not Found'],
    ['of a stranger', () => ground.github.token('eve'), 'GET', root, 404, 'Not Found'],
    ['without scope', () => ground.github.token('ada', { scopes: [] }), 'GET', root, 404, 'Not Found'],
    [
      'with scope for statuses alone',
      () => ground.github.token('ada', { scopes: ['repo:status'] }),
      'GET',
      `${root}/pulls`,
      404,
      'Not Found',
    ],
    [
      'without the permission',
      () => ground.github.token('ada', { kind: 'fine-grained', permissions }),
      'POST',
      `${root}/pulls`,
      403,
      'Resource not accessible by personal access token',
    ],
    [
      'for other repositories',
      () => ground.github.token('ada', { kind: 'fine-grained', permissions, repositories: new Set(['acme/web']) }),
      'GET',
      `${root}/pulls`,
      404,
      'Not Found',
    ],
    [
      'of somebody who may only read',
      () => ground.github.person('rex', 'read'),
      'POST',
      `${root}/pulls`,
      403,
      'Must have write access.',
    ],
    [
      'of somebody who is no admin, for the protection',
      () => ground.github.person('wim', 'write'),
      'GET',
      `${root}/branches/main/protection`,
      403,
      'Must have admin rights to Repository.',
    ],
  ]
  it.each(rows)('%s', async (_, token, method, path, status, message) => {
    const answer = await ground.as(token())(method, path, method === 'GET' ? undefined : {})
    expect(answer).toMatchObject({ status, body: { message } })
  })

  it('tells its scopes, and a refusal tells what is needed', async () => {
    const { headers } = await ground.bot('GET', root)
    expect(headers.get('x-oauth-scopes')).toBe('repo')
    const narrow = ground.as(ground.github.token('ada', { kind: 'fine-grained', permissions }))
    const refused = await narrow('POST', `${root}/statuses/${ground.git.head('acme/gitops', 'main')}`, {})
    expect(refused.headers.get('x-accepted-github-permissions')).toBe('statuses=write')
  })

  it('says whose it is', async () => {
    expect((await ground.bot('GET', '/user')).body).toMatchObject({ login: 'fairlead', type: 'User' })
  })
})

describe('the state of the repository', () => {
  it('archived refuses every write with 403 and still reads', async () => {
    ground.gitops.archive()
    expect((await ground.bot('GET', root)).body.archived).toBe(true)
    expect(await ground.bot('POST', `${root}/pulls`, {})).toMatchObject({
      status: 403,
      body: { message: 'Repository was archived so is read-only.' },
    })
  })

  it('renamed answers 301 with the address by number, where it is found', async () => {
    ground.gitops.rename('fleet')
    const answer = await ground.bot('GET', `${root}/pulls?state=all`)
    expect(answer).toMatchObject({ status: 301, body: { message: 'Moved Permanently' } })
    const location = answer.headers.get('location') ?? ''
    const found = await ground.bot('GET', location.slice(ground.github.apiUrl.length))
    expect(found.status).toBe(200)
    expect((await ground.bot('GET', '/repos/acme/fleet')).body.full_name).toBe('acme/fleet')
  })

  it('tells who may do what to those who may write', async () => {
    ground.github.person('rex', 'read')
    const permission = async (login: string) =>
      (await ground.bot('GET', `${root}/collaborators/${login}/permission`)).body
    expect(await permission('ada')).toMatchObject({ permission: 'admin', role_name: 'admin', user: { login: 'ada' } })
    expect((await permission('fairlead')).permission).toBe('write')
    expect((await permission('rex')).permission).toBe('read')
    expect((await permission('nobody')).message).toBe('Not Found')
  })
})

describe('limits', () => {
  const left = ({ headers }: Answer) => Number(headers.get('x-ratelimit-remaining'))

  it('counts every call, also refused ones, but no answer that nothing has changed', async () => {
    const first = await ground.bot('GET', root)
    const etag = first.headers.get('etag') ?? ''
    const second = await ground.bot('GET', root, undefined, { 'if-none-match': etag })
    expect(second.status).toBe(304)
    expect(left(second)).toBe(left(first))
    expect(left(await ground.bot('GET', `${root}/pulls/9`))).toBe(left(first) - 1)
  })

  it('answers in full once something has changed', async () => {
    const { headers } = await ground.bot('GET', `${root}/pulls`)
    ground.branch('topic', { 'b.txt': 'b\n' })
    ground.gitops.open('ada', { title: 'b', head: 'topic', base: 'main' })
    const again = await ground.bot('GET', `${root}/pulls`, undefined, { 'if-none-match': headers.get('etag') ?? '' })
    expect(again).toMatchObject({ status: 200, body: [{ number: 1 }] })
  })

  it('answers 403 with remaining 0 until the hour is over', async () => {
    ground.github.leave('fairlead', 1, 60_000)
    expect((await ground.bot('GET', root)).status).toBe(200)
    const refused = await ground.bot('GET', root)
    expect(refused.status).toBe(403)
    expect(refused.body.message).toContain('API rate limit exceeded')
    expect(left(refused)).toBe(0)
    expect(refused.headers.get('x-ratelimit-reset')).toBe(String(now.getTime() / 1000 + 60))
    now = new Date(now.getTime() + 60_000)
    expect((await ground.bot('GET', root)).status).toBe(200)
  })

  it('answers a secondary limit with the time to wait, once', async () => {
    ground.github.limitNext({ method: 'GET', path: '/pulls' }, { status: 429, retryAfterSeconds: 7 })
    const answer = await ground.bot('GET', `${root}/pulls`)
    expect(answer.status).toBe(429)
    expect(answer.headers.get('retry-after')).toBe('7')
    expect((await ground.bot('GET', `${root}/pulls`)).status).toBe(200)
  })
})

describe('faults', () => {
  const draft = { title: 'b', head: 'topic', base: 'main' }
  beforeEach(() => void ground.branch('topic', { 'b.txt': 'b\n' }))

  it('break the connection before the effect', async () => {
    ground.github.dropNext({ method: 'POST', path: '/pulls' }, 'before')
    await expect(ground.bot('POST', `${root}/pulls`, draft)).rejects.toThrow()
    expect(ground.gitops.pulls()).toEqual([])
  })

  it('break the connection after the effect', async () => {
    ground.github.dropNext({ method: 'POST', path: '/pulls' }, 'after')
    await expect(ground.bot('POST', `${root}/pulls`, draft)).rejects.toThrow()
    expect(ground.gitops.pulls()).toHaveLength(1)
  })

  it('answer in words of the test without an effect', async () => {
    const message = 'Base branch was modified. Review and try the merge again.'
    ground.github.fail({ method: 'PUT', path: /\/merge$/ }, { status: 405, message })
    await ground.bot('POST', `${root}/pulls`, draft)
    expect(await ground.bot('PUT', `${root}/pulls/1/merge`)).toMatchObject({ status: 405, body: { message } })
    expect((await ground.bot('PUT', `${root}/pulls/1/merge`)).status).toBe(200)
  })

  it('leave a trace of every request', async () => {
    await ground.bot('GET', `${root}/pulls`, undefined, { 'if-none-match': 'x' })
    ground.github.dropNext({}, 'before')
    await expect(ground.bot('DELETE', `${root}/git/refs/heads/topic`)).rejects.toThrow()
    expect(ground.github.requests).toEqual([
      { method: 'GET', path: `${root}/pulls`, isConditional: true, account: 'fairlead', status: 200 },
      { method: 'DELETE', path: `${root}/git/refs/heads/topic`, isConditional: false, account: '', status: 0 },
    ])
  })
})
