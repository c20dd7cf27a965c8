import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createAccessReview } from '../../src/adapters/kubernetes/access-review.ts'
import { resources } from '../../src/api/kubernetes.ts'
import { writeKubeconfig } from '../../src/sandbox/kubeconfig.ts'
import { startApiServer } from '../../src/sandbox/kubernetes/api-server.ts'
import { createFakeAccessReview } from '../fakes/access-review.ts'
import { describeAccessReview, type ReviewWorld } from './access-review.suite.ts'
import { approverRole } from './access-review-role.ts'
import { openAdapter } from './cluster-adapter.ts'

const approver = {
  name: 'system:serviceaccount:shop:approver',
  groups: ['system:serviceaccounts', 'system:serviceaccounts:shop', 'system:authenticated'],
}

describeAccessReview('fake reviews', async () => {
  const review = createFakeAccessReview()
  const forFairlead = createFakeAccessReview()
  review.know('token', approver)
  review.allow(approver.name, 'update', 'updaterequests/approve', 'shop')
  review.allow('group:system:masters', 'update', 'updaterequests/approve', '*')
  return {
    review,
    token: 'token',
    expire: async () => review.forget('token'),
    reviewFor: () => forFairlead,
    async tokenFor() {
      forFairlead.know('other', approver)
      return 'other'
    },
    close: async () => undefined,
  }
})

describeAccessReview('adapter on the sandbox API', async (): Promise<ReviewWorld> => {
  const server = await startApiServer({ namespaces: ['shop', 'pay'] })
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-review-'))
  const kubeconfig = join(folder, 'config')
  await writeKubeconfig(kubeconfig, { server: server.url, token: server.adminToken, user: 'admin' })
  const { client, connection } = openAdapter(kubeconfig)
  for (const object of approverRole('shop')) {
    const plural = `${object.kind.toLowerCase()}s`
    await client.request('POST', `/apis/rbac.authorization.k8s.io/v1/namespaces/shop/${plural}`, { body: object })
  }
  server.access.addToken('token', approver)
  return {
    review: createAccessReview(client, { audiences: [] }),
    token: 'token',
    expire: async () => server.access.removeToken('token'),
    reviewFor: (audience) => createAccessReview(client, { audiences: [audience] }),
    async tokenFor(audience) {
      server.access.addToken('other', approver, [audience])
      return 'other'
    },
    async close() {
      connection.close()
      await server.close()
      await rm(folder, { recursive: true })
    },
  }
})

describe('an answer of the API server that is not as it should be', () => {
  const adapterThatHears = (answer: unknown, audiences: string[] = []) =>
    createAccessReview(
      { request: async () => answer, stream: () => Promise.reject(new Error('nothing is streamed')) },
      { audiences },
    )
  const question = { verb: 'get', resource: resources.updateRequest, namespace: 'shop' }
  const somebody = { name: 'alice', uid: '', groups: [], extra: {} }

  test('is no "yes": authenticated must be true', async () => {
    for (const status of [
      undefined,
      {},
      { authenticated: 'true', user: { username: 'a' } },
      { user: { username: 'a' } },
    ])
      expect(await adapterThatHears({ status }).identify('t')).toBeUndefined()
  })

  test('is no "yes" for an audience that the authenticator did not look at', async () => {
    const status = { authenticated: true, user: { username: 'alice' } }
    expect(await adapterThatHears({ status }, ['fairlead']).identify('t')).toBeUndefined()
    expect(await adapterThatHears({ status }).identify('t')).toMatchObject({ name: 'alice' })
  })

  test('names nobody: then it is an error, not an empty name', async () => {
    const status = { authenticated: true, user: {} }
    await expect(adapterThatHears({ status }).identify('t')).rejects.toMatchObject({ code: 'ApiUnavailable' })
  })

  test('is no right: allowed must be true, and denied must not', async () => {
    for (const status of [undefined, {}, { allowed: 'true' }, { allowed: true, denied: true }])
      expect(await adapterThatHears({ status }).may(somebody, question)).toBe(false)
  })
})
