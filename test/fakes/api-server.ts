import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { KubernetesObject, Resource } from '../../src/api/kubernetes.ts'
import { createObjectStore, isSelected, type ObjectStore, Refusal } from './object-store.ts'

export interface ServedRequest {
  method: string
  path: string
  query: URLSearchParams
  headers: IncomingMessage['headers']
  body: string
}

export type Answer = (request: ServedRequest, response: ServerResponse) => void

/** A small Kubernetes API over HTTP whose answers can be replaced one by one, for everything that can go wrong. */
export interface FakeApiServer {
  readonly url: string
  readonly objects: ObjectStore
  /** All requests so far, in order. */
  readonly requests: readonly ServedRequest[]
  /** TCP connections accepted so far. */
  readonly connections: number
  /** Off: `sendInitialEvents` is answered with 422, as by API servers without the feature. Default off. */
  watchList: boolean
  /** Who may do what; default everybody everything. */
  allow: (verb: string, resource: string) => boolean
  /** The next request that matches is answered by `answer` instead. Several are used in order. */
  once(matches: (request: ServedRequest) => boolean, answer: Answer): void
  /** Resolves when `count` requests that match have come, counted from the start. */
  received(matches: (request: ServedRequest) => boolean, count?: number): Promise<void>
  /** Open watches, oldest first. */
  readonly watches: readonly ServerResponse[]
  /** Resolves when there is an open watch. */
  watching(): Promise<void>
  close(): Promise<void>
}

export const isWatch = (request: ServedRequest) => request.query.get('watch') === 'true'
export const isList = (request: ServedRequest) =>
  request.method === 'GET' && !isWatch(request) && /\/(v1|v1alpha1)\/[a-z]+$/.test(request.path)

export function sendStatus(response: ServerResponse, code: number, reason: string, details: object = {}): void {
  const { headers = {}, ...rest } = details as { headers?: Record<string, string> }
  const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message: reason, ...rest }
  response.writeHead(code, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(status))
}

export async function startApiServer(kinds: readonly Resource[]): Promise<FakeApiServer> {
  const objects = createObjectStore(kinds)
  const requests: ServedRequest[] = []
  const scripted: { matches: (request: ServedRequest) => boolean; answer: Answer }[] = []
  const waiting = new Set<() => void>()
  const watches: ServerResponse[] = []
  let connections = 0

  const nudge = () => {
    for (const check of [...waiting]) check()
  }
  const until = (reached: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const check = () => {
        if (!reached()) return
        waiting.delete(check)
        resolve()
      }
      waiting.add(check)
      check()
    })

  const openWatch = (request: ServedRequest, response: ServerResponse, resource: Resource) => {
    const initial = request.query.get('sendInitialEvents') === 'true'
    if (initial && !api.watchList) {
      sendStatus(response, 422, 'Invalid', { message: 'sendInitialEvents: Forbidden: the feature is off' })
      return
    }
    const send = (type: string, object: unknown) => response.write(`${JSON.stringify({ type, object })}\n`)
    const from = Number(request.query.get('resourceVersion') ?? '0')
    const missed = initial ? [] : objects.since(resource, from)
    response.writeHead(200, { 'content-type': 'application/json' })
    response.flushHeaders()
    if (missed === undefined) {
      send('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' })
      response.end()
      return
    }
    if (initial) {
      for (const object of objects.list(resource)) send('ADDED', object)
      const annotations = { 'k8s.io/initial-events-end': 'true' }
      send('BOOKMARK', { kind: resource.kind, metadata: { resourceVersion: String(objects.version), annotations } })
    }
    for (const change of missed) send(change.type, change.object)
    const stop = objects.onChange((change) => {
      if (change.resource.plural === resource.plural) send(change.type, change.object)
    })
    watches.push(response)
    nudge()
    response.on('close', () => {
      stop()
      watches.splice(watches.indexOf(response), 1)
    })
  }

  const list = (request: ServedRequest, response: ServerResponse, resource: Resource, namespace: string) => {
    const labels = pairs(request.query.get('labelSelector'))
    const fields = pairs(request.query.get('fieldSelector'))
    const all = objects.list(resource).filter((object) => isSelected(object, { namespace, labels, fields }))
    const start = Number(request.query.get('continue') ?? '0')
    const limit = Number(request.query.get('limit') ?? '0') || all.length
    const end = Math.min(all.length, start + limit)
    // items of a list carry neither kind nor apiVersion
    const items = all.slice(start, end).map(({ kind: _kind, apiVersion: _apiVersion, ...rest }) => rest)
    sendJson(response, 200, {
      kind: `${resource.kind}List`,
      apiVersion: 'v1',
      metadata: { resourceVersion: String(objects.version), ...(end < all.length ? { continue: String(end) } : {}) },
      items,
    })
  }

  const collection = (request: ServedRequest, response: ServerResponse, { resource, namespace }: Located) => {
    if (isWatch(request)) openWatch(request, response, resource)
    else list(request, response, resource, namespace)
  }

  const serve = (request: ServedRequest, response: ServerResponse) => {
    const place = request.path.endsWith('selfsubjectaccessreviews') ? 'review' : locate(objects, request.path)
    if (place === 'review') {
      const { verb, resource } = JSON.parse(request.body).spec.resourceAttributes
      sendJson(response, 201, { status: { allowed: api.allow(verb, resource) } })
    } else if (place === undefined) discovery(objects, request.path, response)
    else if (request.method === 'GET' && place.name === '') collection(request, response, place)
    else sendJson(response, request.method === 'POST' ? 201 : 200, applyRequest(objects, request, place))
  }

  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const url = new URL(incoming.url ?? '/', 'http://localhost')
      const request: ServedRequest = {
        method: incoming.method ?? 'GET',
        path: url.pathname,
        query: url.searchParams,
        headers: incoming.headers,
        body: Buffer.concat(chunks).toString(),
      }
      requests.push(request)
      const at = scripted.findIndex(({ matches }) => matches(request))
      try {
        if (at >= 0) scripted.splice(at, 1)[0]?.answer(request, response)
        else serve(request, response)
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        sendStatus(response, error.code, error.reason, { message: error.message })
      }
      nudge()
    })
  })
  server.on('connection', () => {
    connections++
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo

  const api: FakeApiServer = {
    url: `http://127.0.0.1:${port}`,
    objects,
    requests,
    get connections() {
      return connections
    },
    watchList: false,
    allow: () => true,
    once: (matches, answer) => void scripted.push({ matches, answer }),
    received: (matches, count = 1) => until(() => requests.filter(matches).length >= count),
    watches,
    watching: () => until(() => watches.length > 0),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return api
}

/** The equalities of a selector, `a=b,c=d`; other requirements are not looked at. */
function pairs(selector: string | null): Record<string, string> {
  const parts = (selector ?? '').split(',').filter((part) => part.includes('='))
  return Object.fromEntries(parts.map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]))
}

interface Located {
  resource: Resource
  namespace: string
  name: string
  status: boolean
}

function locate(objects: ObjectStore, path: string): Located | undefined {
  const match =
    /^\/(?:api|apis\/(?<group>[^/]+))\/(?<version>[^/]+)(?:\/namespaces\/(?<namespace>[^/]+))?\/(?<plural>[^/]+)(?:\/(?<name>[^/]+))?(?<status>\/status)?$/.exec(
      path,
    )
  const { group = '', version, namespace = '', plural, name = '', status } = match?.groups ?? {}
  if (plural === undefined) return undefined
  const resource = objects
    .installed()
    .find((one) => one.group === group && one.version === version && one.plural === plural)
  if (resource === undefined) throw new Refusal(404, 'NotFound', 'the server could not find the requested resource')
  return {
    resource,
    namespace: decodeURIComponent(namespace),
    name: decodeURIComponent(name),
    status: status !== undefined,
  }
}

/** `/apis/<group>` and `/apis/<group>/<version>`. */
function discovery(objects: ObjectStore, path: string, response: ServerResponse): void {
  const [, root, ...rest] = path.split('/')
  const [group, version] = root === 'api' ? ['', rest[0]] : rest
  const kinds = objects.installed().filter((one) => one.group === group)
  const served = kinds.filter((one) => one.version === version)
  if (kinds.length === 0 || (version !== undefined && served.length === 0)) sendStatus(response, 404, 'NotFound')
  else if (version !== undefined) sendJson(response, 200, { kind: 'APIResourceList', resources: resourceList(served) })
  else {
    const versions = [...new Set(kinds.map((one) => one.version))].map((one) => ({ version: one }))
    sendJson(response, 200, { kind: 'APIGroup', name: group, versions, preferredVersion: versions[0] })
  }
}

function resourceList(served: readonly Resource[]): object[] {
  return served.flatMap(({ plural, kind, namespaced }) => [
    { name: `${plural}/status`, kind, namespaced },
    { name: plural, kind, namespaced },
  ])
}

function applyRequest(objects: ObjectStore, { method, body }: ServedRequest, place: Located): unknown {
  const { resource, namespace, name } = place
  const sent = body === '' ? undefined : (JSON.parse(body) as KubernetesObject)
  if (method === 'POST' && sent) return objects.create(resource, withoutStatus(sent))
  if (method === 'PUT' && sent) return objects.update(resource, sent, place.status ? 'status' : 'object')
  const old = objects.get(resource, namespace, name)
  if (old === undefined) throw new Refusal(404, 'NotFound', `${resource.plural} "${name}" not found`)
  if (method === 'PATCH' && sent) return objects.update(resource, { ...old, ...sent, metadata: old.metadata }, 'object')
  if (method === 'DELETE') objects.remove(resource, namespace, name)
  return old
}

function withoutStatus({ status: _, ...object }: KubernetesObject): KubernetesObject {
  return object
}

function sendJson(response: ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
