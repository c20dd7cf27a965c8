import { createSign, generateKeyPairSync } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Ask, type Ground, startGround } from './client.ts'

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const other = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
const root = '/repos/acme/gitops'
let ground: Ground
let now: Date
let app: { id: number; clientId: string; installation: number }

beforeEach(async () => {
  now = new Date('2026-01-01T00:00:00Z')
  ground = await startGround({ now: () => now })
  app = ground.github.app({
    slug: 'fairlead',
    publicKey: pem,
    permissions: { contents: 'write', pull_requests: 'write' },
    tokenMs: 60_000,
    freshTokenMisses: 1,
  })
})
afterEach(() => ground.close())

function sign(claims: Record<string, unknown>, key = privateKey): Ask {
  const seconds = now.getTime() / 1000
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const text = `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ iat: seconds - 60, exp: seconds + 540, iss: app.id, ...claims })}`
  return ground.as(`${text}.${createSign('RSA-SHA256').update(text).sign(key).toString('base64url')}`)
}

describe('a GitHub App', () => {
  it('is known by its id and by its client id', async () => {
    expect((await sign({})('GET', '/app')).body).toMatchObject({ id: app.id, slug: 'fairlead' })
    expect((await sign({ iss: app.clientId })('GET', '/app')).status).toBe(200)
    expect((await sign({})('GET', `${root}/installation`)).body).toMatchObject({ id: app.installation, app_id: app.id })
  })

  const rows: [title: string, ask: () => Ask, status: number, message: string][] = [
    ['of another key', () => sign({}, other.privateKey), 401, 'A JSON web token could not be decoded'],
    ['of no app', () => sign({ iss: 1 }), 404, 'Integration not found'],
    [
      'that lives for an hour',
      () => sign({ exp: now.getTime() / 1000 + 3600 }),
      401,
      "'Expiration time' claim ('exp') is too far in the future",
    ],
  ]
  it.each(rows)('refuses a web token %s', async (_, ask, status, message) => {
    expect(await ask()('GET', '/app')).toMatchObject({ status, body: { message } })
  })

  it('gets tokens that the replicas learn of late and that run out', async () => {
    const { status, body } = await sign({})('POST', `/app/installations/${app.installation}/access_tokens`)
    expect(status).toBe(201)
    expect(body).toMatchObject({ expires_at: '2026-01-01T00:01:00Z', permissions: { contents: 'write' } })
    const bot = ground.as(body.token)
    expect((await bot('GET', root)).status).toBe(404)
    expect((await bot('GET', root)).status).toBe(200)
    expect((await bot('GET', '/user')).body.message).toBe('Resource not accessible by integration')
    ground.branch('topic', { 'b.txt': 'b\n' })
    const pull = await bot('POST', `${root}/pulls`, { title: 'b', head: 'topic', base: 'main' })
    expect(pull.body.user).toMatchObject({ login: 'fairlead[bot]', type: 'Bot' })
    const refused = await bot('POST', `${root}/statuses/${pull.body.head.sha}`, { state: 'success' })
    expect(refused).toMatchObject({ status: 403, body: { message: 'Resource not accessible by integration' } })
    now = new Date(now.getTime() + 60_000)
    expect((await bot('GET', root)).body.message).toBe('Bad credentials')
  })

  it('may ask for less than it has, not for more', async () => {
    const path = `/app/installations/${app.installation}/access_tokens`
    const less = await sign({})('POST', path, { permissions: { contents: 'read' }, repositories: ['gitops'] })
    expect(less.body).toMatchObject({ permissions: { contents: 'read' }, repository_selection: 'selected' })
    expect((await sign({})('POST', path, { permissions: { administration: 'write' } })).status).toBe(422)
    expect((await sign({})('POST', path, { repositories: ['gone'] })).status).toBe(422)
  })
})
