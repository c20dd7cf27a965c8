import type { KubernetesObject, ObjectKey, Resource } from '../../src/api/kubernetes.ts'
import { FairleadError } from '../../src/errors.ts'
import type {
  Cluster,
  EventRecorder,
  FollowObserver,
  Lease,
  LeaseLock,
  OwnObjects,
  RecordedEvent,
} from '../../src/ports.ts'
import { createObjectStore, isSelected, type ObjectStore, Refusal } from './object-store.ts'

/** A cluster in memory: all Kubernetes ports, and the world behind them to play with. */
export interface FakeCluster {
  readonly cluster: Cluster
  readonly own: OwnObjects
  readonly events: EventRecorder
  lease(namespace: string, name: string): LeaseLock
  readonly objects: ObjectStore
  /** Events recorded, newest last; equal ones raise `count`. */
  readonly recorded: readonly RecordedFact[]
  /** Who may do what; default everybody everything. */
  allow: (verb: string, resource: Resource, namespace?: string) => boolean
  /** Plurals of what was listed once, in order. */
  readonly looks: string[]
  /** All follows list again, as after a 410. */
  relist(): void
}

export type RecordedFact = RecordedEvent & { about: ObjectKey & { apiVersion: string }; count: number }

export function createFakeCluster(kinds: readonly Resource[]): FakeCluster {
  const objects = createObjectStore(kinds)
  const recorded: RecordedFact[] = []
  const leases = new Map<string, Lease>()
  const follows = new Set<(reason: string) => void>()

  const cluster: Cluster = {
    async discover(resource) {
      return objects.installed().find((one) => one.group === resource.group && one.kind === resource.kind)
    },
    async follow(resource, shape, observer, signal) {
      await Promise.resolve()
      if (signal.aborted) return
      follow({ objects, follows, resource, shape, observer }, signal)
      await aborted(signal)
    },
    get: async (resource, namespace, name) =>
      objects.isInstalled(resource) ? objects.get(resource, namespace, name) : undefined,
    async list(resource, selection) {
      fake.looks.push(resource.plural)
      if (!fake.allow('list', resource, selection.namespace)) {
        throw new FairleadError('ApiForbidden', `may not list ${resource.plural}`)
      }
      const matching = objects.list(resource).filter((object) => isSelected(object, selection))
      return matching.slice(0, selection.limit)
    },
    may: async (verb, resource, namespace) => fake.allow(verb, resource, namespace),
  }

  const own: OwnObjects = {
    create: (resource, { status: _, ...object }) => translated(() => objects.create(resource, object)),
    updateStatus: (resource, object) => translated(() => objects.update(resource, object, 'status')),
    delete: (resource, namespace, name) =>
      translated(() => {
        if (objects.get(resource, namespace, name) !== undefined) objects.remove(resource, namespace, name)
      }),
  }

  const fake: FakeCluster = {
    cluster,
    own,
    objects,
    recorded,
    allow: () => true,
    looks: [],
    lease: (namespace, name) => createFakeLease(`${namespace}/${name}`, leases),
    events: {
      async record({ apiVersion, kind, namespace, name }, { type, reason, message }) {
        const about = { apiVersion, kind, namespace, name }
        const fact = { about, type, reason, message: message.slice(0, 1024) }
        const known = recorded.find((one) => sameFact(one, fact))
        if (known === undefined) recorded.push({ ...fact, count: 1 })
        else known.count++
      },
    },
    relist() {
      for (const start of [...follows]) start('expired')
    },
  }
  return fake
}

interface FakeFollow<T> {
  objects: ObjectStore
  follows: Set<(reason: string) => void>
  resource: Resource
  shape: (object: KubernetesObject) => T
  observer: FollowObserver<T>
}

function follow<T>({ objects, follows, resource, shape, observer }: FakeFollow<T>, signal: AbortSignal): void {
  const keyOf = ({ metadata }: KubernetesObject) => `${metadata.namespace ?? ''}/${metadata.name}`
  const list = () => {
    if (!objects.isInstalled(resource)) {
      observer.restarted('missing')
      return
    }
    observer.replaced(new Map(objects.list(resource).map((object) => [keyOf(object), shape(object)])))
    observer.alive()
  }
  const restart = (reason: string) => {
    observer.restarted(reason)
    list()
  }
  const stop = objects.onChange((change) => {
    if (change.resource.plural !== resource.plural || change.resource.group !== resource.group) return
    observer.alive()
    if (change.type === 'DELETED') observer.removed(keyOf(change.object))
    else observer.changed(keyOf(change.object), shape(structuredClone(change.object)))
  })
  follows.add(restart)
  signal.addEventListener(
    'abort',
    () => {
      stop()
      follows.delete(restart)
    },
    { once: true },
  )
  list()
}

function createFakeLease(key: string, leases: Map<string, Lease>): LeaseLock {
  return {
    read: async () => structuredClone(leases.get(key)),
    async write(lease) {
      if ((leases.get(key)?.resourceVersion ?? '') !== lease.resourceVersion) {
        throw new FairleadError('ApiConflict', `lease ${key} was changed by someone else`)
      }
      const written = { ...structuredClone(lease), resourceVersion: String(Number(lease.resourceVersion) + 1) }
      leases.set(key, written)
      return structuredClone(written)
    },
  }
}

function sameFact(left: RecordedFact, right: Omit<RecordedFact, 'count'>): boolean {
  return JSON.stringify({ ...left, count: 0 }) === JSON.stringify({ ...right, count: 0 })
}

const codes = { 404: 'ApiNotFound', 409: 'ApiConflict' } as const

async function translated<T>(work: () => T): Promise<T> {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const code = error.code === 404 || error.code === 409 ? codes[error.code] : 'ApiInvalid'
    throw new FairleadError(code, error.message)
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
