import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ApiServer, startApiServer } from '../../../src/sandbox/kubernetes/api-server.ts'
import { aDeployment, type Call, callerOf, deployments } from './api-caller.ts'

let server: ApiServer
let call: Call

beforeEach(async () => {
  server = await startApiServer()
  call = callerOf(server)
})
afterEach(() => server.close())

const widgets = '/apis/example.com/v1/namespaces/default/widgets'

async function defineWidgets(): Promise<void> {
  const schema = {
    type: 'object',
    properties: {
      spec: {
        type: 'object',
        required: ['size'],
        properties: {
          size: { type: 'integer' },
          color: { type: 'string', enum: ['red', 'blue'], default: 'red' },
        },
      },
      status: { type: 'object', properties: { phase: { type: 'string' } } },
    },
  }
  await call('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { kind: 'Widget', plural: 'widgets', singular: 'widget' },
      versions: [
        { name: 'v1', served: true, storage: true, subresources: { status: {} }, schema: { openAPIV3Schema: schema } },
      ],
    },
  })
}

const aWidget = (spec: object) => ({ apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'one' }, spec })

describe('objects', () => {
  it('get an identity and the defaults of the API server when they are created', async () => {
    const { status, body } = await call('POST', deployments, { ...aDeployment('web'), status: { replicas: 9 } })
    expect(status).toBe(201)
    expect(body).toMatchObject({
      metadata: { namespace: 'default', generation: 1, uid: expect.stringMatching(/^[0-9a-f-]{36}$/) },
      spec: {
        replicas: 1,
        revisionHistoryLimit: 10,
        progressDeadlineSeconds: 600,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
        template: { spec: { containers: [{ imagePullPolicy: 'IfNotPresent' }] } },
      },
    })
    expect(body).not.toHaveProperty('status')
  })

  it('count a generation only when the spec changes', async () => {
    await call('POST', deployments, aDeployment('web'))
    const merge = (patch: object) => call('PATCH', `${deployments}/web`, patch, 'application/merge-patch+json')
    expect((await merge({ metadata: { annotations: { note: 'x' } } })).body.metadata).toMatchObject({ generation: 1 })
    expect((await merge({ spec: { replicas: 3 } })).body.metadata).toMatchObject({ generation: 2 })
    const again = await merge({ spec: { replicas: 3 } })
    expect(again.body.metadata).toMatchObject({ generation: 2 })
  })

  it('keep their version when a write changes nothing', async () => {
    const made = await call('POST', deployments, aDeployment('web'))
    const same = await call('PUT', `${deployments}/web`, made.body)
    expect(same.body.metadata?.resourceVersion).toBe(made.body.metadata?.resourceVersion)
  })

  it('refuse a write that was made from an older version', async () => {
    const made = await call('POST', deployments, aDeployment('web'))
    await call('PATCH', `${deployments}/web`, { spec: { replicas: 2 } }, 'application/merge-patch+json')
    const { status, body } = await call('PUT', `${deployments}/web`, made.body)
    expect(status).toBe(409)
    expect(body).toMatchObject({
      kind: 'Status',
      reason: 'Conflict',
      code: 409,
      message:
        'Operation cannot be fulfilled on deployments.apps "web": the object has been modified; please apply your changes to the latest version and try again',
    })
  })

  it('separate status from everything else', async () => {
    await call('POST', deployments, aDeployment('web'))
    const status = { observedGeneration: 1, replicas: 1 }
    await call('PATCH', `${deployments}/web/status`, { status, spec: { replicas: 7 } }, 'application/merge-patch+json')
    const patch = { status: { replicas: 5 }, metadata: { labels: { x: 'y' } } }
    const { body } = await call('PATCH', `${deployments}/web`, patch, 'application/merge-patch+json')
    expect(body).toMatchObject({ status, spec: { replicas: 1 }, metadata: { generation: 1, labels: { x: 'y' } } })
  })

  it('answer with the words of Kubernetes when they are missing, taken or in no namespace', async () => {
    const missing = await call('GET', `${deployments}/web`)
    expect(missing.body).toMatchObject({ code: 404, reason: 'NotFound', message: 'deployments.apps "web" not found' })
    await call('POST', deployments, aDeployment('web'))
    const taken = await call('POST', deployments, aDeployment('web'))
    expect(taken.body).toMatchObject({
      code: 409,
      reason: 'AlreadyExists',
      message: 'deployments.apps "web" already exists',
    })
    const nowhere = await call('POST', '/apis/apps/v1/namespaces/gone/deployments', aDeployment('web'))
    expect(nowhere.body).toMatchObject({ code: 404, message: 'namespaces "gone" not found' })
  })

  it('wait for their finalizers before they go, and take what they own along', async () => {
    const owner = await call('POST', deployments, {
      ...aDeployment('web'),
      metadata: { name: 'web', finalizers: ['example.com/guard'] },
    })
    const reference = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: owner.body.metadata?.uid }
    await call('POST', '/api/v1/namespaces/default/configmaps', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'owned', ownerReferences: [reference] },
    })
    await call('DELETE', `${deployments}/web`)
    const waiting = await call('GET', `${deployments}/web`)
    expect(waiting.body.metadata).toHaveProperty('deletionTimestamp')
    await call('PATCH', `${deployments}/web`, { metadata: { finalizers: null } }, 'application/merge-patch+json')
    expect((await call('GET', `${deployments}/web`)).status).toBe(404)
    expect((await call('GET', '/api/v1/namespaces/default/configmaps/owned')).status).toBe(404)
  })

  it('are only checked by a dry run', async () => {
    const { status } = await call('POST', `${deployments}?dryRun=All`, aDeployment('web'))
    expect(status).toBe(201)
    expect((await call('GET', `${deployments}/web`)).status).toBe(404)
    expect(server.audit).toEqual([])
  })
})

describe('patches', () => {
  beforeEach(() => call('POST', deployments, aDeployment('web')))

  it('of JSON test, replace and remove, or fail as a whole', async () => {
    const path = '/spec/template/spec/containers/0/image'
    const fits = await call(
      'PATCH',
      `${deployments}/web`,
      [
        { op: 'test', path, value: 'acme/web:1.0.0' },
        { op: 'replace', path, value: 'acme/web:1.1.0' },
      ],
      'application/json-patch+json',
    )
    expect(fits.body).toMatchObject({ spec: { template: { spec: { containers: [{ image: 'acme/web:1.1.0' }] } } } })
    const stale = [{ op: 'test', path, value: 'acme/web:1.0.0' }]
    expect((await call('PATCH', `${deployments}/web`, stale, 'application/json-patch+json')).status).toBe(422)
  })

  it('of the strategic kind merge containers by name', async () => {
    const containers = [{ name: 'sidecar', image: 'acme/side:1' }]
    const patch = { spec: { template: { spec: { containers } } } }
    const { body } = await call('PATCH', `${deployments}/web`, patch, 'application/strategic-merge-patch+json')
    expect(body).toMatchObject({ spec: { template: { spec: { containers: [{ name: 'web' }, { name: 'sidecar' }] } } } })
  })

  it('by server-side apply create, and remove what the same manager leaves out later', async () => {
    const apply = (object: object) =>
      call('PATCH', `${deployments}/api?fieldManager=me&force=true`, object, 'application/apply-patch+yaml')
    const labelled = { ...aDeployment('api'), metadata: { name: 'api', labels: { a: '1', b: '2' } } }
    expect((await apply(labelled)).status).toBe(201)
    await call('PATCH', `${deployments}/api`, { metadata: { labels: { c: '3' } } }, 'application/merge-patch+json')
    const { status, body } = await apply({ ...labelled, metadata: { name: 'api', labels: { a: '1' } } })
    expect(status).toBe(200)
    expect(body.metadata?.labels).toEqual({ a: '1', c: '3' })
  })

  it('with prototype keys change no prototype', async () => {
    const patch = JSON.parse('{"metadata":{"labels":{"__proto__":{"polluted":"yes"}}}}')
    await call('PATCH', `${deployments}/web`, patch, 'application/merge-patch+json')
    expect({}).not.toHaveProperty('polluted')
  })
})

describe('custom kinds', () => {
  beforeEach(defineWidgets)

  it('are served as soon as they are defined, with defaults and without unknown fields', async () => {
    const { body } = await call('POST', widgets, aWidget({ size: 1, unknown: true }))
    expect(body.spec).toEqual({ size: 1, color: 'red' })
    expect((await call('GET', '/apis/example.com/v1')).body).toMatchObject({
      resources: [{ name: 'widgets' }, { name: 'widgets/status' }],
    })
  })

  it.each([
    ['without a required field', { color: 'red' }, 'spec.size: Required value'],
    ['with a value outside the enum', { size: 1, color: 'green' }, 'spec.color: Unsupported value: "green"'],
    ['with a value of another type', { size: 'big' }, 'spec.size: Invalid value: "big": must be of type integer'],
  ])('are refused %s', async (_case, spec, message) => {
    const { status, body } = await call('POST', widgets, aWidget(spec))
    expect(status).toBe(422)
    expect(body.message).toContain(message)
  })

  it('must be updated with a resource version', async () => {
    await call('POST', widgets, aWidget({ size: 1 }))
    const { status, body } = await call('PUT', `${widgets}/one`, aWidget({ size: 2 }))
    expect(status).toBe(422)
    expect(body.message).toContain('metadata.resourceVersion: Invalid value: 0x0: must be specified for an update')
  })

  it('separate status from spec', async () => {
    const made = await call('POST', widgets, { ...aWidget({ size: 1 }), status: { phase: 'Done' } })
    expect(made.body).not.toHaveProperty('status')
    const { body } = await call('PUT', `${widgets}/one/status`, {
      ...made.body,
      spec: { size: 9 },
      status: { phase: 'Done' },
    })
    expect(body).toMatchObject({ spec: { size: 1 }, status: { phase: 'Done' }, metadata: { generation: 1 } })
  })

  it('go with their definition', async () => {
    await call('POST', widgets, aWidget({ size: 1 }))
    await call('DELETE', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.com')
    expect((await call('GET', widgets)).status).toBe(404)
  })
})

describe('discovery', () => {
  it('lists groups, kinds and the version', async () => {
    expect((await call('GET', '/apis')).body).toMatchObject({ kind: 'APIGroupList' })
    expect((await call('GET', '/api')).body).toMatchObject({ versions: ['v1'] })
    expect((await call('GET', '/apis/apps/v1')).body.resources).toContainEqual(
      expect.objectContaining({ name: 'deployments', namespaced: true, shortNames: ['deploy'] }),
    )
    expect((await call('GET', '/apis/none.example.com/v1')).status).toBe(404)
    expect((await call('GET', '/apis/apps/v1/nothings')).body).toMatchObject({ kind: 'Status', code: 404 })
    const version = await fetch(`${server.url}/version`)
    expect(await version.json()).toMatchObject({ gitVersion: 'v1.33.1' })
    expect(await (await fetch(`${server.url}/readyz`)).text()).toBe('ok')
  })
})

describe('faults', () => {
  it('answer the next matching requests only', async () => {
    server.fail({ status: 429, retryAfter: 3, times: 2, matches: ({ resource }) => resource === 'deployments' })
    expect((await call('GET', '/api/v1/namespaces')).status).toBe(200)
    const throttled = await call('GET', deployments)
    expect(throttled.status).toBe(429)
    expect(throttled.headers.get('retry-after')).toBe('3')
    expect(throttled.body).toMatchObject({ reason: 'TooManyRequests', details: { retryAfterSeconds: 3 } })
    expect((await call('GET', deployments)).status).toBe(429)
    expect((await call('GET', deployments)).status).toBe(200)
  })
})
