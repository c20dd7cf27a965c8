import { parseCommit } from '../../core/change/commit.ts'
import type { BranchSnapshot } from '../../ports.ts'
import { isComplete, isManifestName, type NamedEntry, type ObjectCache } from './object-cache.ts'

/** The id of a commit's root tree; undefined when the commit is not in the cache. */
export function rootTree(revision: string, cache: ObjectCache): string | undefined {
  const bytes = cache.commit(revision)
  return bytes && parseCommit(bytes)?.tree
}

/** A snapshot over loaded objects; undefined when one of them is not in the cache. */
export function buildSnapshot(branch: string, revision: string, cache: ObjectCache): BranchSnapshot | undefined {
  const root = rootTree(revision, cache)
  if (root === undefined || !isComplete(root, cache)) return undefined
  return createSnapshot({ branch, revision, root, cache })
}

interface Source {
  branch: string
  revision: string
  root: string
  cache: ObjectCache
}

function createSnapshot({ branch, revision, root, cache }: Source): BranchSnapshot {
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
  }
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
