import type { ServerResponse } from 'node:http'
import { ApiFailure, expired, resourceVersionTooLarge } from './api-failure.ts'
import { apiVersionOf, collectionOf, type Kind } from './kind.ts'
import type { ApiObject } from './object.ts'
import type { Predicate } from './selector.ts'
import type { Change, Store } from './store.ts'

/** One watch as asked for. */
export interface WatchRequest {
  kind: Kind
  selects: Predicate
  query: URLSearchParams
}

/** All open watches of the server. */
export interface WatchHub {
  open(response: ServerResponse, request: WatchRequest): void
  /** Ends every open stream without a word, as a load balancer does. */
  dropAll(): void
  /** Ends every open stream with `ERROR` 410. */
  expireAll(): void
  count(): number
}

/** A watcher that does not read is cut off beyond this many unsent bytes. */
const maxBacklogBytes = 32 * 1024 * 1024
/** The API server picks 30 to 60 minutes when the client does not say. */
const defaultTimeoutSeconds = 1800

export function createWatchHub(store: Store, bookmarkIntervalMs: number): WatchHub {
  const watches = new Set<ServerResponse>()

  function open(response: ServerResponse, request: WatchRequest): void {
    const { kind, selects, query } = request
    const since = startOf(query, store.revision())
    const send = lineWriter(response, kind)
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' })
    response.flushHeaders()
    if (since === 'state') {
      for (const object of store.list(collectionOf(kind))) if (selects(object)) send('ADDED', object)
    } else {
      const missed = store.changesSince(collectionOf(kind), since)
      if (missed === undefined) {
        fail(response, expired(`too old resource version: ${since} (${store.revision()})`))
        return
      }
      for (const change of missed) tell(change, selects, send)
    }
    if (query.get('sendInitialEvents') === 'true') {
      send('BOOKMARK', bookmark(kind, store.revision(), { 'k8s.io/initial-events-end': 'true' }))
    }
    follow(response, request, send)
  }

  function follow(response: ServerResponse, { kind, selects, query }: WatchRequest, send: Send): void {
    const unsubscribe = store.subscribe((change) => {
      if (change.collection === collectionOf(kind)) tell(change, selects, send)
    })
    const sendBookmark = () => {
      if (query.get('allowWatchBookmarks') === 'true') send('BOOKMARK', bookmark(kind, store.revision()))
    }
    const ticker = setInterval(sendBookmark, bookmarkIntervalMs)
    const seconds = Number(query.get('timeoutSeconds') ?? 0) || defaultTimeoutSeconds
    const timer = setTimeout(() => {
      sendBookmark()
      response.end()
    }, seconds * 1000)
    watches.add(response)
    response.on('close', () => {
      unsubscribe()
      clearInterval(ticker)
      clearTimeout(timer)
      watches.delete(response)
    })
  }

  return {
    open,
    dropAll() {
      for (const response of watches) response.end()
    },
    expireAll() {
      for (const response of watches) fail(response, expired('The resourceVersion for the provided watch is too old.'))
    },
    count: () => watches.size,
  }
}

function fail(response: ServerResponse, failure: ApiFailure): void {
  response.end(`${JSON.stringify({ type: 'ERROR', object: failure.body })}\n`)
}

/** Where a watch begins: after a revision, or with the present state when none (or 0) is named. */
function startOf(query: URLSearchParams, current: number): number | 'state' {
  const version = query.get('resourceVersion') ?? ''
  const initial = query.get('sendInitialEvents')
  if (initial !== null && query.get('resourceVersionMatch') !== 'NotOlderThan') {
    const message =
      'ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'
    throw new ApiFailure(422, 'Invalid', message)
  }
  if (Number(version) > current) throw resourceVersionTooLarge(Number(version), current)
  if (initial === 'true') return 'state'
  if (initial === 'false' && version === '') return current
  if (version === '' || version === '0') return 'state'
  const asked = Number(version)
  if (!Number.isInteger(asked)) throw new ApiFailure(400, 'BadRequest', `Invalid value: "${version}": resourceVersion`)
  return asked
}

type Send = (type: string, object: unknown) => void

function lineWriter(response: ServerResponse, kind: Kind): Send {
  return (type, object) => {
    if (response.writableEnded) return
    if (response.writableLength > maxBacklogBytes) response.destroy()
    else response.write(JSON.stringify({ type, object: inVersion(object, kind) }) + '\n')
  }
}

function inVersion(object: unknown, kind: Kind): unknown {
  return kind.custom ? { ...(object as ApiObject), apiVersion: apiVersionOf(kind) } : object
}

/** An object that begins or ceases to match the selector is ADDED or DELETED for this watcher. */
function tell(change: Change, selects: Predicate, send: Send): void {
  const before = change.previous !== undefined && selects(change.previous)
  const now = change.type !== 'DELETED' && selects(change.object)
  if (now) send(before ? 'MODIFIED' : 'ADDED', change.object)
  else if (before) send('DELETED', change.object)
}

function bookmark(kind: Kind, revision: number, annotations?: Record<string, string>): unknown {
  return {
    kind: kind.kind,
    apiVersion: apiVersionOf(kind),
    metadata: {
      resourceVersion: String(revision),
      creationTimestamp: null,
      ...(annotations === undefined ? {} : { annotations }),
    },
  }
}
