import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ApiServer, startApiServer } from '../../../src/sandbox/kubernetes/api-server.ts'
import { aDeployment, type Call, callerOf, deployments, openWatch } from './api-caller.ts'

let server: ApiServer
let call: Call

beforeEach(async () => {
  server = await startApiServer({ watchWindow: 5 })
  call = callerOf(server)
})
afterEach(() => server.close())

const create = (name: string) => call('POST', deployments, aDeployment(name))
const scale = (name: string, replicas: number) =>
  call('PATCH', `${deployments}/${name}`, { spec: { replicas } }, 'application/merge-patch+json')
const versionOf = async () => String((await call('GET', deployments)).body.metadata?.resourceVersion)
const watching = (query: string) => openWatch(server, `${deployments}?watch=true&${query}`)

describe('lists', () => {
  it('come in order, with type on the list and none on built-in items', async () => {
    for (const name of ['b', 'a', 'c']) await create(name)
    const { body } = await call('GET', deployments)
    expect(body).toMatchObject({
      kind: 'DeploymentList',
      apiVersion: 'apps/v1',
      items: [{ metadata: { name: 'a' } }, { metadata: { name: 'b' } }, { metadata: { name: 'c' } }],
    })
    expect((body.items as object[])[0]).not.toHaveProperty('kind')
  })

  it('come in pages that all show the moment of the first one', async () => {
    for (const name of ['a', 'b', 'c']) await create(name)
    const first = await call('GET', `${deployments}?limit=2`)
    expect(first.body.metadata).toMatchObject({ remainingItemCount: 1 })
    await create('d')
    const second = await call('GET', `${deployments}?limit=2&continue=${first.body.metadata?.continue}`)
    expect(second.body.items).toMatchObject([{ metadata: { name: 'c' } }])
    expect(second.body.metadata).not.toHaveProperty('continue')
    expect(second.body.metadata?.resourceVersion).toBe(first.body.metadata?.resourceVersion)
  })

  it('refuse an expired continue token with 410', async () => {
    for (const name of ['a', 'b']) await create(name)
    const first = await call('GET', `${deployments}?limit=1`)
    server.expireWatches()
    const { status, body } = await call('GET', `${deployments}?limit=1&continue=${first.body.metadata?.continue}`)
    expect(status).toBe(410)
    expect(body).toMatchObject({ reason: 'Expired' })
  })

  it('refuse a version from the future with 504 and a time to retry', async () => {
    const { status, headers, body } = await call('GET', `${deployments}?resourceVersion=999999`)
    expect(status).toBe(504)
    expect(headers.get('retry-after')).toBe('1')
    expect(body).toMatchObject({ details: { causes: [{ reason: 'ResourceVersionTooLarge' }] } })
  })

  it.each([
    ['app=a', ['a']],
    ['app!=a', ['b', 'c']],
    ['app in (a,b)', ['a', 'b']],
    ['app notin (a,b),app', ['c']],
    ['!app', []],
  ])('select by label with %s', async (selector, names) => {
    for (const name of ['a', 'b', 'c']) await create(name)
    const { body } = await call('GET', `${deployments}?labelSelector=${encodeURIComponent(selector)}`)
    expect((body.items as { metadata: { name: string } }[]).map((one) => one.metadata.name)).toEqual(names)
  })

  it('select by field and give metadata only when asked', async () => {
    for (const name of ['a', 'b']) await create(name)
    const response = await fetch(`${server.url}${deployments}?fieldSelector=metadata.name%3Db`, {
      headers: {
        authorization: `Bearer ${server.adminToken}`,
        accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
      },
    })
    expect(await response.json()).toMatchObject({
      kind: 'PartialObjectMetadataList',
      items: [{ kind: 'PartialObjectMetadata', metadata: { name: 'b' } }],
    })
  })
})

describe('watches', () => {
  it('begin with the present state when no version is named', async () => {
    await create('a')
    const watch = await watching('')
    expect(await watch.next()).toMatchObject({ type: 'ADDED', object: { kind: 'Deployment', metadata: { name: 'a' } } })
    await create('b')
    expect(await watch.next()).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'b' } } })
    watch.stop()
  })

  it('resume after a version with all that was missed', async () => {
    await create('a')
    const version = await versionOf()
    await scale('a', 2)
    await call('DELETE', `${deployments}/a`)
    const watch = await watching(`resourceVersion=${version}`)
    expect(await watch.next()).toMatchObject({ type: 'MODIFIED', object: { spec: { replicas: 2 } } })
    expect(await watch.next()).toMatchObject({ type: 'DELETED', object: { metadata: { name: 'a' } } })
    watch.stop()
  })

  it('say 410 in the stream when the version is out of the window', async () => {
    await create('a')
    const version = await versionOf()
    for (let replicas = 2; replicas < 9; replicas += 1) await scale('a', replicas)
    const watch = await watching(`resourceVersion=${version}`)
    expect(watch.status).toBe(200)
    expect(await watch.rest()).toMatchObject([
      { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } },
    ])
  })

  it('refuse a version from the future with 504', async () => {
    expect((await watching('resourceVersion=999999')).status).toBe(504)
  })

  it('end with a bookmark of the newest version when their time is over', async () => {
    await create('a')
    const version = await versionOf()
    const watch = await watching(`resourceVersion=${version}&allowWatchBookmarks=true&timeoutSeconds=1`)
    await call('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: 'other' } })
    const [bookmark, ...rest] = await watch.rest()
    expect(rest).toEqual([])
    expect(bookmark).toMatchObject({ type: 'BOOKMARK', object: { kind: 'Deployment', apiVersion: 'apps/v1' } })
    expect(Number(bookmark?.object.metadata.resourceVersion)).toBeGreaterThan(Number(version))
  })

  it('stream a list and mark its end when initial events are asked for', async () => {
    for (const name of ['a', 'b']) await create(name)
    const watch = await watching('sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true')
    expect(await watch.next()).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'a' } } })
    expect(await watch.next()).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'b' } } })
    expect(await watch.next()).toMatchObject({
      type: 'BOOKMARK',
      object: { metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
    })
    watch.stop()
    expect((await watching('sendInitialEvents=true')).status).toBe(422)
  })

  it('tell ADDED and DELETED when an object enters or leaves the selection', async () => {
    await create('a')
    const version = await versionOf()
    const label = (tier: string | null) =>
      call('PATCH', `${deployments}/a`, { metadata: { labels: { tier } } }, 'application/merge-patch+json')
    await label('front')
    await label(null)
    const watch = await watching(`resourceVersion=${version}&labelSelector=tier%3Dfront`)
    expect([(await watch.next())?.type, (await watch.next())?.type]).toEqual(['ADDED', 'DELETED'])
    watch.stop()
  })

  it('end without a word when they are dropped, and with 410 when they are expired', async () => {
    const dropped = await watching('')
    server.dropWatches()
    expect(await dropped.rest()).toEqual([])
    const version = await versionOf()
    const expired = await watching('')
    server.expireWatches()
    expect(await expired.rest()).toMatchObject([{ type: 'ERROR', object: { code: 410 } }])
    const resumed = await watching(`resourceVersion=${version}`)
    expect(await resumed.rest()).toMatchObject([{ type: 'ERROR', object: { code: 410 } }])
    expect(server.openWatches()).toBe(0)
  })
})
