import { type ApiObject, keyOf } from './object.ts'
import type { Change } from './store.ts'

/** Which objects each controller owns, kept from changes so that nobody has to search for them. */
export interface Ownership {
  observe(change: Change): void
  /** By the uid of the controller. */
  ownedBy(uid: string): readonly ApiObject[]
}

export function createOwnership(): Ownership {
  const owned = new Map<string, Map<string, ApiObject>>()
  return {
    observe({ object, type, collection }) {
      const uid = object.metadata.ownerReferences?.find((one) => one.controller === true)?.uid
      if (uid === undefined) return
      const siblings = owned.get(uid) ?? new Map<string, ApiObject>()
      owned.set(uid, siblings)
      const key = `${collection} ${keyOf(object)}`
      if (type === 'DELETED') siblings.delete(key)
      else siblings.set(key, object)
      if (siblings.size === 0) owned.delete(uid)
    },
    ownedBy: (uid) => [...(owned.get(uid)?.values() ?? [])],
  }
}
