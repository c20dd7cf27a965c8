import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { UpdateRequestStatus } from '../../../src/api/update-request.ts'
import { readWorkload } from '../../../src/core/workload/workload.ts'
import { deployment, template } from '../../core/workload/sample.ts'
import { aRequest, startApi } from './api-world.ts'

const commit = 'c'.repeat(40)
const live = (name: string, image: string, namespace = 'prod') =>
  readWorkload(deployment({ metadata: { name, namespace, uid: name }, spec: { template: template(image) } }))
const workloads = [live('web', 'web:2'), live('api', 'api:1'), live('web', 'web:2', 'pay')]
const delivered: UpdateRequestStatus = { phase: 'Completed', commit, approvedBy: 'alice' }
const at = (name: string, minute: number, namespaces = ['prod'], status?: UpdateRequestStatus) => {
  const request = aRequest(name, namespaces, status)
  return { ...request, metadata: { ...request.metadata, creationTimestamp: `2026-03-01T10:0${minute}:00Z` } }
}
const requests = [
  at('api', 1),
  at('web', 2, ['prod'], delivered),
  at('shared', 3, ['pay', 'prod'], delivered),
  at('claim', 4, ['pay', 'prod']),
]

let world: Awaited<ReturnType<typeof startApi>>
beforeEach(async () => {
  world = await startApi(requests, { backend: { workloads: () => workloads } })
})
afterEach(() => world.close())

const list = async (path: string) => {
  const { status, body } = await world.call('GET', path)
  return { status, body, names: (body.items ?? []).map((one: { name?: string; to?: string }) => one.name ?? one.to) }
}

describe('the workloads', () => {
  const rows: [what: string, query: string, names: string[]][] = [
    ['of a namespace, by name', 'namespace=prod', ['api', 'web']],
    ['one of them', 'namespace=prod&kind=Deployment&name=web', ['web']],
    ['of another kind', 'namespace=prod&kind=DaemonSet', []],
    ['that run an image', 'namespace=prod&image=docker.io/library/web:2', ['web']],
    ['in a phase', 'namespace=prod&phase=unknown', ['api', 'web']],
    ['in another phase', 'namespace=prod&phase=failed', []],
  ]
  test.each(rows)('%s', async (_, query, names) => {
    expect(await list(`/api/v1/workloads?${query}`)).toMatchObject({ status: 200, names })
  })

  const refused: [what: string, query: string, status: number][] = [
    ['everywhere, with a right in one namespace', '', 403],
    ['of another namespace', 'namespace=pay', 403],
    ['of a kind that is none', 'namespace=prod&kind=Pod', 400],
    ['in a phase that is none', 'namespace=prod&phase=done', 400],
    ['without a limit', 'namespace=prod&limit=0', 400],
  ]
  test.each(refused)('not those %s', async (_, query, status) => {
    expect((await world.call('GET', `/api/v1/workloads?${query}`)).status).toBe(status)
  })

  test('come page by page, each once', async () => {
    world.review.allow('alice', 'get', 'updaterequests', '*')
    const first = await list('/api/v1/workloads?limit=2')
    const second = await list(`/api/v1/workloads?limit=2&continue=${first.body.continue}`)
    expect(
      first.body.items
        .concat(second.body.items)
        .map((one: { namespace: string; name: string }) => `${one.namespace}/${one.name}`),
    ).toEqual(['pay/web', 'prod/api', 'prod/web'])
    expect(second.body.continue).toBeUndefined()
  })

  test('tell what waits, but nothing that only somebody elsewhere claims', async () => {
    const { body } = await list('/api/v1/workloads?namespace=prod&name=api')
    expect(body.items[0].waiting.map((one: { to: string }) => one.to)).toEqual(['api:2'])
  })

  test('come only when all of them are known', async () => {
    world.state.synced = false
    expect((await list('/api/v1/workloads?namespace=prod')).status).toBe(503)
  })
})

describe('the history', () => {
  const rows: [what: string, query: string, to: string[]][] = [
    ['of a namespace is newest first, without claims from elsewhere', 'namespace=prod', ['shared:2', 'web:2', 'api:2']],
    ['of a workload', 'namespace=prod&kind=Deployment&name=web', ['web:2']],
    ['of a commit', `namespace=prod&commit=${commit}`, ['shared:2', 'web:2']],
    ['of an image', 'namespace=prod&image=web:2', ['web:2']],
    ['of an image by its digest', `namespace=prod&image=web:2@sha256:${'a'.repeat(64)}`, ['web:2']],
    ['of an image with another digest', `namespace=prod&image=web:2@sha256:${'b'.repeat(64)}`, []],
    ['with a limit', 'namespace=prod&limit=1', ['shared:2']],
  ]
  test.each(rows)('%s', async (_, query, names) => {
    expect(await list(`/api/v1/history?${query}`)).toMatchObject({ status: 200, names })
  })

  test('goes on where a page ended', async () => {
    const first = await list('/api/v1/history?namespace=prod&limit=1')
    const rest = await list(`/api/v1/history?namespace=prod&continue=${first.body.continue}`)
    expect(rest.names).toEqual(['web:2', 'api:2'])
  })

  test('says who approved what, and names no workload of other namespaces', async () => {
    const { body } = await list('/api/v1/history?namespace=prod&image=shared:2')
    expect(body.items).toEqual([
      expect.objectContaining({
        ...{ from: 'shared:1', to: 'shared:2', phase: 'Completed', approvedBy: 'alice', commit },
        workloads: [{ workload: 'Deployment/prod/shared' }],
      }),
    ])
  })

  const refused: [what: string, query: string, status: number][] = [
    ['everywhere, with a right in one namespace', '', 403],
    ['of another namespace', 'namespace=pay', 403],
    ['of a workload without its kind', 'namespace=prod&name=web', 400],
    ['of a workload anywhere', 'kind=Deployment&name=web', 403],
    ['of half a commit', 'namespace=prod&commit=abc', 400],
  ]
  test.each(refused)('not that %s', async (_, query, status) => {
    expect((await world.call('GET', `/api/v1/history?${query}`)).status).toBe(status)
  })

  test('comes only when all of it is known', async () => {
    world.state.synced = false
    expect((await list('/api/v1/history?namespace=prod')).status).toBe(503)
  })
})
