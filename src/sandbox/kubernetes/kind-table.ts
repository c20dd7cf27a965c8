import { fieldsAt, textAt } from '../json.ts'
import { apiVersionOf, builtInKinds, collectionOf, type Kind, kindsOfDefinition } from './kind.ts'
import { kubernetesTime } from './object.ts'
import type { Store } from './store.ts'

const definitions = 'apiextensions.k8s.io/customresourcedefinitions'

/** Every kind that is served right now: the built-in ones and what the stored definitions add. */
export interface KindTable {
  all(): readonly Kind[]
  /** By its place in a URL. */
  find(group: string, version: string, plural: string): Kind | undefined
  /** By what an object says of itself. */
  ofObject(apiVersion: string, kind: string): Kind | undefined
  ofCollection(collection: string): Kind | undefined
  close(): void
}

export function createKindTable(store: Store): KindTable {
  let kinds: readonly Kind[] = builtInKinds
  const unsubscribe = store.subscribe((change) => {
    if (change.collection !== definitions) return
    kinds = [...builtInKinds, ...store.list(definitions).flatMap(kindsOfDefinition)]
    const { object } = change
    if (change.type === 'ADDED') queueMicrotask(() => establish(store, object.metadata.name))
    if (change.type === 'DELETED') {
      const collection = `${textAt(object, 'spec', 'group')}/${textAt(object, 'spec', 'names', 'plural')}`
      queueMicrotask(() => removeAll(store, collection))
    }
  })
  return {
    all: () => kinds,
    find: (group, version, plural) =>
      kinds.find((kind) => kind.group === group && kind.version === version && kind.plural === plural),
    ofObject: (apiVersion, name) => kinds.find((kind) => kind.kind === name && apiVersionOf(kind) === apiVersion),
    ofCollection: (collection) => kinds.find((kind) => collectionOf(kind) === collection),
    close: unsubscribe,
  }
}

/** What the API server writes into the status of a definition that it begins to serve. */
function establish(store: Store, name: string): void {
  const definition = store.get(definitions, `/${name}`)
  if (definition === undefined) return
  const lastTransitionTime = kubernetesTime()
  const conditions = [
    { type: 'NamesAccepted', reason: 'NoConflicts', message: 'no conflicts found' },
    { type: 'Established', reason: 'InitialNamesAccepted', message: 'the initial names have been accepted' },
  ].map((condition) => ({ ...condition, status: 'True', lastTransitionTime }))
  const storedVersions = kindsOfDefinition(definition).map((kind) => kind.version)
  const acceptedNames = fieldsAt(definition, 'spec', 'names')
  store.put(definitions, { ...definition, status: { acceptedNames, conditions, storedVersions } })
}

function removeAll(store: Store, collection: string): void {
  for (const object of store.list(collection)) {
    store.remove(collection, `${object.metadata.namespace ?? ''}/${object.metadata.name}`)
  }
}
