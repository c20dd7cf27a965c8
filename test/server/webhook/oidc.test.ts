import { type JWTPayload, SignJWT, UnsecuredJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { createManualClock, type ManualClock } from '../../fakes/clock.ts'
import { readFixture } from './fixture.ts'
import { startTokenIssuer, type TokenIssuer } from './token-issuer.ts'
import { anHttp, aWebhookServer, onCleanup, type World } from './world.ts'

const audience = 'https://fairlead.example.com'
const email = 'pubsub@acme.iam.gserviceaccount.com'
const startSeconds = Date.parse('2026-01-01T00:00:00Z') / 1000
const good = {
  iss: 'https://accounts.google.com',
  aud: audience,
  email,
  email_verified: true,
  sub: '113774264463038321964',
  iat: startSeconds,
  exp: startSeconds + 3600,
}

interface OidcWorld extends World {
  clock: ManualClock
  issuer: TokenIssuer
  /** Posts a push with this token and resolves to the status. */
  send(token: string | undefined): Promise<number>
}

async function anOidcServer(issuerName = 'https://accounts.google.com'): Promise<OidcWorld> {
  const clock = createManualClock()
  const issuer = await startTokenIssuer()
  onCleanup(() => issuer.close())
  const oidc = { audience, email, issuer: issuerName, keysUrl: issuer.keysUrl }
  const world = await aWebhookServer({
    clock,
    http: anHttp(),
    receivers: () => [{ name: 'gar', type: 'gar', auth: 'oidc', oidc }],
  })
  const { body, headers } = readFixture('gar-insert')
  return Object.assign(world, {
    clock,
    issuer,
    async send(token: string | undefined) {
      const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
      return (await world.post('/webhook/gar', { headers: { ...headers, ...authorization }, body })).status
    },
  })
}

describe('a token', () => {
  const { email: _email, ...anonymous } = good
  const { exp: _exp, ...endless } = good
  const taken: [string, JWTPayload][] = [
    ['as Google makes it', good],
    ['of Google without the scheme', { ...good, iss: 'accounts.google.com' }],
    ['for several audiences', { ...good, aud: ['https://else.example', audience] }],
    ['that ended a moment ago by another clock', { ...good, exp: startSeconds - 20 }],
  ]
  it.each(taken)('%s is taken', async (_, claims) => {
    const { issuer, send, hints } = await anOidcServer()
    expect(await send(await issuer.token(claims))).toBe(202)
    expect(hints).toHaveLength(1)
  })

  const refused: [string, JWTPayload, string][] = [
    ['that ended', { ...good, exp: startSeconds - 31 }, 'exp'],
    ['that never ends', endless, 'exp'],
    ['that is not valid yet', { ...good, nbf: startSeconds + 60 }, 'nbf'],
    ['of another issuer', { ...good, iss: 'https://evil.example' }, 'iss'],
    ['for another audience', { ...good, aud: 'https://else.example' }, 'aud'],
    ['of another account', { ...good, email: 'eve@acme.iam.gserviceaccount.com' }, 'another account'],
    ['of no account', anonymous, 'email'],
    ['of an address nobody verified', { ...good, email_verified: false }, 'not verified'],
    ['of an address verified in words', { ...good, email_verified: 'true' }, 'not verified'],
  ]
  it.each(refused)('%s is refused, and the log says why', async (_, claims, reason) => {
    const world = await anOidcServer()
    expect(await world.send(await world.issuer.token(claims))).toBe(401)
    expect(world.hints).toEqual([])
    expect(world.lines).toContain(reason)
    expect(world.lines).not.toMatch(/eve@|evil|else\.example/)
  })

  it('is demanded', async () => {
    const { send, hints, issuer } = await anOidcServer()
    const [head, claims] = (await issuer.token(good)).split('.')
    const shared = new TextEncoder().encode('a secret that the receiver does not know')
    const forged: Record<string, string | undefined> = {
      missing: undefined,
      'no token': 'x',
      unsigned: new UnsecuredJWT(good).encode(),
      'without its signature': `${head}.${claims}.`,
      'signed with a password': await new SignJWT(good).setProtectedHeader({ alg: 'HS256' }).sign(shared),
      'signed by a stranger': await issuer.token(good, { stranger: true }),
    }
    for (const [what, token] of Object.entries(forged)) expect([what, await send(token)]).toEqual([what, 401])
    expect(hints).toEqual([])
  })

  it('of another issuer is taken where the configuration names that one, and Google’s is not', async () => {
    const { issuer, send } = await anOidcServer('https://sts.example.com')
    expect(await send(await issuer.token({ ...good, iss: 'https://sts.example.com' }))).toBe(202)
    expect(await send(await issuer.token(good))).toBe(401)
  })
})

describe('the keys of an issuer', () => {
  it('are asked for once, and again after an hour', async () => {
    const { issuer, send, clock } = await anOidcServer()
    const lasting = await issuer.token({ ...good, exp: startSeconds + 24 * 3600 })
    for (let time = 0; time < 3; time++) await send(lasting)
    expect(issuer.asked).toBe(1)
    await clock.advance(3600 * 1000)
    expect([await send(lasting), issuer.asked]).toEqual([202, 2])
  })

  it('are asked for by many at once in one request', async () => {
    const { issuer, send } = await anOidcServer()
    const token = await issuer.token(good)
    expect(await Promise.all(Array.from({ length: 20 }, () => send(token)))).toEqual(Array(20).fill(202))
    expect(issuer.asked).toBe(1)
  })

  it('are asked for when one is missing, but not by every forged token', async () => {
    const { issuer, send, clock } = await anOidcServer()
    await send(await issuer.token(good))
    await issuer.rotate()
    const next = await issuer.token(good)
    expect([await send(next), issuer.asked]).toEqual([401, 1])
    await clock.advance(30_000)
    expect([await send(next), issuer.asked]).toEqual([202, 2])
    await issuer.rotate()
    const unknown = await issuer.token(good)
    expect([await send(unknown), await send(unknown), issuer.asked]).toEqual([401, 401, 2])
  })

  const failures: [string, { status: number; body: string }][] = [
    ['fail', { status: 500, body: '' }],
    ['lead elsewhere', { status: 302, body: '' }],
    ['are no JSON', { status: 200, body: '<html>' }],
    ['are no keys', { status: 200, body: '{"keys": 5}' }],
    ['are too large', { status: 200, body: ' '.repeat(300_000) }],
  ]
  it.each(failures)('that %s make the sender come again', async (_, answer) => {
    const { issuer, send, clock, hints } = await anOidcServer()
    const token = await issuer.token(good)
    issuer.answer = answer
    expect([await send(token), await send(token), issuer.asked, hints]).toEqual([503, 503, 1, []])
    issuer.answer = undefined
    await clock.advance(5_000)
    expect(await send(token)).toBe(202)
  })
})
