import { parseCommit } from '../../core/change/commit.ts'
import type { Snapshot } from '../../core/manifest/snapshot.ts'
import type { BranchSnapshot } from '../../ports.ts'
import { isComplete, isManifestName, type NamedEntry, type ObjectCache } from './object-cache.ts'

/** The id of a commit's root tree; undefined when the commit is not in the cache. */
export function rootTree(revision: string, cache: ObjectCache): string | undefined {
  const bytes = cache.commit(revision)
  return bytes && parseCommit(bytes)?.tree
}

/** A branch, and what its snapshots have in common. */
export interface SnapshotLine {
  branch: string
  lineage: object
}

/** A snapshot over loaded objects; undefined when one of them is not in the cache. */
export function buildSnapshot(line: SnapshotLine, revision: string, cache: ObjectCache): BranchSnapshot | undefined {
  const root = rootTree(revision, cache)
  if (root === undefined || !isComplete(root, cache)) return undefined
  const snapshot = createSnapshot({ ...line, revision, root, cache })
  trees.set(snapshot, { root, cache })
  return snapshot
}

interface Tree {
  root: string
  cache: ObjectCache
}

const trees = new WeakMap<Snapshot, Tree>()

interface Source extends SnapshotLine, Tree {
  revision: string
}

function createSnapshot({ branch, lineage, revision, root, cache }: Source): BranchSnapshot {
  let paths: readonly string[] | undefined
  const entry = (path: string) => findEntry(path, root, cache)
  return {
    branch,
    revision,
    get paths() {
      paths ??= listPaths(root, cache)
      return paths
    },
    text(path) {
      const found = entry(path)
      return found?.mode.startsWith('100') && isManifestName(path) ? cache.text(found.id) : undefined
    },
    mode(path) {
      const found = entry(path)
      return found?.mode === '040000' ? undefined : found?.mode
    },
    tree(folder) {
      const found = folder === '' ? { mode: '040000', id: root } : entry(folder)
      return found?.mode === '040000' ? cache.tree(found.id)?.raw : undefined
    },
    lineage,
    changesSince(other) {
      const before = trees.get(other)
      const changed = new Set<string>()
      return before && collectChanges(before, { root, cache }, '', changed) ? changed : undefined
    },
  }
}

/** A commit that changes more is read anew. */
const maxChanges = 1000

/** Adds the files with other contents, at a price of the folders that differ; false when more than contents does. */
function collectChanges(before: Tree, after: Tree, prefix: string, changed: Set<string>): boolean {
  if (before.root === after.root) return true
  const [old, now] = [before.cache.tree(before.root)?.entries, after.cache.tree(after.root)?.entries]
  if (old === undefined || now === undefined || old.size !== now.size) return false
  for (const [name, { mode, id }] of now) {
    const was = old.get(name)
    if (was?.mode !== mode) return false
    if (was.id === id) continue
    const path = prefix + name
    if (mode !== '040000') changed.add(path)
    else if (!collectChanges({ ...before, root: was.id }, { ...after, root: id }, `${path}/`, changed)) return false
    if (changed.size > maxChanges) return false
  }
  return true
}

function findEntry(path: string, root: string, cache: ObjectCache): NamedEntry | undefined {
  let entry: NamedEntry | undefined = { mode: '040000', id: root }
  for (const name of path.split('/')) {
    if (entry?.mode !== '040000') return undefined
    entry = cache.tree(entry.id)?.entries.get(name)
  }
  return entry
}

/** Tree order with folders in place is already the bytewise order of the full paths. */
function listPaths(root: string, cache: ObjectCache): string[] {
  const paths: string[] = []
  const collect = (id: string, prefix: string) => {
    for (const [name, entry] of cache.tree(id)?.entries ?? []) {
      if (entry.mode === '040000') collect(entry.id, `${prefix}${name}/`)
      else paths.push(prefix + name)
    }
  }
  collect(root, '')
  return paths
}
