import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * An API server's Deployments endpoint with many objects of a given size, made once and sent as prepared bytes, so that
 * the process that is measured is the slower one. Arguments: count, bytes per object, `list` or `watchlist`.
 */
const [count = 10_000, bytes = 8_000] = process.argv.slice(2, 4).map(Number)
const offersWatchList = process.argv[4] === 'watchlist'

const objects = Array.from({ length: count }, (_, index) => JSON.stringify(deployment(index, bytes)))

const server = createServer((request, response) => {
  const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://localhost')
  response.setHeader('content-type', 'application/json')
  if (pathname === '/apis/apps') {
    const version = { groupVersion: 'apps/v1', version: 'v1' }
    response.end(JSON.stringify({ kind: 'APIGroup', name: 'apps', versions: [version], preferredVersion: version }))
  } else if (pathname === '/apis/apps/v1') {
    const resources = [{ name: 'deployments', kind: 'Deployment', namespaced: true }]
    response.end(JSON.stringify({ kind: 'APIResourceList', resources }))
  } else if (query.get('watch') !== 'true') {
    const from = Number(query.get('continue') ?? '0')
    const to = Math.min(count, from + Number(query.get('limit') ?? count))
    const next = to < count ? `,"continue":"${to}"` : ''
    response.write(`{"kind":"DeploymentList","apiVersion":"apps/v1","metadata":{"resourceVersion":"900000"${next}},`)
    response.end(`"items":[${objects.slice(from, to).join(',')}]}`)
  } else if (query.get('sendInitialEvents') !== 'true') {
    // a quiet watch
    response.flushHeaders()
  } else if (!offersWatchList) {
    response.writeHead(422).end('{"kind":"Status","code":422,"reason":"Invalid"}')
  } else {
    const metadata = { resourceVersion: '900000', annotations: { 'k8s.io/initial-events-end': 'true' } }
    for (const object of objects) response.write(`{"type":"ADDED","object":${object}}\n`)
    response.write(`${JSON.stringify({ type: 'BOOKMARK', object: { kind: 'Deployment', metadata } })}\n`)
  }
})

server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))

/** A Deployment as kubectl shows it after a year of work, filled up with managedFields to the size wanted. */
function deployment(index: number, size: number): object {
  const name = `service-${index}`
  const namespace = `team-${index % 200}`
  const image = `registry.example.com/acme/service-${index % 500}:1.${index % 40}.${index % 7}`
  const labels = {
    'app.kubernetes.io/name': name,
    'app.kubernetes.io/version': `1.${index % 40}.${index % 7}`,
    'kustomize.toolkit.fluxcd.io/name': 'apps',
    'kustomize.toolkit.fluxcd.io/namespace': 'flux-system',
  }
  const env = Array.from({ length: 12 }, (_, at) => ({ name: `SETTING_${at}`, value: `value ${at} of ${name}` }))
  const template = {
    metadata: { labels },
    spec: { containers: [{ name: 'app', image, env, ports: [{ containerPort: 8080, protocol: 'TCP' }] }] },
  }
  const condition = { lastTransitionTime: '2026-01-01T00:00:00Z', status: 'True', message: 'is available' }
  const metadata = {
    name,
    namespace,
    uid: `0c3a5e1e-8d0a-4b6f-9a51-${String(index).padStart(12, '0')}`,
    resourceVersion: String(1000 + index),
    generation: 3,
    creationTimestamp: '2026-01-01T00:00:00Z',
    labels,
    annotations: { 'deployment.kubernetes.io/revision': '3', 'fairlead.dev/policy': 'minor' },
    managedFields: [] as object[],
  }
  const object = {
    metadata,
    spec: { replicas: 2, selector: { matchLabels: { app: name } }, strategy: { type: 'RollingUpdate' }, template },
    status: {
      observedGeneration: 3,
      replicas: 2,
      updatedReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
      conditions: [
        { ...condition, type: 'Available', reason: 'MinimumReplicasAvailable' },
        { ...condition, type: 'Progressing', reason: 'NewReplicaSetAvailable' },
      ],
    },
  }
  const fieldsV1: Record<string, object> = {}
  metadata.managedFields.push({ manager: 'kustomize-controller', operation: 'Apply', fieldsV1 })
  for (let at = 0, length = JSON.stringify(object).length; length < size; at++) {
    fieldsV1[`f:path-${at}`] = { 'f:name': {}, 'f:value': {}, [`k:{"name":"${at}"}`]: {} }
    length += 60
  }
  return object
}
