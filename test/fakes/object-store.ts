import { rfc3339 } from '../../src/api/condition.ts'
import type { KubernetesObject, Resource } from '../../src/api/kubernetes.ts'
import type { Selection } from '../../src/ports.ts'

export interface StoredChange {
  type: 'ADDED' | 'MODIFIED' | 'DELETED'
  resource: Resource
  object: KubernetesObject
  version: number
}

/** Why a call was refused, as an HTTP status and a Status reason. */
export class Refusal extends Error {
  readonly code: number
  readonly reason: string
  constructor(code: number, reason: string, message: string) {
    super(message)
    this.code = code
    this.reason = reason
  }
}

/** Objects with resourceVersions and a history, as etcd keeps them; what an API server and a fake cluster stand on. */
export interface ObjectStore {
  install(resource: Resource): void
  uninstall(resource: Resource): void
  installed(): readonly Resource[]
  isInstalled(resource: Resource): boolean
  /** Created now, unless the object says when: what lies in the past must be possible in a test. */
  create(resource: Resource, object: KubernetesObject): KubernetesObject
  /** Replaces all but the status, or only the status; the given resourceVersion must be the newest, if there is one. */
  update(resource: Resource, object: KubernetesObject, part: 'object' | 'status'): KubernetesObject
  remove(resource: Resource, namespace: string, name: string): void
  get(resource: Resource, namespace: string, name: string): KubernetesObject | undefined
  list(resource: Resource): readonly KubernetesObject[]
  readonly version: number
  /** Undefined when history does not go back that far. */
  since(resource: Resource, version: number): readonly StoredChange[] | undefined
  /** Compacts: whoever watches from before now must list again. */
  forgetHistory(): void
  onChange(listener: (change: StoredChange) => void): () => void
  /** What happens in here is not told to listeners: a watch that missed something. */
  unseen(work: () => void): void
}

const collection = (resource: Resource) => `${resource.group}/${resource.plural}`

export function createObjectStore(kinds: readonly Resource[]): ObjectStore {
  const installed = new Map(kinds.map((kind) => [collection(kind), kind]))
  const objects = new Map<string, Map<string, KubernetesObject>>()
  const listeners = new Set<(change: StoredChange) => void>()
  let history: StoredChange[] = []
  let version = 100
  let oldest = 0
  let quiet = false
  let uids = 0

  const of = (resource: Resource): Map<string, KubernetesObject> => {
    if (!installed.has(collection(resource)))
      throw new Refusal(404, 'NotFound', 'the server could not find the resource')
    const known = objects.get(collection(resource)) ?? new Map<string, KubernetesObject>()
    objects.set(collection(resource), known)
    return known
  }
  const commit = (type: StoredChange['type'], resource: Resource, object: KubernetesObject): KubernetesObject => {
    version++
    const stored = structuredClone(object)
    stored.metadata.resourceVersion = String(version)
    const key = `${object.metadata.namespace ?? ''}/${object.metadata.name}`
    if (type === 'DELETED') of(resource).delete(key)
    else of(resource).set(key, stored)
    const change = { type, resource, object: stored, version }
    history.push(change)
    if (!quiet) for (const listener of listeners) listener(change)
    return structuredClone(stored)
  }
  const find = (resource: Resource, namespace: string, name: string) => of(resource).get(`${namespace}/${name}`)
  const require = (resource: Resource, namespace: string, name: string): KubernetesObject => {
    const found = find(resource, namespace, name)
    if (found === undefined) throw new Refusal(404, 'NotFound', `${resource.plural} "${name}" not found`)
    return found
  }

  return {
    install: (resource) => void installed.set(collection(resource), resource),
    uninstall(resource) {
      installed.delete(collection(resource))
      objects.delete(collection(resource))
    },
    installed: () => [...installed.values()],
    isInstalled: (resource) => installed.has(collection(resource)),
    create(resource, object) {
      const { namespace = '', name } = object.metadata
      if (find(resource, namespace, name) !== undefined) {
        throw new Refusal(409, 'AlreadyExists', `${resource.plural} "${name}" already exists`)
      }
      uids++
      const creationTimestamp = object.metadata.creationTimestamp ?? rfc3339(new Date())
      const metadata = { ...object.metadata, uid: `uid-${uids}`, generation: 1, creationTimestamp }
      return commit('ADDED', resource, { ...object, metadata })
    },
    update(resource, object, part) {
      const { namespace = '', name, resourceVersion = '' } = object.metadata
      const old = require(resource, namespace, name)
      if (resourceVersion !== '' && resourceVersion !== old.metadata.resourceVersion) {
        throw new Refusal(
          409,
          'Conflict',
          'the object has been modified; please apply your changes to the latest version',
        )
      }
      if (part === 'status') return commit('MODIFIED', resource, { ...old, status: object.status })
      const { uid, generation = 1 } = old.metadata
      const metadata = { ...object.metadata, generation: generation + 1, ...(uid === undefined ? {} : { uid }) }
      return commit('MODIFIED', resource, { ...object, metadata })
    },
    remove: (resource, namespace, name) => void commit('DELETED', resource, require(resource, namespace, name)),
    get: (resource, namespace, name) => structuredClone(find(resource, namespace, name)),
    list: (resource) => [...of(resource).values()].map((object) => structuredClone(object)),
    get version() {
      return version
    },
    since(resource, from) {
      if (from < oldest) return undefined
      return history.filter((one) => one.version > from && collection(one.resource) === collection(resource))
    },
    forgetHistory() {
      // something else in the cluster changed, so that no resourceVersion given out so far is the newest
      version++
      oldest = version
      history = []
    },
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    unseen(work) {
      quiet = true
      try {
        work()
      } finally {
        quiet = false
      }
    },
  }
}

/** The object as it is given, with its status, whether it was there before or not. */
export function put(objects: ObjectStore, resource: Resource, object: KubernetesObject): void {
  const { namespace = '', name } = object.metadata
  if (objects.get(resource, namespace, name) === undefined) objects.create(resource, object)
  else objects.update(resource, object, 'object')
  objects.update(resource, { ...(objects.get(resource, namespace, name) ?? object), status: object.status }, 'status')
}

/** Is it in the namespace, and does it have all the labels and fields? */
export function isSelected(
  object: KubernetesObject,
  { namespace, labels = {}, fields = {} }: Omit<Selection, 'limit'>,
): boolean {
  const valueAt = (path: string) =>
    path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], object)
  return (
    (namespace === '' || object.metadata.namespace === namespace) &&
    Object.entries(labels).every(([name, value]) => object.metadata.labels?.[name] === value) &&
    Object.entries(fields).every(([path, value]) => valueAt(path) === value)
  )
}
