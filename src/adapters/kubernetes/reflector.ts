import type { KubernetesObject, Resource } from '../../api/kubernetes.ts'
import { field, text } from '../../core/workload/field.ts'
import { asFairleadError, FairleadError } from '../../errors.ts'
import type { Clock, FollowObserver, Log } from '../../ports.ts'
import { statusOf } from './api-error.ts'
import { type Backoff, createBackoff } from './backoff.ts'
import type { ApiClient } from './client.ts'
import { createFollower, type Follower } from './follower.ts'
import { listAll } from './list.ts'
import { isOlder } from './resource-version.ts'
import { reasonOf, stale } from './restart-reason.ts'
import { type WatchEvent, watchOnce } from './watch.ts'

export interface ReflectorOptions {
  client: ApiClient
  clock: Clock
  log: Log
  /** Numbers in [0, 1); default Math.random. */
  random?: () => number
  /** Objects per page of a list; default 500. */
  pageSize?: number
  /** Whether to ask for a WatchList first; default true. */
  watchList?: boolean
  /** A watch that is silent for so long is restarted; API servers send a bookmark a minute. Default 150,000. */
  idleMs?: number
  /** The label selector of a kind; undefined = all its objects. Default: all objects of every kind. */
  labelSelectorOf?: (resource: Resource) => string | undefined
}

/** A server that knows WatchList sends its objects at once; one that ignores the question falls silent after them. */
const initialIdleMs = 10_000
/** A list older than what was seen is believed only when the API server insists: it was restored from a backup. */
const maxStaleLists = 5
/**
 * A watch that stays silent again after it was resumed is not resumed a third time: an API server whose storage was
 * restored says nothing at all to a resourceVersion that it has not reached yet (seen with 1.36).
 */
const maxSilences = 2
const endOfInitialEvents = 'k8s.io/initial-events-end'

/** Where we are in the history of one kind. */
interface Position<T> {
  /** Watch from here; undefined = list first. */
  resourceVersion: string | undefined
  /** Newest ever seen. */
  newest: string
  staleLists: number
  /** Watches in a row that heard nothing until they were given up. */
  silences: number
  watchList: boolean
  /** False for the next list only: paging took longer than the API server keeps history. */
  paged: boolean
  /** Objects of a WatchList that is not complete yet. */
  pending: Map<string, T> | undefined
  /** `malformedCount` when the state was last complete. */
  malformedBefore: number
}

/**
 * Keeps an observer up to date with all objects of one kind: list (or WatchList), then watch, again and again until the
 * signal aborts. No failure ends it; the behaviour towards the API server is that of client-go's reflector.
 */
export async function follow<T>(
  options: ReflectorOptions,
  what: { resource: Resource; shape: (object: KubernetesObject) => T; observer: FollowObserver<T> },
  signal: AbortSignal,
): Promise<void> {
  const { clock, log } = options
  const random = options.random ?? Math.random
  const backoff = createBackoff(random)
  const follower = createFollower({ ...what, labelSelector: options.labelSelectorOf?.(what.resource) }, log)
  const position: Position<T> = {
    resourceVersion: undefined,
    newest: '',
    staleLists: 0,
    silences: 0,
    watchList: options.watchList ?? true,
    paged: true,
    pending: undefined,
    malformedBefore: 0,
  }
  while (!signal.aborted) {
    const startedMs = clock.monotonicMs()
    const restart = await round({ ...options, random }, { follower, position, backoff }, signal)
    if (signal.aborted) return
    const delayMs = restart.delayMs(clock.monotonicMs() - startedMs)
    follower.observer.restarted(restart.reason)
    const fields = { kind: what.resource.kind, reason: restart.reason, delayMs: Math.round(delayMs) }
    if (restart.error === undefined) log.debug(fields, 'watch is started again')
    else log.warn({ ...fields, code: restart.error.code }, restart.error.message)
    await clock.sleep(delayMs, signal)
  }
}

interface Following<T> {
  follower: Follower<T>
  position: Position<T>
  backoff: Backoff
}

interface Restart {
  reason: string
  /** Wait, given how long the round had lasted. */
  delayMs(livedMs: number): number
  error?: FairleadError
}

/** One list and watch, up to its end. Never rejects. */
async function round<T>(
  options: ReflectorOptions & { random: () => number },
  following: Following<T>,
  signal: AbortSignal,
): Promise<Restart> {
  const { position, backoff, follower } = following
  try {
    if (position.resourceVersion === undefined && !position.watchList) await list(options, following, signal)
    await watch(options, following, signal)
    if (position.pending !== undefined) position.watchList = false
    const reason = follower.malformedCount > position.malformedBefore ? 'malformed' : 'closed'
    // what was missed has no resourceVersion that we know: only a list brings it back
    if (reason === 'malformed') position.resourceVersion = undefined
    return { reason, delayMs: (livedMs) => backoff.afterEnd(livedMs) }
  } catch (thrown) {
    return afterError(asFairleadError(thrown), following)
  }
}

async function list<T>(options: ReflectorOptions, following: Following<T>, signal: AbortSignal): Promise<void> {
  const { position, follower, backoff } = following
  const pageSize = position.paged ? (options.pageSize ?? 500) : 0
  const listed = await listAll(options.client, follower, { pageSize, signal })
  position.paged = true
  complete(following, listed.objects, listed.resourceVersion)
  backoff.healthy()
}

/** Takes over a complete state, unless it is from the past and not to be believed yet. */
function complete<T>({ position, follower }: Following<T>, objects: Map<string, T>, resourceVersion: string): void {
  if (isOlder(resourceVersion, position.newest) && position.staleLists < maxStaleLists) {
    position.staleLists++
    const { plural } = follower.resource
    throw new FairleadError('ApiUnavailable', `API server's list of ${plural} is ${stale}`, { cause: stale })
  }
  position.resourceVersion = resourceVersion
  position.newest = resourceVersion
  position.staleLists = 0
  position.silences = 0
  position.pending = undefined
  position.malformedBefore = follower.malformedCount
  follower.observer.replaced(objects)
  follower.observer.alive()
}

async function watch<T>(
  options: ReflectorOptions & { random: () => number },
  following: Following<T>,
  signal: AbortSignal,
): Promise<void> {
  const { position, follower, backoff } = following
  const from = position.resourceVersion
  position.pending = from === undefined ? new Map() : undefined
  await watchOnce(options, follower, {
    query:
      from === undefined
        ? { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' }
        : { resourceVersion: from },
    timeoutSeconds: 270 + Math.floor(options.random() * 41),
    idleMs: () => (position.pending === undefined ? (options.idleMs ?? 150_000) : initialIdleMs),
    signal,
    onEvent(event) {
      backoff.healthy()
      position.silences = 0
      if (position.pending === undefined) takeChange(following, event)
      else takeInitial(following, event, position.pending)
    },
  })
}

function takeChange<T>({ position, follower }: Following<T>, event: WatchEvent): void {
  const resourceVersion = text(field(event.object, 'metadata'), 'resourceVersion') ?? ''
  follower.observer.alive()
  if (event.type === 'DELETED') {
    const key = follower.keyOf(event.object)
    if (key !== undefined) follower.observer.removed(key)
  } else if (event.type !== 'BOOKMARK') {
    const read = follower.read(event.object)
    if (read !== undefined) follower.observer.changed(read.key, read.object)
  }
  if (resourceVersion === '') return
  position.resourceVersion = resourceVersion
  position.newest = resourceVersion
}

/** Until the marked bookmark comes the objects are one list that is sent as events. */
function takeInitial<T>(following: Following<T>, event: WatchEvent, pending: Map<string, T>): void {
  const { follower } = following
  if (event.type === 'BOOKMARK') {
    const metadata = field(event.object, 'metadata')
    const resourceVersion = text(metadata, 'resourceVersion') ?? ''
    if (resourceVersion === '' || text(field(metadata, 'annotations'), endOfInitialEvents) !== 'true') return
    complete(following, pending, resourceVersion)
  } else if (event.type === 'DELETED') {
    const key = follower.keyOf(event.object)
    if (key !== undefined) pending.delete(key)
  } else {
    const read = follower.read(event.object)
    if (read !== undefined) pending.set(read.key, read.object)
  }
}

function afterError<T>(error: FairleadError, { position, backoff }: Following<T>): Restart {
  const status = statusOf(error)?.code
  const initial = position.pending !== undefined
  if (initial && (error.code === 'ApiInvalid' || error.code === 'Timeout' || status === 501)) {
    // WatchList is not offered here (422 on API servers without the feature); lists always are
    position.watchList = false
    return { reason: 'watchlist-unsupported', delayMs: () => 0 }
  }
  switch (error.code) {
    case 'ApiExpired': {
      // a continue token that ran out in the middle of a list would run out again
      if (position.resourceVersion === undefined && !position.watchList) position.paged = false
      position.resourceVersion = undefined
      return { reason: 'expired', delayMs: (livedMs) => backoff.afterEnd(livedMs), error }
    }
    case 'Timeout':
      position.silences++
      if (position.silences >= maxSilences) position.resourceVersion = undefined
      return { reason: 'idle', delayMs: (livedMs) => backoff.afterEnd(livedMs), error }
    default: {
      // 504: "Too large resource version", after the API server's storage went back in time; 4xx: never valid again
      if (status === 504 || error.code === 'ApiInvalid') position.resourceVersion = undefined
      return { reason: reasonOf(error, status), delayMs: () => backoff.afterFailure(error.retryAfterMs), error }
    }
  }
}
