import { type ApiObject, keyOf } from './object.ts'

/** One thing that happened to one object. */
export interface Change {
  collection: string
  revision: number
  type: 'ADDED' | 'MODIFIED' | 'DELETED'
  object: ApiObject
  /** The object before; selectors need it to see that an object left them. */
  previous: ApiObject | undefined
}

/** Objects with one revision counter and a bounded memory of changes, like etcd behind the API server's watch cache. */
export interface Store {
  revision(): number
  get(collection: string, key: string): ApiObject | undefined
  /** Ordered by namespace and name. */
  list(collection: string): readonly ApiObject[]
  /** Stores and stamps `metadata.resourceVersion`. */
  put(collection: string, object: ApiObject): ApiObject
  remove(collection: string, key: string): ApiObject | undefined
  /** What happened after `revision`; undefined when that is longer ago than the memory reaches. */
  changesSince(collection: string, revision: number): readonly Change[] | undefined
  /** Forgets all changes, so that every resume from before now is refused. */
  forgetChanges(): void
  /** Every collection that holds or held an object. */
  collections(): readonly string[]
  subscribe(listener: (change: Change) => void): () => void
}

interface Collection {
  objects: Map<string, ApiObject>
  sorted: readonly ApiObject[] | undefined
  changes: Change[]
  /** Changes up to and including this revision are forgotten. */
  floor: number
}

export function createStore(windowSize = 1000): Store {
  const collections = new Map<string, Collection>()
  const listeners = new Set<(change: Change) => void>()
  let revision = 1
  let floor = 0

  function open(name: string): Collection {
    const found = collections.get(name)
    if (found !== undefined) return found
    const created: Collection = { objects: new Map(), sorted: undefined, changes: [], floor }
    collections.set(name, created)
    return created
  }

  function record(name: string, type: Change['type'], object: ApiObject, previous: ApiObject | undefined): ApiObject {
    revision += 1
    const stamped = { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } }
    const collection = open(name)
    if (type === 'DELETED') collection.objects.delete(keyOf(object))
    else collection.objects.set(keyOf(object), stamped)
    collection.sorted = undefined
    const change: Change = { collection: name, revision, type, object: stamped, previous }
    collection.changes.push(change)
    if (collection.changes.length > windowSize) collection.floor = collection.changes.shift()?.revision ?? revision
    for (const listener of [...listeners]) listener(change)
    return stamped
  }

  return {
    revision: () => revision,
    get: (name, key) => collections.get(name)?.objects.get(key),
    list(name) {
      const collection = open(name)
      collection.sorted ??= [...collection.objects.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one)
      return collection.sorted
    },
    put(name, object) {
      const previous = collections.get(name)?.objects.get(keyOf(object))
      return record(name, previous === undefined ? 'ADDED' : 'MODIFIED', object, previous)
    },
    remove(name, key) {
      const previous = collections.get(name)?.objects.get(key)
      return previous === undefined ? undefined : record(name, 'DELETED', previous, previous)
    },
    changesSince(name, since) {
      const collection = open(name)
      if (since < collection.floor) return undefined
      return collection.changes.filter((change) => change.revision > since)
    },
    forgetChanges() {
      revision += 1
      floor = revision
      for (const collection of collections.values()) {
        collection.changes = []
        collection.floor = revision
      }
    },
    collections: () => [...collections.keys()],
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
