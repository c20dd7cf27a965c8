import type { ServerResponse } from 'node:http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createCluster } from '../../../src/adapters/kubernetes/cluster.ts'
import { createOwnObjects } from '../../../src/adapters/kubernetes/own-object.ts'
import { resources } from '../../../src/api/kubernetes.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { deployment } from '../../contract/cluster.suite.ts'
import { type FakeApiServer, sendStatus, startApiServer } from '../../fakes/api-server.ts'
import { silentLog } from '../../fakes/silent-log.ts'
import { connect } from './follow-fixture.ts'

let server: FakeApiServer
let connected: Awaited<ReturnType<typeof connect>>
beforeEach(async () => {
  server = await startApiServer([resources.deployment])
  connected = await connect(server.url)
})
afterEach(async () => {
  await connected.close()
  await server.close()
})

const cluster = () => createCluster({ client: connected.client, clock: systemClock, log: silentLog })
const answer = (how: (response: ServerResponse) => void) =>
  server.once(
    () => true,
    (_, response) => how(response),
  )

describe('an answer of the API server that is no success', () => {
  const rows: [number, object, string, object][] = [
    [400, {}, 'ApiInvalid', {}],
    [401, {}, 'ApiUnauthorized', {}],
    [403, { message: 'forbidden: User "bot"' }, 'ApiForbidden', {}],
    [409, {}, 'ApiConflict', {}],
    [410, {}, 'ApiExpired', {}],
    [413, {}, 'TooLarge', {}],
    [429, { headers: { 'retry-after': '7' } }, 'ApiUnavailable', { retryAfterMs: 7_000 }],
    [503, { details: { retryAfterSeconds: 3 } }, 'ApiUnavailable', { retryAfterMs: 3_000 }],
    [500, {}, 'ApiUnavailable', { retryAfterMs: undefined }],
    [302, {}, 'ApiUnavailable', {}],
  ]
  for (const [status, details, code, facts] of rows) {
    it(`${status} becomes ${code}`, async () => {
      // a 401 is asked twice
      for (let times = 0; times < 2; times++) answer((response) => sendStatus(response, status, 'Reason', details))
      const get = cluster().get(resources.deployment, 'shop', 'web')
      await expect(get).rejects.toMatchObject({ code, ...facts })
    })
  }

  it('names verb, resource and object', async () => {
    answer((response) => sendStatus(response, 403, 'Forbidden'))
    await expect(cluster().get(resources.deployment, 'shop', 'web')).rejects.toThrow(
      /refused to get deployments\.apps shop\/web: Forbidden; add this verb/,
    )
  })

  it('gives the causes of a 422 as evidence', async () => {
    const causes = [{ field: 'spec.reason', message: 'Too long\u001b[31m: may not be more than 64 bytes' }]
    answer((response) => sendStatus(response, 422, 'Invalid', { details: { causes } }))
    const create = createOwnObjects(connected.client).create(resources.deployment, deployment('shop', 'web', 1))
    await expect(create).rejects.toMatchObject({
      code: 'ApiInvalid',
      evidence: ['spec.reason: Too long [31m: may not be more than 64 bytes'],
    })
  })

  it('is understood without a Status, too', async () => {
    answer((response) => response.writeHead(502).end('<html>Bad Gateway</html>'))
    const get = cluster().get(resources.deployment, 'shop', 'web')
    await expect(get).rejects.toMatchObject({ code: 'ApiUnavailable', message: expect.stringContaining('HTTP 502') })
  })
})

describe('a call', () => {
  it('ends after its time', async () => {
    answer(() => undefined)
    const request = connected.client.request('GET', '/version', { timeoutMs: 30 })
    await expect(request).rejects.toMatchObject({ code: 'Timeout', message: expect.stringContaining('GET /version') })
  })

  it('ends after its time when the body stops in the middle', async () => {
    answer((response) => response.write('{"half":'))
    await expect(connected.client.request('GET', '/version', { timeoutMs: 30 })).rejects.toMatchObject({
      code: 'Timeout',
    })
  })

  it('ends with its signal, before and during', async () => {
    const stopped = connected.client.request('GET', '/version', { signal: AbortSignal.abort() })
    await expect(stopped).rejects.toMatchObject({ code: 'Aborted' })
    const stop = new AbortController()
    answer(() => stop.abort())
    const running = connected.client.request('GET', '/version', { signal: stop.signal })
    await expect(running).rejects.toMatchObject({ code: 'Aborted' })
  })

  it('refuses an answer that is too large', async () => {
    answer((response) => response.end(JSON.stringify('x'.repeat(2_000))))
    const request = connected.client.request('GET', '/version', { maxBytes: 1_000 })
    await expect(request).rejects.toMatchObject({ code: 'TooLarge' })
  })

  it('refuses an answer that is not JSON or no object', async () => {
    answer((response) => response.end('<html>'))
    await expect(cluster().get(resources.deployment, 'shop', 'web')).rejects.toMatchObject({ code: 'ApiUnavailable' })
    answer((response) => response.end('[]'))
    await expect(cluster().get(resources.deployment, 'shop', 'web')).rejects.toMatchObject({ code: 'ApiUnavailable' })
  })

  it('says who asks', async () => {
    await cluster().get(resources.deployment, 'shop', 'web')
    expect(server.requests[0]?.headers).toMatchObject({ 'user-agent': 'fairlead/test', accept: 'application/json' })
  })

  it('cannot leave its path by a name', async () => {
    await cluster().get(resources.deployment, 'shop', '../../secrets?x=')
    expect(server.requests[0]?.path).toBe('/apis/apps/v1/namespaces/shop/deployments/..%2F..%2Fsecrets%3Fx%3D')
  })
})

describe('discovery', () => {
  it('takes the preferred version of a group that serves several', async () => {
    const kind = {
      group: 'kustomize.toolkit.fluxcd.io',
      plural: 'kustomizations',
      kind: 'Kustomization',
      namespaced: true,
    }
    server.objects.install({ ...kind, version: 'v2' })
    expect(await cluster().discover({ ...kind, version: 'v1' })).toEqual({ ...kind, version: 'v2' })
  })

  it('finds kinds of the core group', async () => {
    const pod = { group: '', version: 'v1', plural: 'pods', kind: 'Pod', namespaced: true }
    server.objects.install(pod)
    expect(await cluster().discover(pod)).toEqual(pod)
  })

  it('fails when the API server does not answer: that is not "not installed"', async () => {
    answer((response) => sendStatus(response, 503, 'ServiceUnavailable'))
    await expect(cluster().discover(resources.deployment)).rejects.toMatchObject({ code: 'ApiUnavailable' })
  })
})

describe('access review', () => {
  it('asks for verb, group, resource and namespace', async () => {
    server.allow = (verb) => verb === 'get'
    expect(await cluster().may('get', resources.deployment, 'shop')).toBe(true)
    expect(await cluster().may('patch', resources.deployment)).toBe(false)
    const asked = server.requests.map(({ body }) => JSON.parse(body).spec.resourceAttributes)
    expect(asked).toEqual([
      { verb: 'get', group: 'apps', resource: 'deployments', namespace: 'shop' },
      { verb: 'patch', group: 'apps', resource: 'deployments' },
    ])
  })
})
