import { type Fields, isFields } from '../json.ts'

/** JSON merge patch of RFC 7386: null removes, objects merge, everything else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch
  const merged = new Map(isFields(target) ? Object.entries(target) : [])
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key)
    else merged.set(key, mergePatch(merged.get(key), value))
  }
  return Object.fromEntries(merged)
}

/**
 * Lists of the built-in kinds whose entries are merged by a key instead of replaced, with the keys that may name an
 * entry (`patchMergeKey` and `listMapKey` in Kubernetes' own types). Custom resources have none of these here.
 */
const keysOfLists: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  initContainers: ['name'],
  ephemeralContainers: ['name'],
  volumes: ['name'],
  env: ['name'],
  imagePullSecrets: ['name'],
  volumeMounts: ['mountPath'],
  ports: ['containerPort', 'port'],
  conditions: ['type'],
  ownerReferences: ['uid'],
}

/** How a list called `name` is merged: by one of these keys, or as a whole when undefined. */
export type ListKeys = (name: string) => readonly string[] | undefined

export const builtInListKeys: ListKeys = (name) => (Object.hasOwn(keysOfLists, name) ? keysOfLists[name] : undefined)
export const noListKeys: ListKeys = () => undefined

/**
 * Strategic merge patch: like a merge patch, but keyed lists are merged entry by entry and `$patch: delete` removes
 * one. Other directives are not known here.
 */
export function strategicMergePatch(target: unknown, patch: unknown, listName = ''): unknown {
  if (Array.isArray(patch)) return mergeList(target, patch, listName)
  if (!isFields(patch)) return patch
  const merged = new Map(isFields(target) ? Object.entries(target) : [])
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key)
    else if (key !== '$patch') merged.set(key, strategicMergePatch(merged.get(key), value, key))
  }
  return Object.fromEntries(merged)
}

function mergeList(target: unknown, patch: readonly unknown[], listName: string): unknown {
  const keys = builtInListKeys(listName)
  if (keys === undefined) return patch
  const merged: unknown[] = Array.isArray(target) ? [...target] : []
  for (const entry of patch) {
    const at = merged.findIndex((one) => sameEntry(one, entry, keys))
    const removed = isFields(entry) && entry['$patch'] === 'delete'
    if (removed && at >= 0) merged.splice(at, 1)
    else if (removed) continue
    else if (at >= 0) merged[at] = strategicMergePatch(merged[at], entry)
    else merged.push(entry)
  }
  return merged
}

function sameEntry(a: unknown, b: unknown, keys: readonly string[]): boolean {
  return isFields(a) && isFields(b) && keys.some((key) => a[key] !== undefined && a[key] === b[key])
}

/**
 * What server-side apply makes of an object: `wanted` is merged in, and what the same field manager applied last time
 * and leaves out now is removed. Ownership by other managers is not tracked, so there are never apply conflicts.
 */
export function applyMerge(live: unknown, wanted: unknown, last: unknown, listKeys: ListKeys, listName = ''): unknown {
  if (Array.isArray(wanted)) return applyList({ live, wanted, last }, listKeys, listName)
  if (!isFields(wanted)) return wanted
  const merged = new Map(isFields(live) ? Object.entries(live) : [])
  const before: Fields = isFields(last) ? last : {}
  for (const key of Object.keys(before)) if (!Object.hasOwn(wanted, key)) merged.delete(key)
  for (const [key, value] of Object.entries(wanted)) {
    merged.set(
      key,
      applyMerge(merged.get(key), value, Object.hasOwn(before, key) ? before[key] : undefined, listKeys, key),
    )
  }
  return Object.fromEntries(merged)
}

function applyList(
  lists: { live: unknown; wanted: readonly unknown[]; last: unknown },
  listKeys: ListKeys,
  listName: string,
): unknown {
  const keys = listKeys(listName)
  if (keys === undefined) return lists.wanted
  const before: readonly unknown[] = Array.isArray(lists.last) ? lists.last : []
  const gone = before.filter((old) => !lists.wanted.some((entry) => sameEntry(old, entry, keys)))
  const live: readonly unknown[] = Array.isArray(lists.live) ? lists.live : []
  const merged = live.filter((one) => !gone.some((old) => sameEntry(old, one, keys)))
  for (const entry of lists.wanted) {
    const at = merged.findIndex((one) => sameEntry(one, entry, keys))
    const old = before.find((one) => sameEntry(one, entry, keys))
    if (at >= 0) merged[at] = applyMerge(merged[at], entry, old, listKeys)
    else merged.push(entry)
  }
  return merged
}
