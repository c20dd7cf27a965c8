import type { KubernetesObject, Resource } from '../api/kubernetes.ts'
import { asFairleadError, FairleadError } from '../errors.ts'
import type { Clock, Cluster, FollowObserver, Log } from '../ports.ts'
import { createInOrder } from './cooperative.ts'
import { createStoreContent, type StoreContent, type StoreListener } from './store-content.ts'

/** Told to the metrics; `kind` is the label. */
export interface StoreMetrics {
  synced(kind: string, synced: boolean): void
  spoke(kind: string, when: Date): void
  restarted(kind: string, reason: string): void
}

/** All objects of one kind, shaped, always up to date. Keys are `namespace/name`. */
export interface Store<T> {
  /** In the version that is served, once that is known. */
  readonly resource: Resource
  /** Follows the kind until the signal aborts; a kind that is not installed is looked for once a minute. Once only. */
  run(signal: AbortSignal): Promise<void>
  /** Resolves when the first list is complete, or when the kind is not installed (and so there are no objects). */
  synced(): Promise<void>
  readonly isSynced: boolean
  /** The API server serves the kind, as far as it was asked. */
  readonly isInstalled: boolean
  get(key: string): T | undefined
  values(): IterableIterator<T>
  readonly size: number
  /**
   * Called for every object that became different in what its shape keeps; a relist of equal objects calls nobody, and
   * objects that are not in it any more are told as removed. Returns what ends the subscription.
   */
  subscribe(listener: StoreListener<T>): () => void
  /** Finds objects by what `keyOf` says about them; an object may stand under several values. */
  addIndex(name: string, keyOf: (object: T) => readonly string[]): void
  byIndex(name: string, value: string): readonly T[]
  /** `Clock.monotonicMs` when the API server last spoke about this kind; undefined before that. */
  readonly lastSpokenMs: number | undefined
}

export interface StoreOptions {
  clock: Clock
  log: Log
  metrics?: StoreMetrics
}

/** How often a kind that is not installed is looked for. */
const absentPauseMs = 60_000
/** Between being told that a kind is gone and looking for it: discovery may lag behind. */
const missingPauseMs = 5_000
const maxPauseMs = 30_000

/**
 * One reflector for one kind, shared by everyone who reads it. `shape` keeps what is needed of an object, as plain data;
 * undefined leaves the object out.
 */
export function createStore<T extends object>(
  cluster: Cluster,
  resource: Resource,
  shape: (object: KubernetesObject) => T | undefined,
  options: StoreOptions,
): Store<T> {
  const content = createStoreContent<T>(resource.kind, options.log)
  const following = createFollowing(cluster, { resource, shape, content }, options)
  let running = false

  return {
    get resource() {
      return following.resource
    },
    async run(signal) {
      if (running) throw new FairleadError('Internal', `the store of ${resource.kind} is run twice`)
      running = true
      await following.run(signal)
    },
    synced: () => following.first.passed,
    get isSynced() {
      return following.first.isOpen
    },
    get isInstalled() {
      return following.isInstalled
    },
    get: (key) => content.objects.get(key),
    values: () => content.objects.values(),
    get size() {
      return content.objects.size
    },
    subscribe: content.subscribe,
    addIndex: (name, keyOf) => content.indexes.add(name, keyOf, content.objects),
    byIndex: (name, value) => content.indexes.keys(name, value).flatMap((key) => content.objects.get(key) ?? []),
    get lastSpokenMs() {
      return following.lastSpokenMs
    },
  }
}

interface Following {
  readonly resource: Resource
  readonly isInstalled: boolean
  readonly lastSpokenMs: number | undefined
  readonly first: Gate
  run(signal: AbortSignal): Promise<void>
}

/** Keeps the content up to date, whether the kind is installed, comes, changes its version or goes. */
function createFollowing<T extends object>(
  cluster: Cluster,
  what: { resource: Resource; shape: (object: KubernetesObject) => T | undefined; content: StoreContent<T> },
  { clock, log, metrics }: StoreOptions,
): Following {
  const { resource, shape, content } = what
  const { kind } = resource
  const first = createGate()
  let served = resource
  let isInstalled = false
  let lastSpokenMs: number | undefined

  // A list of thousands takes several turns of the event loop; what is told meanwhile comes after it.
  const inOrder = createInOrder((error) => log.error({ kind, error }, 'a store cannot take over what it was told'))

  /** Rests before it and not behind it: what finds nothing before it is done at once, however long it took. */
  function* put(key: string, object: T | undefined) {
    yield
    content.put(key, object)
  }

  function* complete(next: ReadonlyMap<string, T | undefined>) {
    yield* content.replace(next)
    if (!first.isOpen) log.info({ kind, objects: content.objects.size }, 'store is complete')
    first.open()
    metrics?.synced(kind, true)
  }

  const observer: Omit<FollowObserver<T | undefined>, 'restarted'> = {
    replaced: (next) => inOrder(complete(next)),
    changed: (key, object) => inOrder(put(key, object)),
    removed: (key) => inOrder(put(key, undefined)),
    alive() {
      lastSpokenMs = clock.monotonicMs()
      metrics?.spoke(kind, clock.now())
    },
  }

  /** Until the signal aborts or the API server does not know the kind any more. */
  const followServed = async (signal: AbortSignal) => {
    const ended = new AbortController()
    const end = () => ended.abort()
    const restarted = (reason: string) => {
      metrics?.restarted(kind, reason)
      if (reason === 'missing') end()
    }
    signal.addEventListener('abort', end, { once: true })
    await cluster.follow(served, shape, { ...observer, restarted }, ended.signal)
    signal.removeEventListener('abort', end)
    await clock.sleep(missingPauseMs, signal)
  }

  /** One wrong "not found" must not make us forget what is there. */
  const forget = async (absent: number, signal: AbortSignal) => {
    metrics?.spoke(kind, clock.now())
    if (absent > 1 || content.objects.size === 0) inOrder(complete(new Map()))
    await clock.sleep(absentPauseMs, signal)
  }

  const run = async (signal: AbortSignal) => {
    metrics?.synced(kind, false)
    for (let absent = 1; !signal.aborted; absent++) {
      const found = await discover(cluster, resource, { clock, log, signal })
      if (signal.aborted) return
      isInstalled = found !== undefined
      if (found === undefined) {
        await forget(absent, signal)
        continue
      }
      absent = 0
      served = found
      await followServed(signal)
    }
  }

  return {
    first,
    run,
    get resource() {
      return served
    },
    get isInstalled() {
      return isInstalled
    },
    get lastSpokenMs() {
      return lastSpokenMs
    },
  }
}

/** What the API server serves, asked until it answers; undefined when the kind is not installed. */
async function discover(
  cluster: Cluster,
  resource: Resource,
  { clock, log, signal }: { clock: Clock; log: Log; signal: AbortSignal },
): Promise<Resource | undefined> {
  const { kind } = resource
  for (let failures = 0; !signal.aborted; failures++) {
    try {
      return await cluster.discover(resource)
    } catch (thrown) {
      const error = asFairleadError(thrown)
      log.warn({ kind, code: error.code }, `cannot find out whether ${kind} is installed: ${error.message}`)
      const pauseMs = Math.min(maxPauseMs, 1_000 * 2 ** Math.min(failures, 10))
      await clock.sleep(Math.max(pauseMs, error.retryAfterMs ?? 0), signal)
    }
  }
  return undefined
}

interface Gate {
  passed: Promise<void>
  readonly isOpen: boolean
  open(): void
}

/** Closed until opened, then open for good. */
function createGate(): Gate {
  let isOpen = false
  let pass: () => void = () => undefined
  const passed = new Promise<void>((resolve) => {
    pass = resolve
  })
  return {
    passed,
    get isOpen() {
      return isOpen
    },
    open() {
      isOpen = true
      pass()
    },
  }
}
