import { generateKeyPairSync, verify } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { aPull, createGitHubWorld, refusalOf } from './github-world.ts'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const minting = 'POST /app/installations/22/access_tokens'
const pull = 'GET /repos/acme/gitops/pulls/7'

let world: Awaited<ReturnType<typeof createGitHubWorld>>
afterEach(() => world.close())

/** A world whose host hands out `ghs_1`, `ghs_2` …, each for an hour. */
async function anApp(pem: string) {
  let made = 0
  world = await createGitHubWorld({
    login(folder) {
      const privateKeyFile = join(folder, 'key.pem')
      writeFileSync(privateKeyFile, pem)
      return { appId: 11, installationId: 22, privateKeyFile }
    },
  })
  world.server.on(minting, () => ({
    status: 201,
    body: {
      token: `ghs_${++made}`,
      expires_at: new Date(world.clock.now().getTime() + 3_600_000).toISOString(),
      permissions: {},
    },
  }))
  world.server.on(pull, { body: aPull(7) })
  world.server.on('GET /repos/acme/gitops', { body: {} })
  world.server.on('GET /repos/acme/gitops/rules/branches/main', { body: [] })
  return world.open()
}

const pkcs1 = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
const logins = () => world.server.heard.map(({ headers }) => headers['authorization'])

describe('a GitHub App', () => {
  it.each([
    ['PKCS#1', pkcs1],
    ['PKCS#8', pkcs8],
  ])('proves itself with a key in %s and works with the token it gets', async (_form, pem) => {
    const { host, gitToken } = await anApp(pem)
    expect(await host.pullRequests.read(7)).toMatchObject({ number: 7 })
    const [proof = '', token] = logins()
    const [head = '', claims = '', signature = ''] = proof.replace(/^bearer /i, '').split('.')
    expect(verify('sha256', Buffer.from(`${head}.${claims}`), publicKey, Buffer.from(signature, 'base64url'))).toBe(
      true,
    )
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({ iss: 11 })
    expect(token).toBe('Bearer ghs_1')
    expect(await gitToken()).toBe('ghs_1')
    expect(world.secrets).toEqual(['ghs_1'])
  })

  it('asks for a new token before the old one ends, once for all who want it', async () => {
    const { gitToken } = await anApp(pkcs8)
    expect(await Promise.all([gitToken(), gitToken()])).toEqual(['ghs_1', 'ghs_1'])
    world.clock.pass(54 * 60_000)
    expect(await gitToken()).toBe('ghs_1')
    world.clock.pass(2 * 60_000)
    expect(await Promise.all([gitToken(), gitToken()])).toEqual(['ghs_2', 'ghs_2'])
  })

  it.each([404, 401])('tries again when a fresh token gets %i, for the copies of the host lag', async (status) => {
    const { host } = await anApp(pkcs8)
    let asked = 0
    world.server.on(pull, () => (++asked < 3 ? { status, body: { message: 'Not Found' } } : { body: aPull(7) }))
    expect(await host.pullRequests.read(7)).toMatchObject({ number: 7 })
    expect(world.clock.slept).toEqual([1000, 1000])
  })

  it('tries a fresh token before Git gets it, for Git would take a refusal as final', async () => {
    const { gitToken } = await anApp(pkcs8)
    let asked = 0
    world.server.on('GET /repos/acme/gitops', () => (++asked < 3 ? { status: 404, body: {} } : { body: {} }))
    expect(await gitToken()).toBe('ghs_1')
    expect(world.server.told().slice(1)).toEqual([
      '404 GET /repos/acme/gitops',
      '404 GET /repos/acme/gitops',
      '200 GET /repos/acme/gitops',
    ])
    world.clock.pass(6_000)
    await gitToken()
    expect(world.server.told()).toEqual([])
  })

  it('believes a 404 once its token is some seconds old', async () => {
    const { host, gitToken } = await anApp(pkcs8)
    await gitToken()
    world.clock.pass(6_000)
    expect(await host.pullRequests.read(8)).toBeUndefined()
    expect(world.clock.slept).toEqual([])
  })

  it('gets another token when an older one was revoked', async () => {
    const { host, gitToken } = await anApp(pkcs8)
    await gitToken()
    world.clock.pass(60_000)
    world.server.on(pull, ({ headers }) =>
      headers['authorization'] === 'Bearer ghs_1'
        ? { status: 401, body: { message: 'Bad credentials' } }
        : { body: aPull(7) },
    )
    expect(await host.pullRequests.read(7)).toMatchObject({ number: 7 })
  })

  it('has an account of its own, which has no user', async () => {
    const { host } = await anApp(pkcs8)
    world.server.on('GET /app', { body: { slug: 'fairlead' } })
    expect(await host.pullRequests.account()).toBe('fairlead[bot]')
  })

  it.each([
    [404, 'Not Found'],
    [401, 'A JSON web token could not be decoded'],
    [403, 'This installation has been suspended'],
  ])('that gets no token for %i says what to compare', async (status, message) => {
    const { host } = await anApp(pkcs8)
    world.server.on(minting, { status, body: { message } })
    const refusal = await refusalOf(host.pullRequests.read(7))
    expect(refusal.code).toBe('HostAuthFailed')
    expect(refusal.message).toContain(message)
    expect(refusal.message).toMatch(/compare appId, installationId and privateKeyFile/)
  })

  it('whose key is none is a mistake of the configuration, and the key is not quoted', async () => {
    const { host } = await anApp('-----BEGIN RSA PRIVATE KEY-----\nsecret\n-----END RSA PRIVATE KEY-----\n')
    const refusal = await refusalOf(host.pullRequests.read(7))
    expect(refusal.code).toBe('ConfigInvalid')
    expect(refusal.message).toMatch(/key\.pem holds no RSA private key/)
    expect(refusal.message).not.toContain('secret')
  })
})
