import { Buffer, isUtf8 } from 'node:buffer'
import { parseTree } from '../../core/change/tree.ts'
import { FairleadError } from '../../errors.ts'

/** Larger files are listed but have no text. */
export const maxTextBytes = 1024 * 1024
/** Texts of one revision together. */
export const maxSnapshotBytes = 256 * 1024 * 1024

/** A tree entry that can be named by a manifest. */
export interface NamedEntry {
  mode: string
  id: string
}

/** A tree as it came and as it is looked up. */
export interface CachedTree {
  raw: Uint8Array
  /** In tree order, which is the bytewise order of paths. */
  entries: ReadonlyMap<string, NamedEntry>
}

/** Immutable objects by id, shared by the snapshots of one repository. */
export interface ObjectCache {
  has(id: string): boolean
  tree(id: string): CachedTree | undefined
  commit(id: string): Uint8Array | undefined
  blob(id: string): Uint8Array | undefined
  /** Undefined when the blob is not here or not UTF-8. */
  text(id: string): string | undefined
  /** `bytes` undefined: there is such a blob but it is too large to be read. */
  put(id: string, type: string, bytes: Uint8Array | undefined): void
  /** A new cache with only these objects. This one stays as it is for the snapshots that read from it. */
  compact(ids: ReadonlySet<string>): ObjectCache
  /** Trees of which everything below is known to be here. */
  readonly complete: Set<string>
  readonly size: number
}

/** Is this a file whose text decides anything? */
export function isManifestName(name: string): boolean {
  return /\.(?:ya?ml|json)$/i.test(name)
}

/** A cache in memory; blobs stay as bytes outside of the JavaScript heap and are decoded when they are asked for. */
export function createObjectCache(): ObjectCache {
  return cacheOver({ trees: new Map(), commits: new Map(), blobs: new Map() })
}

interface Objects {
  trees: Map<string, CachedTree>
  commits: Map<string, Uint8Array>
  blobs: Map<string, Buffer | undefined>
}

function cacheOver({ trees, commits, blobs }: Objects): ObjectCache {
  return {
    complete: new Set(),
    has: (id) => trees.has(id) || blobs.has(id) || commits.has(id),
    tree: (id) => trees.get(id),
    commit: (id) => commits.get(id),
    blob: (id) => blobs.get(id),
    text(id) {
      const bytes = blobs.get(id)
      return bytes && isUtf8(bytes) ? bytes.toString('utf8') : undefined
    },
    put(id, type, bytes) {
      if (type === 'tree' && bytes) trees.set(id, { raw: bytes, entries: namedEntries(bytes) })
      else if (type === 'commit' && bytes) commits.set(id, bytes)
      else if (type === 'blob') blobs.set(id, bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    },
    compact: (ids) => cacheOver({ trees: only(trees, ids), commits: only(commits, ids), blobs: only(blobs, ids) }),
    get size() {
      return trees.size + commits.size + blobs.size
    },
  }
}

function only<T>(map: ReadonlyMap<string, T>, ids: ReadonlySet<string>): Map<string, T> {
  return new Map([...map].filter(([id]) => ids.has(id)))
}

/**
 * Entries whose names are UTF-8 and plain file names. A manifest cannot name the others, so nothing ever has to look
 * into them; in the raw tree they stay as they are.
 */
function namedEntries(raw: Uint8Array): Map<string, NamedEntry> {
  const entries = new Map<string, NamedEntry>()
  for (const { mode, name, id } of parseTree(raw)) {
    if (!isUtf8(name)) continue
    const text = Buffer.from(name).toString('utf8')
    const isPlain = text !== '' && text !== '.' && text !== '..' && !text.includes('/') && !/^\.git\s*$/i.test(text)
    if (isPlain) entries.set(text, { mode, id })
  }
  return entries
}

/**
 * Is everything below this tree here? Complete trees are remembered, so that the next revision costs what it changed
 * and not what the repository holds.
 */
export function isComplete(id: string, cache: ObjectCache): boolean {
  if (cache.complete.has(id)) return true
  const tree = cache.tree(id)
  if (!tree) return false
  for (const [name, entry] of tree.entries) {
    if (entry.mode === '040000' ? !isComplete(entry.id, cache) : isText(name, entry) && !cache.has(entry.id))
      return false
  }
  cache.complete.add(id)
  return true
}

function isText(name: string, { mode }: NamedEntry): boolean {
  return mode.startsWith('100') && isManifestName(name)
}

/** What a revision still needs, found by walking the trees that are known. */
export interface Reach {
  /** Every id the revision consists of, as far as it could be walked. */
  ids: Set<string>
  missingTrees: string[]
  /** Blobs of YAML and JSON files. */
  missingBlobs: string[]
}

/** Walks from a root tree through the cache. `RepositoryTooLarge` beyond half a million entries. */
export function reach(root: string, cache: ObjectCache): Reach {
  const found: Reach = { ids: new Set(), missingTrees: [], missingBlobs: [] }
  const waiting = [root]
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (found.ids.has(id)) continue
    found.ids.add(id)
    if (found.ids.size > 500_000) {
      throw new FairleadError('RepositoryTooLarge', 'the repository has more than 500,000 files and folders')
    }
    const tree = cache.tree(id)
    if (tree) reachEntries(tree, { cache, found, waiting })
    else found.missingTrees.push(id)
  }
  return found
}

function reachEntries(tree: CachedTree, walk: { cache: ObjectCache; found: Reach; waiting: string[] }): void {
  for (const [name, { mode, id }] of tree.entries) {
    if (mode === '040000') walk.waiting.push(id)
    else if (isText(name, { mode, id }) && !walk.found.ids.has(id)) {
      walk.found.ids.add(id)
      if (!walk.cache.has(id)) walk.found.missingBlobs.push(id)
    }
  }
}
