import { isMap, isScalar, isSeq } from 'yaml'
import { FairleadError } from '../../../errors.ts'
import type { KeyStep } from './key-path.ts'
import { enter, entriesOf, itemsOf, type Place, textOf } from './place.ts'

/**
 * Mappings that are laid over each other, as Helm merges values files and kustomize merges patches into custom resources:
 * mappings are merged key by key, anything else is replaced as a whole, and `null` takes away.
 */

/** One mapping that takes part, or a change about which only the place is known. */
export interface MergeLayer {
  place: Place
  /** Steps from the root of the merged value to where this layer speaks. */
  at?: readonly KeyStep[]
  /** Nothing below it shows through at and under `at`, as with a JSON patch's `replace`. */
  replaces?: boolean
  /** What it makes of the values at and under `at` is not known, and why. */
  opaque?: string
  /** What is told instead of `Masked` when that matters. */
  refusal?: FairleadError
  /** It lies under a whole object, whose patches replace what is in that object and nothing here. */
  beneath?: boolean
}

/** Layers over each other, the one that wins first. All of them speak at or under the place in question. */
export type Merged = readonly MergeLayer[]

/** One step further; empty when nothing is there. What a layer that is not understood covers stays with it. */
export function enterMerged(merged: Merged, step: KeyStep): Merged {
  const below: MergeLayer[] = []
  let isReplaced = false
  for (const layer of merged) {
    if (isReplaced && layer.beneath !== true) continue
    const [next, ...rest] = layer.at ?? []
    if (next !== undefined) {
      if (next === step) below.push({ ...layer, at: rest })
      continue
    }
    if (layer.opaque !== undefined) {
      below.push(layer)
      break
    }
    const child = enter(layer.place, step)
    if (child !== undefined && !isNull(child)) below.push({ ...layer, place: child, at: [] })
    if (hidesBelow(layer, child)) break
    isReplaced ||= layer.replaces === true
  }
  return below
}

/** A value that is no mapping hides what it lies on, and so does its absence. */
function hidesBelow({ place }: MergeLayer, child: Place | undefined): boolean {
  if (!isMap(place.node)) return true
  return child !== undefined && !isMap(child.node)
}

/** Several steps at once. */
export function enterAllMerged(merged: Merged, ...steps: KeyStep[]): Merged {
  return steps.reduce<Merged>(enterMerged, merged)
}

/**
 * The value that decides: a scalar or a sequence. Undefined for a mapping and for nothing. `Masked` when a layer that is
 * not understood lies on top.
 */
export function decidingPlace(merged: Merged): Place | undefined {
  const [first] = merged
  if (first === undefined) return undefined
  if (first.opaque !== undefined) throw masked(first, first.opaque)
  if ((first.at?.length ?? 0) > 0 || isMap(first.place.node)) return undefined
  return first.place
}

/** Text of the scalar that decides. */
export function mergedText(merged: Merged): string | undefined {
  return textOf(decidingPlace(merged))
}

/** All keys that are there after merging, as far as they are known; empty for anything but mappings. */
export function mergedKeys(merged: Merged): string[] {
  const keys = new Set<string>()
  for (const layer of merged) {
    const [next] = layer.at ?? []
    if (typeof next === 'string') keys.add(next)
    else if (next === undefined && layer.opaque === undefined) for (const key of keysAt(layer.place)) keys.add(key)
  }
  return [...keys].filter((key) => enterMerged(merged, key).length > 0)
}

/** The entries of a mapping whose values a scalar or a sequence decides. `Masked` as above. */
export function mergedEntries(merged: Merged): { key: string; value: Place }[] {
  return mergedKeys(merged).flatMap((key) => {
    const value = decidingPlace(enterMerged(merged, key))
    return value === undefined ? [] : [{ key, value }]
  })
}

/** Merge keys inside merge keys that are looked into. */
const maxMerges = 8

/** The keys of a mapping with those that come through merge keys. */
function keysAt(place: Place, depth = 0): string[] {
  return entriesOf(place).flatMap(({ key, value }) => {
    if (key !== '<<') return [key]
    if (depth === maxMerges) return []
    return (isSeq(value.node) ? itemsOf(value) : [value]).flatMap((one) => keysAt(one, depth + 1))
  })
}

/** The items of the list that decides, each with what lies over it; empty for anything else. `Masked` as above. */
export function mergedItems(merged: Merged): Merged[] {
  const list = merged.find(({ at = [] }) => at.length === 0)
  if (list === undefined) return []
  if (list.opaque !== undefined) throw masked(list, list.opaque)
  return itemsOf(list.place).map((_, index) => enterMerged(merged, index))
}

/** Is anything written there, be it an empty mapping? `Masked` as above. */
export function isWritten(merged: Merged): boolean {
  decidingPlace(merged)
  return merged.length > 0
}

function isNull({ node }: Place): boolean {
  return isScalar(node) && node.value === null
}

function masked({ place, refusal }: MergeLayer, why: string): FairleadError {
  if (refusal !== undefined) return refusal
  const where = `${place.source.file}`
  return new FairleadError('Masked', `${where} changes values in a way that is not followed: ${why}.`, {
    evidence: [why],
  })
}
