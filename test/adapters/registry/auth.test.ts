import { rmSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseChallenge } from '../../../src/adapters/registry/challenge.ts'
import { apiOrigin, httpHostsOf, isSameSite, isTokenHost } from '../../../src/adapters/registry/host.ts'
import { createManualClock } from '../../fakes/clock.ts'
import { aRegistryWorld, basicAuths, passTimeUntil, web } from './registry-world.ts'

const account = { username: 'robot', password: 's3cret-one' }

describe('bearer tokens', () => {
  it('are fetched with the credentials, once for many requests at a time, and kept', async () => {
    const { server, registry, secrets } = await aRegistryWorld({
      server: { auth: 'bearer', ...account },
      dockerConfig: basicAuths(),
    })
    server.push(web.repository, '1.0.0')
    await Promise.all(Array.from({ length: 5 }, () => registry.digest(web, '1.0.0')))
    await registry.tags(web)
    const asked = server.requests.filter((one) => one.includes('/token'))
    expect(asked).toEqual(['GET /token?scope=repository%3Aacme%2Fweb%3Apull&service=scripted+registry'])
    expect([...secrets]).toEqual(['s3cret-one'])
  })

  it('are fetched anonymously when no credentials are configured', async () => {
    const { server, registry, targets } = await aRegistryWorld({ server: { auth: 'bearer' } })
    server.push(web.repository, '1.0.0')
    expect(await registry.tags(web)).toEqual(['1.0.0'])
    expect(targets).toEqual([
      'https://registry.example.com',
      'https://registry.example.com',
      'https://registry.example.com with credentials',
    ])
  })

  it('are exchanged for an identity token by POST', async () => {
    const dockerConfig = { auths: { [web.registry]: { auth: 'MDAwMDAwMDA6', identitytoken: 'refresh-me' } } }
    const { server, registry } = await aRegistryWorld({
      server: { auth: 'bearer', refreshToken: 'refresh-me' },
      dockerConfig,
    })
    server.push(web.repository, '1.0.0')
    expect(await registry.tags(web)).toEqual(['1.0.0'])
    expect(server.requests[1]).toBe('POST /token')
  })

  it('are renewed shortly before they end', async () => {
    const clock = createManualClock()
    const { server, registry } = await aRegistryWorld({ server: { auth: 'bearer', expiresIn: 120 }, clock })
    server.push(web.repository, '1.0.0')
    const fetched = () => server.requests.filter((one) => one.includes('/token')).length
    await registry.tags(web)
    await clock.advance(109_000)
    await registry.tags(web)
    expect(fetched()).toBe(1)
    await clock.advance(2_000)
    await registry.tags(web)
    expect(fetched()).toBe(2)
  })

  it('that were revoked are fetched anew, once', async () => {
    const { server, registry } = await aRegistryWorld({ server: { auth: 'bearer' } })
    server.push(web.repository, '1.0.0')
    await registry.tags(web)
    server.revokeTokens()
    expect(await registry.tags(web)).toEqual(['1.0.0'])
    expect(server.requests.filter((one) => one.includes('/token'))).toHaveLength(2)
  })

  it('that are never accepted end in a refusal, not in a loop', async () => {
    const { server, registry } = await aRegistryWorld({ server: { auth: 'bearer' } })
    server.script({ matching: /token/, times: 9, answer: (_, response) => response.end('{"token":"useless"}') })
    await expect(registry.tags(web)).rejects.toMatchObject({ code: 'RegistryAuthFailed' })
    expect(server.requests).toHaveLength(3)
  })

  it('cannot be had while their endpoint is down, which is no refusal', async () => {
    const clock = createManualClock()
    const { server, registry } = await aRegistryWorld({ server: { auth: 'bearer' }, clock })
    server.script({ matching: /token/, times: 3, answer: (_, response) => response.writeHead(503).end() })
    const answer = passTimeUntil(clock, registry.tags(web))
    await expect(answer).rejects.toMatchObject({ code: 'RegistryUnavailable', kind: 'transient' })
    expect(server.requests).toHaveLength(4)
  })

  it.each(['{}', '{"token":"a b"}', '{"token":"a\\nb: c"}', '{"token":5}', 'no json'])(
    '%s is no token',
    async (body) => {
      const { server, registry } = await aRegistryWorld({ server: { auth: 'bearer' } })
      server.script({ matching: /token/, answer: (_, response) => response.end(body) })
      await expect(registry.tags(web)).rejects.toMatchObject({ code: 'RegistryInvalid' })
    },
  )

  it('a refused password is named with its host, not shown', async () => {
    const dockerConfig = basicAuths(web.registry, 'robot', 'wrong-password')
    const { registry } = await aRegistryWorld({ server: { auth: 'bearer', ...account }, dockerConfig })
    const failure = await registry.tags(web).catch((error) => error)
    expect(failure).toMatchObject({ code: 'RegistryAuthFailed' })
    expect(failure.message).toContain('https://registry.example.com refuses the credentials')
    expect(failure.stack + JSON.stringify(failure)).not.toContain('wrong-password')
  })
})

describe('where credentials go', () => {
  const withRealm = (realm: string) => aRegistryWorld({ server: { auth: 'bearer', realm }, dockerConfig: basicAuths() })

  it.each([
    'https://evil.example.net/token',
    'https://registry.example.com.evil.net/token',
    'https://169.254.169.254/token',
  ])('not to %s', async (realm) => {
    const { registry, targets } = await withRealm(realm)
    const failure = registry.tags(web)
    await expect(failure).rejects.toMatchObject({ code: 'RegistryAuthFailed' })
    await expect(failure).rejects.toThrow(new URL(realm).origin)
    expect(targets).toEqual(['https://registry.example.com'])
  })

  it('not over plain http', async () => {
    const { registry, targets } = await withRealm('http://registry.example.com/token')
    await expect(registry.tags(web)).rejects.toMatchObject({
      code: 'RegistryAuthFailed',
      message: expect.stringMatching(/not https/),
    })
    expect(targets).toHaveLength(1)
  })

  it('to a token endpoint on another host of the same site', async () => {
    const { server, registry, targets } = await withRealm('https://auth.example.com/token')
    server.push(web.repository, '1.0.0')
    await registry.tags(web)
    expect(targets[1]).toBe('https://auth.example.com with credentials')
  })

  it('to a token endpoint that the configuration names, and to no other', async () => {
    const named = {
      server: { auth: 'bearer', realm: 'https://auth.corp.net/token' },
      dockerConfig: basicAuths(),
    } as const
    const { server, registry, targets } = await aRegistryWorld({ ...named, host: { tokenHosts: ['auth.corp.net'] } })
    server.push(web.repository, '1.0.0')
    await registry.tags(web)
    expect(targets[1]).toBe('https://auth.corp.net with credentials')
    const other = await aRegistryWorld({ ...named, host: { tokenHosts: ['auth.corp.com', 'corp.net'] } })
    await expect(other.registry.tags(web)).rejects.toThrow(/tokenHosts/)
    expect(other.targets).toHaveLength(1)
  })

  const services: [string, string, boolean][] = [
    ['registry-1.docker.io', 'auth.docker.io', true],
    ['ghcr.io', 'ghcr.io', true],
    ['ghcr.io', 'github.com', false],
    ['registry.cn-hangzhou.aliyuncs.com', 'dockerauth.cn-hangzhou.aliyuncs.com', true],
    ['registry-vpc.cn-hangzhou.aliyuncs.com', 'dockerauth-vpc.cn-hangzhou.aliyuncs.com', true],
    ['acme-registry.cn-beijing.cr.aliyuncs.com', 'dockerauth.cn-beijing.aliyuncs.com', true],
    ['registry.cn-hangzhou.aliyuncs.com', 'dockerauth.cn-beijing.aliyuncs.com', false],
    ['registry.cn-hangzhou.aliyuncs.com', 'evil.cn-hangzhou.aliyuncs.com', false],
    ['acme.azurecr.io', 'evil.azurecr.io', false],
    ['123456789012.dkr.ecr.eu-central-1.amazonaws.com', 'evil.s3.eu-central-1.amazonaws.com', false],
  ]
  it.each(services)('%s may name %s as its token service: %s', (registry, named, expected) => {
    expect(isTokenHost(registry, named)).toBe(expected)
  })

  it('not to the host a blob lives on, and only one redirect is followed', async () => {
    const { server, registry, targets } = await aRegistryWorld({
      server: { auth: 'basic', ...account },
      dockerConfig: basicAuths(),
    })
    server.push(web.repository, '1.0.0')
    const location = 'https://cdn.example.net/blob?signature=x'
    server.script({ matching: /\/blobs\//, answer: (_, response) => response.writeHead(307, { location }).end() })
    server.script({ matching: /^GET \/blob\?/, answer: (_, response) => response.writeHead(307, { location }).end() })
    await expect(registry.platforms(web, '1.0.0')).rejects.toMatchObject({ code: 'RegistryInvalid' })
    expect(targets.at(-1)).toBe('https://cdn.example.net')
  })

  const sites: [string, string, boolean][] = [
    ['registry-1.docker.io', 'auth.docker.io', true],
    ['registry.gitlab.com', 'gitlab.com', true],
    ['registry.example.co.uk', 'auth.example.co.uk', true],
    ['registry.co.uk', 'evil.co.uk', false],
    ['acme.azurecr.io', 'evil.azurecr.io', false],
    ['acme.azurecr.io', 'acme.azurecr.io', true],
    ['registry.team.svc.cluster.local', 'evil.other.svc.cluster.local', false],
    ['10.0.0.1', '11.0.0.1', false],
    ['10.1.0.1', '10.2.0.1', false],
    ['registry', 'auth', false],
    ['registry', 'registry', true],
    ['[::1]', '[::2]', false],
    ['example.com', 'notexample.com', false],
  ]
  it.each(sites)('%s and %s share an owner: %s', (one, other, expected) => {
    expect(isSameSite(one, other)).toBe(expected)
    expect(isSameSite(other, one)).toBe(expected)
  })
})

describe('basic authentication', () => {
  it('is answered after the challenge, and unasked from then on', async () => {
    const { server, registry } = await aRegistryWorld({
      server: { auth: 'basic', ...account },
      dockerConfig: basicAuths(),
    })
    server.push(web.repository, '1.0.0')
    await registry.tags(web)
    await registry.tags(web)
    expect(server.authorizations.map((one) => one?.split(' ')[0])).toEqual([undefined, 'Basic', 'Basic'])
  })

  it('without credentials ends in a refusal that says what to do', async () => {
    const { registry } = await aRegistryWorld({ server: { auth: 'basic', ...account } })
    const failure = registry.tags(web)
    await expect(failure).rejects.toMatchObject({ code: 'RegistryAuthFailed' })
    await expect(failure).rejects.toThrow(/no credentialsFile/)
  })

  it('reads the file again when it changed', async () => {
    const { server, registry, configFile } = await aRegistryWorld({
      server: { auth: 'basic', ...account },
      dockerConfig: basicAuths(web.registry, 'robot', 'outdated'),
    })
    server.push(web.repository, '1.0.0')
    await expect(registry.tags(web)).rejects.toMatchObject({ code: 'RegistryAuthFailed' })
    writeFileSync(configFile, JSON.stringify(basicAuths()))
    expect(await registry.tags(web)).toEqual(['1.0.0'])
    rmSync(configFile)
    await expect(registry.tags(web)).rejects.toMatchObject({
      code: 'ConfigInvalid',
      message: expect.stringContaining(configFile),
    })
  })
})

describe('challenges', () => {
  const table: [string, ReturnType<typeof parseChallenge>][] = [
    [
      'Bearer realm="https://a/t",service="s, t",scope="x"',
      { scheme: 'bearer', realm: 'https://a/t', service: 's, t' },
    ],
    ['bearer realm=https://a/t', { scheme: 'bearer', realm: 'https://a/t', service: undefined }],
    [
      'Basic realm="r", Bearer realm="https://a/t" , service="s"',
      { scheme: 'bearer', realm: 'https://a/t', service: 's' },
    ],
    ['BASIC realm="say \\"hi\\""', { scheme: 'basic' }],
    ['Basic', { scheme: 'basic' }],
    ['Bearer error="invalid_token"', undefined],
    ['Negotiate', undefined],
    ['"', undefined],
    ['', undefined],
    [`Bearer realm="${'x'.repeat(9000)}"`, undefined],
  ]
  it.each(table)('%s', (header, expected) => {
    expect(parseChallenge(header)).toEqual(expected)
  })
})

it('Docker Hub is asked at the host its API lives on', () => {
  for (const name of ['docker.io', 'index.docker.io', 'registry-1.docker.io', 'Docker.io']) {
    expect(apiOrigin(name, false)).toBe('https://registry-1.docker.io')
  }
  const hosts = [
    { host: 'docker.io', caFile: '/ca.crt' },
    { host: 'localhost:5000', insecure: true },
  ]
  expect(httpHostsOf(hosts)).toEqual({
    'registry-1.docker.io': { caFile: '/ca.crt', insecure: false },
    'localhost:5000': { insecure: true },
  })
})
