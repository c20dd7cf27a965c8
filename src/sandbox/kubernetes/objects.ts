import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { fieldsAt, isFields, textAt } from '../json.ts'
import { alreadyExists, badRequest, conflict, invalid, notFound } from './api-failure.ts'
import { withDefaults } from './default.ts'
import { apiVersionOf, collectionOf, type Kind } from './kind.ts'
import { type ApiObject, kubernetesTime, type Metadata } from './object.ts'
import { findViolation, shapeBySchema } from './schema.ts'
import type { Store } from './store.ts'

/** Which part of an object a write may change. */
export type Part = 'object' | 'status'

/** Conditions under which a delete goes ahead. */
export interface Preconditions {
  uid?: string
  resourceVersion?: string
  /** Keep what the object owns. */
  orphan?: boolean
}

/** Writes to the store by the rules of the API server: identity, versions, generations, status, finalizers, garbage. */
export interface Objects {
  /** Undefined when there is none. */
  find(kind: Kind, namespace: string, name: string): ApiObject | undefined
  /** 404 when there is none. */
  get(kind: Kind, namespace: string, name: string): ApiObject
  list(kind: Kind, namespace?: string): readonly ApiObject[]
  create(kind: Kind, namespace: string, input: unknown, dryRun?: boolean): ApiObject
  /** Replaces the object (or its status). 409 when `metadata.resourceVersion` is given and not the newest. */
  update(
    kind: Kind,
    target: { namespace: string; name: string; part: Part; dryRun?: boolean },
    input: unknown,
  ): ApiObject
  /** Removes at once, or marks for deletion while finalizers remain. Returns the object as it was last. */
  remove(kind: Kind, namespace: string, name: string, preconditions?: Preconditions): ApiObject
}

/** Kinds whose update must name a resource version, as custom resources always must. */
const strictCollections = new Set(['coordination.k8s.io/leases'])

export function createObjects(store: Store, kindOfCollection: (collection: string) => Kind | undefined): Objects {
  const served = (kind: Kind, object: ApiObject): ApiObject =>
    kind.custom && object.apiVersion !== apiVersionOf(kind) ? { ...object, apiVersion: apiVersionOf(kind) } : object

  function find(kind: Kind, namespace: string, name: string): ApiObject | undefined {
    const object = store.get(collectionOf(kind), `${kind.namespaced ? namespace : ''}/${name}`)
    return object === undefined ? undefined : served(kind, object)
  }

  function get(kind: Kind, namespace: string, name: string): ApiObject {
    const object = find(kind, namespace, name)
    if (object === undefined) throw notFound(kind, name)
    return object
  }

  function create(kind: Kind, namespace: string, input: unknown, dryRun = false): ApiObject {
    const object = newObject(kind, namespace, parseObject(kind, input))
    const name = object.metadata.name
    if (kind.namespaced && store.get('/namespaces', `/${namespace}`) === undefined) {
      throw notFound({ ...kind, group: '', plural: 'namespaces' }, namespace)
    }
    if (find(kind, namespace, name) !== undefined) throw alreadyExists(kind, name)
    checkSchema(kind, object)
    return dryRun ? object : store.put(collectionOf(kind), object)
  }

  function update(
    kind: Kind,
    target: { namespace: string; name: string; part: Part; dryRun?: boolean },
    input: unknown,
  ): ApiObject {
    const old = get(kind, target.namespace, target.name)
    const wanted = parseObject(kind, input)
    checkVersion(kind, old, wanted)
    const next = target.part === 'status' ? { ...old, status: wanted['status'] } : replacement(kind, old, wanted)
    const shaped = shape(kind, next)
    if (isDeepStrictEqual(shaped, old)) return old
    checkSchema(kind, shaped)
    if (target.dryRun === true) return shaped
    const stored = store.put(collectionOf(kind), shaped)
    const finished = stored.metadata.deletionTimestamp !== undefined && (stored.metadata.finalizers ?? []).length === 0
    if (finished) erase(kind, stored, false)
    return stored
  }

  function remove(kind: Kind, namespace: string, name: string, preconditions: Preconditions = {}): ApiObject {
    const old = get(kind, namespace, name)
    const { uid, resourceVersion } = preconditions
    if (uid !== undefined && uid !== old.metadata.uid) throw conflict(kind, name)
    if (resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion) throw conflict(kind, name)
    if ((old.metadata.finalizers ?? []).length === 0) return erase(kind, old, preconditions.orphan === true)
    if (old.metadata.deletionTimestamp !== undefined) return old
    const metadata = { ...old.metadata, deletionTimestamp: kubernetesTime(), deletionGracePeriodSeconds: 0 }
    return store.put(collectionOf(kind), { ...old, metadata })
  }

  function erase(kind: Kind, object: ApiObject, orphan: boolean): ApiObject {
    const key = `${object.metadata.namespace ?? ''}/${object.metadata.name}`
    const removed = store.remove(collectionOf(kind), key) ?? object
    if (kind.kind === 'Namespace') eraseMatching((one) => one.metadata.namespace === object.metadata.name)
    const owner = object.metadata.uid
    const owns = mayOwn(kind) && !orphan
    if (owns)
      eraseMatching((one) => one.metadata.ownerReferences?.some((reference) => reference.uid === owner) ?? false)
    return removed
  }

  function eraseMatching(matches: (object: ApiObject) => boolean): void {
    for (const collection of store.collections()) {
      const kind = kindOfCollection(collection)
      if (kind === undefined) continue
      for (const object of store.list(collection)) if (matches(object)) erase(kind, object, false)
    }
  }

  return {
    find,
    get,
    list(kind, namespace) {
      const all = store.list(collectionOf(kind)).map((object) => served(kind, object))
      return namespace === undefined || !kind.namespaced
        ? all
        : all.filter((object) => object.metadata.namespace === namespace)
    },
    create,
    update,
    remove,
  }
}

/** Only these own others here; asking for all kinds would make every delete walk the whole store. */
function mayOwn(kind: Kind): boolean {
  return kind.group === 'apps' || kind.group === 'batch' || kind.custom
}

function parseObject(kind: Kind, input: unknown): ApiObject {
  if (!isFields(input)) throw badRequest('the body of the request was in an unknown format - an object is required')
  const apiVersion = textAt(input, 'apiVersion') || apiVersionOf(kind)
  const name = textAt(input, 'kind') || kind.kind
  if (apiVersion !== apiVersionOf(kind) || name !== kind.kind) {
    throw badRequest(
      `the object provided is ${apiVersion}, Kind=${name}, expected ${apiVersionOf(kind)}, Kind=${kind.kind}`,
    )
  }
  const metadata = fieldsAt(input, 'metadata')
  return { ...input, apiVersion, kind: name, metadata: { ...metadata, name: textAt(metadata, 'name') } }
}

const validName = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/

function newObject(kind: Kind, namespace: string, input: ApiObject): ApiObject {
  const given = textAt(input, 'metadata', 'namespace')
  if (kind.namespaced && given !== '' && given !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  }
  const prefix = textAt(input, 'metadata', 'generateName')
  const name = input.metadata.name || (prefix === '' ? '' : `${prefix}${randomUUID().slice(0, 5)}`)
  if (name === '') throw invalid(kind, '', 'metadata.name', 'Required value: name or generateName is required')
  if (!validName.test(name) && kind.group !== 'rbac.authorization.k8s.io') {
    throw invalid(kind, name, 'metadata.name', `Invalid value: "${name}": a lowercase RFC 1123 subdomain is required`)
  }
  const metadata: Metadata = {
    ...input.metadata,
    name,
    uid: randomUUID(),
    creationTimestamp: kubernetesTime(),
    ...(kind.hasGeneration ? { generation: 1 } : {}),
  }
  delete metadata.resourceVersion
  delete metadata.deletionTimestamp
  delete metadata['managedFields']
  if (kind.namespaced) metadata.namespace = namespace
  else delete metadata.namespace
  const { status: _dropped, ...rest } = input
  return shape(
    kind,
    kind.hasStatus ? { ...rest, apiVersion: input.apiVersion, kind: input.kind, metadata } : { ...input, metadata },
  )
}

function shape(kind: Kind, object: ApiObject): ApiObject {
  const plain: unknown = JSON.parse(JSON.stringify(withDefaults(object)))
  if (!isFields(plain)) return object
  const clean = { ...plain, apiVersion: object.apiVersion, kind: object.kind, metadata: object.metadata }
  if (kind.schema === undefined) return clean
  const shaped = shapeBySchema({ ...clean, metadata: {} }, { ...kind.schema, properties: withEnvelope(kind.schema) })
  const fields = isFields(shaped) ? shaped : {}
  return { ...fields, apiVersion: object.apiVersion, kind: object.kind, metadata: object.metadata }
}

/** Every schema implies these three. */
function withEnvelope(schema: Record<string, unknown>): Record<string, unknown> {
  return { ...fieldsAt(schema, 'properties'), apiVersion: {}, kind: {}, metadata: {} }
}

function checkSchema(kind: Kind, object: ApiObject): void {
  if (kind.schema === undefined) return
  const violation = findViolation(object, kind.schema)
  if (violation !== undefined) throw invalid(kind, object.metadata.name, violation.field, violation.problem)
}

function checkVersion(kind: Kind, old: ApiObject, wanted: ApiObject): void {
  const { name, resourceVersion, uid } = wanted.metadata
  if (name !== '' && name !== old.metadata.name) {
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${old.metadata.name})`)
  }
  if (resourceVersion === undefined || resourceVersion === '') {
    const strict = kind.custom || strictCollections.has(collectionOf(kind))
    if (strict)
      throw invalid(kind, name, 'metadata.resourceVersion', 'Invalid value: 0x0: must be specified for an update')
  } else if (resourceVersion !== old.metadata.resourceVersion) {
    throw conflict(kind, old.metadata.name)
  }
  if (uid !== undefined && uid !== old.metadata.uid) throw conflict(kind, old.metadata.name)
}

/** What cannot be written stays as it was: identity, times and, where there is a subresource, the status. */
function replacement(kind: Kind, old: ApiObject, wanted: ApiObject): ApiObject {
  const { uid, creationTimestamp, namespace, resourceVersion, generation, deletionTimestamp } = old.metadata
  const kept = { uid, creationTimestamp, namespace, resourceVersion, generation, deletionTimestamp }
  const defined = Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined))
  const metadata: Metadata = { ...wanted.metadata, ...defined, name: old.metadata.name }
  delete metadata['managedFields']
  const next: ApiObject = { ...wanted, metadata }
  if (kind.hasStatus) {
    delete next['status']
    if (old['status'] !== undefined) next['status'] = old['status']
  }
  const shaped = shape(kind, next)
  if (kind.hasGeneration && !isDeepStrictEqual(specOf(shaped), specOf(old))) {
    return { ...shaped, metadata: { ...shaped.metadata, generation: (old.metadata.generation ?? 0) + 1 } }
  }
  return shaped
}

/** Everything that a change of counts as a new generation. */
function specOf(object: ApiObject): unknown {
  const { metadata: _metadata, status: _status, ...rest } = object
  return rest
}
