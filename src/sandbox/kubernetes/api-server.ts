import type { ServerResponse } from 'node:http'
import { numberAt } from '../json.ts'
import { type Exchange, listenOnLoopback, sendJson, sendText } from '../loopback.ts'
import { type Access, createAccess, type User } from './access.ts'
import { ApiFailure } from './api-failure.ts'
import { type AuditEntry, recordWrite } from './audit.ts'
import { discover, reviewKinds } from './discovery.ts'
import { createFaults, type Fault } from './fault.ts'
import { createKindTable, type KindTable } from './kind-table.ts'
import { createLister } from './list.ts'
import { createObjects, type Objects } from './objects.ts'
import { createPatcher } from './patch.ts'
import { answerRead } from './read-request.ts'
import { parsedBody, type Reply } from './reply.ts'
import { attributesOf, forbiddenMessage, parseResourceRequest, type ResourceRequest } from './request.ts'
import { answerReview } from './review.ts'
import { createStore, type Store } from './store.ts'
import { createWatchHub } from './watch.ts'
import { answerWrite } from './write-request.ts'

export interface ApiServerOptions {
  /** Bearer tokens beside the built-in admin's. */
  tokens?: readonly { token: string; user: string; groups?: readonly string[] }[]
  /** Beside `default` and `kube-system`. */
  namespaces?: readonly string[]
  /** Default 60,000. */
  bookmarkIntervalMs?: number
  /** Changes remembered per kind; default 1,000. */
  watchWindow?: number
}

/** A Kubernetes API server that lives in this process. */
export interface ApiServer {
  url: string
  /** Token of a user in `system:masters`. */
  adminToken: string
  /** Direct access without HTTP, for seeds, checks and the simulated controllers. */
  objects: Objects
  kinds: KindTable
  store: Store
  access: Access
  /** Accepted writes over HTTP, oldest first. */
  audit: AuditEntry[]
  /** The next matching requests fail. */
  fail(next: Fault): void
  /** Ends all open watches without a word. */
  dropWatches(): void
  /** Ends all watches with 410, and refuses resumes and continue tokens from before now. */
  expireWatches(): void
  openWatches(): number
  close(): Promise<void>
}

const adminToken = 'sandbox-admin'

export async function startApiServer(options: ApiServerOptions = {}): Promise<ApiServer> {
  const store = createStore(options.watchWindow)
  const kinds = createKindTable(store)
  const objects = createObjects(store, (collection) => kinds.ofCollection(collection))
  const access = createAccess(store)
  const watches = createWatchHub(store, options.bookmarkIntervalMs ?? 60_000)
  const lister = createLister()
  const patcher = createPatcher(objects)
  const faults = createFaults()
  const audit: AuditEntry[] = []

  access.addToken(adminToken, { name: 'admin', groups: ['system:masters'] })
  for (const { token, user, groups = [] } of options.tokens ?? []) access.addToken(token, { name: user, groups })
  createNamespaces(kinds, objects, ['default', 'kube-system', ...(options.namespaces ?? [])])

  /** Undefined when the answer is a stream that was begun. */
  async function answer(exchange: Exchange): Promise<Reply | undefined> {
    const { method, url } = exchange
    const user = authenticate(exchange, access)
    const request = parseResourceRequest(method, url)
    faults.check({ verb: request?.verb ?? 'get', resource: request?.plural ?? '', user: user.name })
    if (request !== undefined) return answerResource(exchange, request, user)
    const page = discover(url.pathname, kinds.all())
    return page === undefined ? { status: 404, body: '404 page not found\n' } : { status: 200, body: page }
  }

  async function answerResource(exchange: Exchange, request: ResourceRequest, user: User): Promise<Reply | undefined> {
    const review = reviewKinds.find((one) => one.group === request.group && one.plural === request.plural)
    const aboutSelf = review?.kind.startsWith('Self') === true
    if (!aboutSelf && !access.allows(user, attributesOf(request))) throw forbidden(request, user)
    if (review !== undefined) {
      return { status: 201, body: answerReview(review.kind, await parsedBody(exchange), user, access) }
    }
    const { subresource, verb, group } = request
    const kind = kinds.find(group, request.version, request.plural)
    if (kind === undefined || (subresource !== '' && !(subresource === 'status' && kind.hasStatus))) {
      throw new ApiFailure(404, 'NotFound', 'the server could not find the requested resource', {})
    }
    if (['get', 'list', 'watch'].includes(verb)) {
      return answerRead(exchange, request, kind, { objects, store, lister, watches })
    }
    const resource = subresource === '' ? request.plural : `${request.plural}/${subresource}`
    const record = (name: string) =>
      recordWrite(audit, { user: user.name, verb, group, resource, namespace: request.namespace, name })
    return answerWrite(exchange, request, kind, { objects, patcher, record })
  }

  const loopback = await listenOnLoopback(async (exchange) => {
    if (answerPlain(exchange.url.pathname, exchange.response)) return
    const reply = await answer(exchange).catch(replyOfFailure)
    if (reply !== undefined) send(exchange.response, reply)
  })

  return {
    url: loopback.url,
    adminToken,
    objects,
    kinds,
    store,
    access,
    audit,
    fail: (fault) => faults.add(fault),
    dropWatches: () => watches.dropAll(),
    expireWatches() {
      store.forgetChanges()
      lister.expireContinues()
      watches.expireAll()
    },
    openWatches: () => watches.count(),
    async close() {
      kinds.close()
      watches.dropAll()
      await loopback.close()
    },
  }
}

function createNamespaces(kinds: KindTable, objects: Objects, names: readonly string[]): void {
  const kind = kinds.find('', 'v1', 'namespaces')
  if (kind === undefined) return
  for (const name of new Set(names)) {
    objects.create(kind, '', { metadata: { name, labels: { 'kubernetes.io/metadata.name': name } } })
  }
}

/** Pages that anyone may read. */
function answerPlain(path: string, response: ServerResponse): boolean {
  const isHealth = ['/readyz', '/livez', '/healthz'].includes(path)
  const version = { major: '1', minor: '33', gitVersion: 'v1.33.1', gitTreeState: 'clean', platform: 'linux/amd64' }
  if (isHealth) sendText(response, 200, 'ok')
  if (path === '/version') sendJson(response, 200, version)
  return isHealth || path === '/version'
}

function authenticate({ request }: Exchange, access: Access): User {
  const match = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')
  const user = match === null ? undefined : access.authenticate(match[1] ?? '')?.user
  if (user === undefined) throw new ApiFailure(401, 'Unauthorized', 'Unauthorized')
  return user
}

function forbidden(request: ResourceRequest, user: User): ApiFailure {
  const details = { name: request.name, group: request.group, kind: request.plural }
  return new ApiFailure(403, 'Forbidden', forbiddenMessage(request, user.name), details)
}

function replyOfFailure(thrown: unknown): Reply {
  if (thrown instanceof ApiFailure) return { status: thrown.body.code, body: thrown.body }
  throw thrown
}

function send(response: ServerResponse, { status, body }: Reply): void {
  if (typeof body === 'string') sendText(response, status, body)
  else sendJson(response, status, body, retryAfter(body))
}

function retryAfter(body: unknown): Record<string, string> {
  const seconds = numberAt(body, 'details', 'retryAfterSeconds')
  return seconds === undefined ? {} : { 'retry-after': String(seconds) }
}
