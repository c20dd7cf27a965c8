import { FairleadError } from '../errors.ts'

/** Which keys of a store stand under which value of which index. */
export interface StoreIndexes<T> {
  /** Adds an index and fills it from what is there. The name must be new. */
  add(name: string, valuesOf: (object: T) => readonly string[], objects: ReadonlyMap<string, T>): void
  /** The object at `key` changed. */
  move(key: string, before: T | undefined, after: T | undefined): void
  keys(name: string, value: string): readonly string[]
}

interface Index<T> {
  valuesOf: (object: T) => readonly string[]
  keys: Map<string, Set<string>>
}

/** Indexes are kept with every change, so that a lookup among 10,000 objects is one. */
export function createIndexes<T>(): StoreIndexes<T> {
  const indexes = new Map<string, Index<T>>()

  return {
    add(name, valuesOf, objects) {
      if (indexes.has(name)) throw new FairleadError('Internal', `the index ${name} is added twice`)
      const index: Index<T> = { valuesOf, keys: new Map() }
      indexes.set(name, index)
      for (const [key, object] of objects) enter(index, key, object)
    },
    move(key, before, after) {
      for (const index of indexes.values()) {
        if (before !== undefined) leave(index, key, before)
        if (after !== undefined) enter(index, key, after)
      }
    },
    keys(name, value) {
      const index = indexes.get(name)
      if (index === undefined) throw new FairleadError('Internal', `there is no index ${name}`)
      return [...(index.keys.get(value) ?? [])]
    },
  }
}

function enter<T>(index: Index<T>, key: string, object: T): void {
  for (const value of index.valuesOf(object)) {
    const keys = index.keys.get(value)
    if (keys === undefined) index.keys.set(value, new Set([key]))
    else keys.add(key)
  }
}

function leave<T>(index: Index<T>, key: string, object: T): void {
  for (const value of index.valuesOf(object)) {
    const keys = index.keys.get(value)
    keys?.delete(key)
    if (keys?.size === 0) index.keys.delete(value)
  }
}
