import { createHash } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { listAt, textAt } from '../../../src/sandbox/json.ts'
import { type RegistryOptions, type SandboxRegistry, startRegistry } from '../../../src/sandbox/registry/registry.ts'

/** The JSON of an answer, unchecked. */
async function readJson(url: string, init?: RequestInit): Promise<unknown> {
  return (await fetch(url, init)).json()
}

const closers: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function aRegistry(options?: RegistryOptions): Promise<SandboxRegistry> {
  const registry = await startRegistry(options)
  closers.push(() => registry.close())
  return registry
}

interface Delivery {
  headers: Record<string, unknown>
  events: Record<string, unknown>[]
}

/** Answers with the given statuses in turn, then 200; `take` waits for the next delivery. */
async function aSink(...statuses: number[]): Promise<{ url: string; take(): Promise<Delivery> }> {
  const deliveries: Delivery[] = []
  const waiting: ((delivery: Delivery) => void)[] = []
  const server: Server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    const delivery = { headers: request.headers, events: JSON.parse(body).events }
    response.writeHead(statuses.shift() ?? 200).end()
    const next = waiting.shift()
    if (next === undefined) deliveries.push(delivery)
    else next(delivery)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    server.close()
    server.closeAllConnections()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhook/registry`,
    take: async () => deliveries.shift() ?? new Promise<Delivery>((resolve) => waiting.push(resolve)),
  }
}

const digest = (bytes: string) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

/** Pushes by the protocol: two blobs, then the manifest. */
async function pushByHttp(base: string, tag: string): Promise<Response> {
  const upload = async (bytes: string) => {
    const begun = await fetch(`${base}/v2/team/app/blobs/uploads/`, { method: 'POST' })
    expect(begun.status).toBe(202)
    const location = `${base}${begun.headers.get('location')}?digest=${digest(bytes)}`
    expect((await fetch(location, { method: 'PUT', body: bytes })).status).toBe(201)
    return { digest: digest(bytes), size: bytes.length }
  }
  const config = { mediaType: 'application/vnd.oci.image.config.v1+json', ...(await upload('{}')) }
  const layer = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', ...(await upload('layer')) }
  const mediaType = 'application/vnd.oci.image.manifest.v1+json'
  return fetch(`${base}/v2/team/app/manifests/${tag}`, {
    method: 'PUT',
    headers: { 'content-type': mediaType },
    body: JSON.stringify({ schemaVersion: 2, mediaType, config, layers: [layer] }),
  })
}

describe('the registry', () => {
  it('takes a push and gives the image back by tag and by digest', async () => {
    const { url } = await aRegistry()
    const pushed = await pushByHttp(url, '1.0.0')
    expect(pushed.status).toBe(201)
    const id = pushed.headers.get('docker-content-digest')
    const byTag = await fetch(`${url}/v2/team/app/manifests/1.0.0`)
    expect(byTag.headers.get('content-type')).toBe('application/vnd.oci.image.manifest.v1+json')
    expect(digest(await byTag.text())).toBe(id)
    const byDigest = await fetch(`${url}/v2/team/app/manifests/${id}`, { method: 'HEAD' })
    expect(byDigest.headers.get('docker-content-digest')).toBe(id)
    expect(await (await fetch(`${url}/v2/team/app/blobs/${digest('layer')}`)).text()).toBe('layer')
  })

  it.each([
    ['a manifest that is not there', '/v2/team/app/manifests/2.0.0', 404, 'MANIFEST_UNKNOWN'],
    ['tags of a repository that is not there', '/v2/team/none/tags/list', 404, 'NAME_UNKNOWN'],
    ['a blob that is not there', `/v2/team/app/blobs/${digest('x')}`, 404, 'BLOB_UNKNOWN'],
  ])('refuses %s with the error body of the specification', async (_case, path, status, code) => {
    const registry = await aRegistry()
    registry.push('team/app', '1.0.0')
    const answer = await fetch(registry.url + path)
    expect(answer.status).toBe(status)
    expect(await answer.json()).toMatchObject({ errors: [{ code }] })
  })

  it('refuses a manifest whose blobs are missing', async () => {
    const { url } = await aRegistry()
    const body = JSON.stringify({ config: { digest: digest('nothing') } })
    const answer = await fetch(`${url}/v2/team/app/manifests/1`, { method: 'PUT', body })
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ errors: [{ code: 'MANIFEST_BLOB_UNKNOWN' }] })
  })

  it('lists tags in pages that link to the next one', async () => {
    const registry = await aRegistry()
    for (const tag of ['1.0.0', '1.1.0', '1.2.0']) registry.push('acme/web', tag)
    const first = await fetch(`${registry.url}/v2/acme/web/tags/list?n=2`)
    expect(await first.json()).toEqual({ name: 'acme/web', tags: ['1.0.0', '1.1.0'] })
    const link = first.headers.get('link') ?? ''
    expect(link).toBe('</v2/acme/web/tags/list?last=1.1.0&n=2>; rel="next"')
    const second = await fetch(registry.url + link.slice(1, link.indexOf('>')))
    expect(await second.json()).toEqual({ name: 'acme/web', tags: ['1.2.0'] })
    expect(second.headers.get('link')).toBeNull()
  })

  it('builds an index for several platforms', async () => {
    const registry = await aRegistry()
    registry.push('acme/web', '1.0.0', { platforms: ['linux/amd64', 'linux/arm64/v8'], labels: { a: 'b' } })
    const index = await readJson(`${registry.url}/v2/acme/web/manifests/1.0.0`)
    expect(index).toMatchObject({
      manifests: [
        { platform: { os: 'linux', architecture: 'amd64' } },
        { platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
      ],
    })
    const arm = textAt(listAt(index, 'manifests')[1], 'digest')
    const manifest = await readJson(`${registry.url}/v2/acme/web/manifests/${arm}`)
    const config = await readJson(`${registry.url}/v2/acme/web/blobs/${textAt(manifest, 'config', 'digest')}`)
    expect(config).toMatchObject({ architecture: 'arm64', config: { Labels: { a: 'b' } } })
  })

  it('demands a token for the scope when it has credentials', async () => {
    const registry = await aRegistry({ credentials: { username: 'ada', password: 'secret' } })
    registry.push('acme/web', '1.0.0')
    const refused = await fetch(`${registry.url}/v2/acme/web/tags/list`)
    expect(refused.status).toBe(401)
    expect(refused.headers.get('www-authenticate')).toBe(
      `Bearer realm="${registry.url}/token",service="sandbox-registry",scope="repository:acme/web:pull"`,
    )
    const basic = (password: string) => ({
      authorization: `Basic ${Buffer.from(`ada:${password}`).toString('base64')}`,
    })
    const ask = (password: string) =>
      fetch(`${registry.url}/token?service=sandbox-registry&scope=repository:acme/web:pull`, {
        headers: basic(password),
      })
    expect((await ask('wrong')).status).toBe(401)
    const token = textAt(await (await ask('secret')).json(), 'token')
    const withToken = { headers: { authorization: `Bearer ${token}` } }
    expect((await fetch(`${registry.url}/v2/acme/web/tags/list`, withToken)).status).toBe(200)
    expect((await fetch(`${registry.url}/v2/acme/other/tags/list`, withToken)).status).toBe(401)
  })

  it('fails as often as it is told to', async () => {
    const registry = await aRegistry()
    registry.fail({ status: 429, retryAfter: 7, times: 1 })
    const throttled = await fetch(`${registry.url}/v2/`)
    expect([throttled.status, throttled.headers.get('retry-after')]).toEqual([429, '7'])
    expect((await fetch(`${registry.url}/v2/`)).status).toBe(200)
  })
})

describe('notifications', () => {
  it('have the shape of the distribution registry and the headers of the endpoint', async () => {
    const registry = await aRegistry()
    const sink = await aSink()
    registry.notify(sink.url, { authorization: 'Bearer test-token' })
    await pushByHttp(registry.url, '1.0.0')
    const { headers, events } = await sink.take()
    expect(headers).toMatchObject({
      'content-type': 'application/vnd.docker.distribution.events.v1+json',
      authorization: 'Bearer test-token',
    })
    expect(events).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/),
        action: 'push',
        target: {
          mediaType: 'application/vnd.oci.image.manifest.v1+json',
          size: expect.any(Number),
          digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
          length: expect.any(Number),
          repository: 'team/app',
          url: expect.stringContaining('/v2/team/app/manifests/sha256:'),
          tag: '1.0.0',
          references: [
            { mediaType: 'application/vnd.oci.image.config.v1+json', size: 2, digest: digest('{}') },
            { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', size: 5, digest: digest('layer') },
          ],
        },
        request: expect.objectContaining({ method: 'PUT', host: registry.host }),
        actor: {},
        source: expect.objectContaining({ instanceID: expect.any(String) }),
      },
    ])
  })

  it('come again with the same id until they are accepted, before any later one', async () => {
    const registry = await aRegistry({ notificationBackoffMs: 5 })
    const sink = await aSink(500, 503)
    registry.notify(sink.url)
    registry.push('acme/web', '1.0.0')
    registry.push('acme/web', '1.1.0')
    const deliveries = [await sink.take(), await sink.take(), await sink.take(), await sink.take()]
    const [first, second, third, last] = deliveries.map(({ events }) => events[0])
    expect([second?.id, third?.id]).toEqual([first?.id, first?.id])
    expect(last).toMatchObject({ target: { tag: '1.1.0' } })
  })

  it('tell a delete by digest twice: for the manifest and for its tag', async () => {
    const registry = await aRegistry()
    const id = registry.push('acme/web', '1.0.0')
    const sink = await aSink()
    registry.notify(sink.url)
    expect((await fetch(`${registry.url}/v2/acme/web/manifests/${id}`, { method: 'DELETE' })).status).toBe(202)
    expect((await sink.take()).events[0]).toMatchObject({
      action: 'delete',
      target: { digest: id, repository: 'acme/web' },
    })
    expect((await sink.take()).events[0]).toMatchObject({
      action: 'delete',
      target: { tag: '1.0.0', repository: 'acme/web' },
    })
  })
})
