import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { buildImage } from '../../fakes/oci-image.ts'
import { aRegistryWorld, basicAuths, web } from './registry-world.ts'

const fixture = (name: string) => readFileSync(new URL(`../../../fixtures/registry/${name}`, import.meta.url), 'utf8')
const sha256 = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`
const always = (matching: RegExp, answer: (response: ServerResponse) => unknown) => ({
  matching,
  times: Number.POSITIVE_INFINITY,
  answer: (_: unknown, response: ServerResponse) => void answer(response),
})

describe('the digest behind a tag', () => {
  it('comes from one HEAD request', async () => {
    const { server, registry } = await aRegistryWorld()
    const digest = server.push(web.repository, '1.0.0')
    expect(await registry.digest(web, '1.0.0')).toBe(digest)
    expect(server.requests).toEqual(['HEAD /v2/acme/web/manifests/1.0.0'])
  })

  it.each(['sha256:short', 'md5:d41d8cd98f00b204e9800998ecf8427e', `sha256:${'A'.repeat(64)}`, ''])(
    'is computed when the header says %j',
    async (told) => {
      const { server, registry } = await aRegistryWorld()
      const digest = server.push(web.repository, '1.0.0')
      server.script({
        matching: /^HEAD/,
        answer: (_, response) => response.writeHead(200, { 'docker-content-digest': told }).end(),
      })
      expect(await registry.digest(web, '1.0.0')).toBe(digest)
    },
  )

  it('is computed when HEAD is not allowed', async () => {
    const { server, registry } = await aRegistryWorld()
    const digest = server.push(web.repository, '1.0.0')
    server.script({ matching: /^HEAD/, answer: (_, response) => response.writeHead(405).end() })
    expect(await registry.digest(web, '1.0.0')).toBe(digest)
  })

  it('of a schema 1 manifest cannot be told', async () => {
    const { server, registry } = await aRegistryWorld()
    const type = { 'content-type': 'application/vnd.docker.distribution.manifest.v1+prettyjws' }
    server.script(always(/manifests/, (response) => response.writeHead(200, type).end('{}')))
    await expect(registry.digest(web, '1.0.0')).rejects.toThrow(/schema 1/)
  })

  it('is not asked for on a signpost but where it points, without credentials', async () => {
    const { server, registry, targets } = await aRegistryWorld({ dockerConfig: basicAuths() })
    const digest = server.push('mirror/web', '1.0.0')
    const location = 'https://mirror.example.net/v2/mirror/web/manifests/1.0.0'
    server.script({ matching: /acme/, answer: (_, response) => response.writeHead(307, { location }).end() })
    expect(await registry.digest(web, '1.0.0')).toBe(digest)
    expect(targets).toEqual(['https://registry.example.com', 'https://mirror.example.net'])
  })

  it.each(['http://mirror.example.net/x', 'ftp://mirror.example.net/', 'https://', undefined])(
    'is not asked for at %s',
    async (location) => {
      const { server, registry, targets } = await aRegistryWorld()
      server.script({
        matching: /acme/,
        answer: (_, response) => response.writeHead(302, location === undefined ? {} : { location }).end(),
      })
      await expect(registry.digest(web, '1.0.0')).rejects.toMatchObject({
        code: 'RegistryInvalid',
      })
      expect(targets.every((one) => one.startsWith('https://registry.example.com'))).toBe(true)
    },
  )
})

describe('platforms', () => {
  const answering = async (manifest: string) => {
    const world = await aRegistryWorld()
    world.server.script(always(/manifests/, (response) => response.end(manifest)))
    return world
  }

  it('of a Docker manifest list', async () => {
    const { registry } = await answering(fixture('docker-manifest-list.json'))
    expect(await registry.platforms(web, '1.0.0')).toEqual([
      'linux/amd64',
      'linux/arm/v7',
      'linux/arm64/v8',
      'windows/amd64',
    ])
  })

  it('of an index with attestations', async () => {
    const { registry } = await answering(fixture('oci-index-with-attestations.json'))
    expect(await registry.platforms(web, '1.0.0')).toEqual(['linux/amd64', 'linux/arm64'])
  })

  it('of a Helm chart are none', async () => {
    const { registry, server } = await answering(fixture('helm-chart-manifest.json'))
    const config = fixture('helm-chart-config.json')
    server.script(always(/blobs/, (response) => response.end(config)))
    expect(await registry.platforms(web, '1.0.0')).toEqual([])
  })

  it('of an index that says nothing are none', async () => {
    const { registry } = await answering(`{"manifests":[{"digest":"sha256:x"},{"digest":"y","platform":null}]}`)
    expect(await registry.platforms(web, '1.0.0')).toEqual([])
  })

  const broken: [string, string][] = [
    ['that is no JSON', '<html>'],
    ['whose list is none', '{"manifests":{}}'],
    ['whose config digest leads elsewhere', '{"config":{"digest":"../../../../token"}}'],
    ['with a thousand and one images', JSON.stringify({ manifests: Array(1001).fill({ digest: 'x' }) })],
  ]
  it.each(broken)('of a manifest %s are refused', async (_, manifest) => {
    const { registry, server } = await answering(manifest)
    await expect(registry.platforms(web, '1.0.0')).rejects.toMatchObject({ code: 'RegistryInvalid' })
    expect(server.requests).toHaveLength(1)
  })

  it('of content with another digest than asked for are refused', async () => {
    const { registry } = await answering('{"manifests":[]}')
    await expect(registry.platforms(web, sha256('other'))).rejects.toThrow(/does not have the digest/)
  })

  it('of a config with another digest than the manifest says are refused', async () => {
    const { registry, server } = await answering(JSON.stringify({ config: { digest: sha256('other') } }))
    server.script(always(/blobs/, (response) => response.end('{"os":"linux","architecture":"amd64"}')))
    await expect(registry.platforms(web, '1.0.0')).rejects.toThrow(/does not have the digest/)
  })

  it('of a manifest without end are refused', async () => {
    const { registry, server } = await aRegistryWorld()
    server.script(
      always(/manifests/, (response) => response.writeHead(200, { 'content-length': 5 * 1024 * 1024 }).write('{')),
    )
    await expect(registry.platforms(web, '1.0.0')).rejects.toMatchObject({ code: 'TooLarge' })
  })
})

describe('the build date', () => {
  const rows: [what: string, created: unknown, date: string | undefined][] = [
    ['as written', '2026-03-01T12:00:00.123456789Z', '2026-03-01T12:00:00.123Z'],
    ['in another zone', '2026-03-01T12:00:00+02:00', '2026-03-01T10:00:00.000Z'],
    ['fixed by a reproducible build', '1970-01-01T00:00:00Z', undefined],
    ['fixed by a buildpack', '1980-01-01T00:00:01Z', undefined],
    ['of Go that was never set', '0001-01-01T00:00:00Z', undefined],
    ['that is none', 'yesterday', undefined],
    ['that is no text', 7, undefined],
    ['that is too long to be one', '2'.repeat(100), undefined],
  ]
  it.each(rows)('%s', async (_, created, date) => {
    const { server, registry } = await aRegistryWorld()
    const config = JSON.stringify({ os: 'linux', architecture: 'amd64', created })
    const manifest = JSON.stringify({ config: { digest: sha256(config) } })
    server.script(always(/manifests/, (response) => response.writeHead(200).end(manifest)))
    server.script(always(/blobs/, (response) => response.writeHead(200).end(config)))
    expect((await registry.builtAt(web, sha256(manifest)))?.toISOString()).toBe(date)
  })

  it('of an artifact without a config is not known', async () => {
    const { server, registry } = await aRegistryWorld()
    server.script(always(/manifests/, (response) => response.writeHead(200).end('{}')))
    expect(await registry.builtAt(web, sha256('{}'))).toBeUndefined()
  })
})

describe('the source of an image', () => {
  const told = {
    'org.opencontainers.image.source': 'https://github.com/acme/web',
    'org.opencontainers.image.revision': 'abcdef1',
  }
  const source = { repository: 'https://github.com/acme/web', revision: 'abcdef1' }

  it('costs no request for its config when an annotation tells', async () => {
    const { server, registry } = await aRegistryWorld()
    const digest = server.push(web.repository, '1.0.0', buildImage(['linux/amd64'], { annotations: told }))
    expect(await registry.source(web, digest)).toEqual(source)
    expect(server.requests).toEqual([`GET /v2/acme/web/manifests/${digest}`])
  })

  it('costs nothing when the build date and the platforms were read before', async () => {
    const { server, registry } = await aRegistryWorld()
    const digest = server.push(web.repository, '1.0.0', buildImage(['linux/amd64'], { labels: told }))
    await registry.builtAt(web, digest)
    await registry.platforms(web, digest)
    const asked = server.requests.length
    expect(await registry.source(web, digest)).toEqual(source)
    expect(server.requests).toHaveLength(asked)
  })

  it.each([
    ['labels that are no text', { config: { Labels: { ...told, 'org.opencontainers.image.revision': 7 } } }],
    ['labels that are a list', { config: { Labels: [told] } }],
    ['a config that is a text', { config: 'none' }],
  ])('is not known from %s', async (_, config) => {
    const { server, registry } = await aRegistryWorld()
    const text = JSON.stringify(config)
    const manifest = JSON.stringify({ config: { digest: sha256(text) }, annotations: 'none' })
    server.script(always(/manifests/, (response) => response.writeHead(200).end(manifest)))
    server.script(always(/blobs/, (response) => response.writeHead(200).end(text)))
    expect(await registry.source(web, sha256(manifest))).toBeUndefined()
  })

  it('is not known when its config is larger than any needs to be', async () => {
    const { server, registry } = await aRegistryWorld()
    const manifest = JSON.stringify({ config: { digest: sha256('large') } })
    server.script(always(/manifests/, (response) => response.writeHead(200).end(manifest)))
    server.script(always(/blobs/, (response) => response.writeHead(200).end(Buffer.alloc(4 * 1024 * 1024 + 1))))
    expect(await registry.source(web, sha256(manifest))).toBeUndefined()
  })
})
