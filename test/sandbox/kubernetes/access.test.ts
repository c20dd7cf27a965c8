import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ApiServer, startApiServer } from '../../../src/sandbox/kubernetes/api-server.ts'
import { aDeployment, type Call, callerOf, deployments } from './api-caller.ts'

const rbac = '/apis/rbac.authorization.k8s.io/v1'
let server: ApiServer
let admin: Call
let robot: Call

beforeEach(async () => {
  server = await startApiServer({
    namespaces: ['team'],
    tokens: [
      { token: 'robot-token', user: 'system:serviceaccount:team:robot' },
      { token: 'jane-token', user: 'jane', groups: ['developers'] },
    ],
  })
  admin = callerOf(server)
  robot = callerOf(server, 'robot-token')
  await admin('POST', `${rbac}/clusterroles`, {
    metadata: { name: 'reader' },
    rules: [{ apiGroups: ['apps'], resources: ['deployments', 'deployments/status'], verbs: ['get', 'list', 'watch'] }],
  })
})
afterEach(() => server.close())

const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'reader' }
const robotSubject = { kind: 'ServiceAccount', name: 'robot', namespace: 'team' }

describe('authentication', () => {
  it('refuses callers that nobody knows', async () => {
    const { status, body } = await callerOf(server, 'wrong')('GET', deployments)
    expect(status).toBe(401)
    expect(body).toMatchObject({ kind: 'Status', reason: 'Unauthorized', code: 401 })
  })
})

describe('authorisation', () => {
  it('refuses with the sentence of Kubernetes', async () => {
    const { status, body } = await robot('POST', deployments, aDeployment('web'))
    expect(status).toBe(403)
    expect(body.message).toBe(
      'deployments.apps is forbidden: User "system:serviceaccount:team:robot" cannot create resource "deployments" in API group "apps" in the namespace "default"',
    )
  })

  it('follows a cluster role binding in every namespace', async () => {
    await admin('POST', `${rbac}/clusterrolebindings`, {
      metadata: { name: 'robot' },
      roleRef,
      subjects: [robotSubject],
    })
    expect((await robot('GET', '/apis/apps/v1/deployments')).status).toBe(200)
    expect((await robot('DELETE', `${deployments}/web`)).status).toBe(403)
  })

  it('follows a role binding in its own namespace only', async () => {
    const binding = { metadata: { name: 'robot' }, roleRef, subjects: [robotSubject] }
    await admin('POST', `${rbac}/namespaces/team/rolebindings`, binding)
    expect((await robot('GET', '/apis/apps/v1/namespaces/team/deployments')).status).toBe(200)
    expect((await robot('GET', deployments)).status).toBe(403)
    expect((await robot('GET', '/apis/apps/v1/deployments')).status).toBe(403)
  })

  it('narrows by resource name and by subresource', async () => {
    await admin('POST', `${rbac}/namespaces/team/roles`, {
      metadata: { name: 'one' },
      rules: [{ apiGroups: ['coordination.k8s.io'], resources: ['leases'], resourceNames: ['mine'], verbs: ['get'] }],
    })
    const binding = { metadata: { name: 'one' }, roleRef: { ...roleRef, kind: 'Role', name: 'one' } }
    await admin('POST', `${rbac}/namespaces/team/rolebindings`, {
      ...binding,
      subjects: [{ kind: 'Group', name: 'developers' }],
    })
    const jane = callerOf(server, 'jane-token')
    const leases = '/apis/coordination.k8s.io/v1/namespaces/team/leases'
    expect((await jane('GET', `${leases}/mine`)).status).toBe(404)
    expect((await jane('GET', `${leases}/other`)).status).toBe(403)
  })

  it('records every accepted write and no refused one', async () => {
    await robot('POST', deployments, aDeployment('web'))
    await admin('POST', deployments, aDeployment('web'))
    await admin('PATCH', `${deployments}/web/status`, { status: {} }, 'application/merge-patch+json')
    expect(server.audit.slice(1)).toEqual([
      { user: 'admin', verb: 'create', group: 'apps', resource: 'deployments', namespace: 'default', name: 'web' },
      {
        user: 'admin',
        verb: 'patch',
        group: 'apps',
        resource: 'deployments/status',
        namespace: 'default',
        name: 'web',
      },
    ])
  })
})

describe('reviews', () => {
  const reviews = '/apis/authorization.k8s.io/v1'

  it('tell who a token belongs to', async () => {
    const ask = (token: string) => admin('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token } })
    expect((await ask('jane-token')).body).toMatchObject({
      status: { authenticated: true, user: { username: 'jane', groups: ['developers', 'system:authenticated'] } },
    })
    const unknown = (await ask('wrong')).body
    expect(unknown).toMatchObject({ status: { error: '[invalid bearer token]' } })
    expect(unknown.status).not.toHaveProperty('authenticated')
  })

  it('tell what a user and what the caller may do', async () => {
    await admin('POST', `${rbac}/clusterrolebindings`, {
      metadata: { name: 'robot' },
      roleRef,
      subjects: [robotSubject],
    })
    const about = (verb: string) => ({
      resourceAttributes: { verb, group: 'apps', resource: 'deployments', namespace: 'team' },
    })
    const self = (verb: string) => robot('POST', `${reviews}/selfsubjectaccessreviews`, { spec: about(verb) })
    expect((await self('list')).body.status).toMatchObject({ allowed: true })
    expect((await self('patch')).body.status).toMatchObject({ allowed: false })
    const spec = { ...about('list'), user: 'jane', groups: ['developers'] }
    expect((await admin('POST', `${reviews}/subjectaccessreviews`, { spec })).body.status).toMatchObject({
      allowed: false,
    })
    expect((await robot('POST', `${reviews}/subjectaccessreviews`, { spec })).status).toBe(403)
  })
})
