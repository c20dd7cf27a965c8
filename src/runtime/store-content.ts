import type { Log } from '../ports.ts'
import { isSameData } from './same-data.ts'
import { createIndexes, type StoreIndexes } from './store-index.ts'

/** Called with the object before and after; undefined = was or is not there. */
export type StoreListener<T> = (key: string, before: T | undefined, after: T | undefined) => void

/** The objects of a store, with everyone who wants to know about changes. */
export interface StoreContent<T> {
  readonly objects: ReadonlyMap<string, T>
  readonly indexes: StoreIndexes<T>
  /** Sets or, with undefined, removes an object; listeners are told when something became different. */
  put(key: string, after: T | undefined): void
  /** The complete state: whatever is not in `next` is removed. Pauses wherever one likes; put nothing in between. */
  replace(next: ReadonlyMap<string, T | undefined>): Generator<void, void>
  /** Returns what ends the subscription. */
  subscribe(listener: StoreListener<T>): () => void
}

/** An object that is equal to the one that is there is dropped, so that a relist costs no memory and wakes nobody. */
export function createStoreContent<T extends object>(kind: string, log: Log): StoreContent<T> {
  const objects = new Map<string, T>()
  const indexes = createIndexes<T>()
  const listeners = new Set<StoreListener<T>>()

  const put = (key: string, after: T | undefined) => {
    const before = objects.get(key)
    if (isSameData(before, after)) return
    if (after === undefined) objects.delete(key)
    else objects.set(key, after)
    indexes.move(key, before, after)
    for (const listener of listeners) {
      try {
        listener(key, before, after)
      } catch (error) {
        log.error({ kind, key, error }, 'listener of a store failed; the others are told')
      }
    }
  }

  return {
    objects,
    indexes,
    put,
    *replace(next) {
      for (const key of [...objects.keys()]) {
        if (next.get(key) === undefined) yield put(key, undefined)
      }
      for (const [key, object] of next) yield put(key, object)
    },
    subscribe(listener) {
      // one of its own per call, so that the same function can be subscribed twice
      const own: StoreListener<T> = (key, before, after) => listener(key, before, after)
      listeners.add(own)
      return () => {
        listeners.delete(own)
      }
    },
  }
}
