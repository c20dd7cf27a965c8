import { parseCommit } from '../../core/change/commit.ts'
import { FairleadError } from '../../errors.ts'
import type { BranchSnapshot, GitObject } from '../../ports.ts'
import { dropOldest } from './bounded-map.ts'
import { buildSnapshot, rootTree } from './branch-snapshot.ts'
import { createKnownHistory, type KnownHistory } from './known-history.ts'
import { createObjectCache, type ObjectCache, reach } from './object-cache.ts'

const chainLimit = 1000
const storedLimit = 5000
/** Branches of our own whose snapshots stay in memory: there may be many, and each is looked at in passing. */
const ownLimit = 10

/** What is known about one repository without asking anybody: heads, their snapshots, objects waiting for a push. */
export interface WorkingSet {
  readonly cache: ObjectCache
  readonly history: KnownHistory
  /** Branches of others that were read before: what they brought is asked about. They survive a `reset`. */
  readonly branches: readonly string[]
  head(branch: string): string | undefined
  setHead(branch: string, head: string): void
  /** The branch is asked for anew at the next snapshot. */
  forget(branch: string): void
  /** The remote has no such branch any more. */
  drop(branch: string): void
  /** The branch is one of our own, and is asked for anew at the next snapshot. */
  own(branch: string): void
  /** The snapshot of this head, when every object of it is in memory. */
  snapshot(branch: string, head: string): BranchSnapshot | undefined
  keep(objects: readonly GitObject[]): void
  /** Objects that were stored and not pushed yet. */
  readonly stored: readonly GitObject[]
  /** Commits after `base` up to `commit`, oldest first. */
  chain(base: string, commit: string): string[]
  /** Commits up to `commit` that no lasting branch of the remote is known to hold, oldest first. */
  unsent(commit: string): string[]
  /** These commits, oldest first, are on the remote branch now. */
  pushed(branch: string, commits: readonly string[]): void
  /** Forgets the heads, because the local store was deleted. */
  reset(): void
}

/** An empty working set. */
export function createWorkingSet(): WorkingSet {
  let cache = createObjectCache()
  let sizeAtCompaction = 0
  const known = new Map<string, BranchSnapshot>()
  const history = createKnownHistory()
  const lineages = new Map<string, object>()
  const heads = new Map<string, string>()
  const seen = new Set<string>()
  const own = new Set<string>()
  const stored = new Map<string, GitObject>()

  /** Old revisions' objects leave the memory when the cache has doubled. */
  function compact(): void {
    if (cache.size < sizeAtCompaction * 2 + 1000) return
    const live = new Set(stored.keys())
    for (const { revision } of known.values()) {
      const root = rootTree(revision, cache)
      live.add(revision)
      if (root !== undefined) for (const id of reach(root, cache).ids) live.add(id)
    }
    cache = cache.compact(live)
    sizeAtCompaction = cache.size
  }

  function snapshot(branch: string, head: string): BranchSnapshot | undefined {
    const before = known.get(branch)
    if (before?.revision === head) return before
    const lineage = lineages.get(branch) ?? {}
    lineages.set(branch, lineage)
    const built = buildSnapshot({ branch, lineage }, head, cache)
    if (!built) return undefined
    known.delete(branch)
    known.set(branch, built)
    const passed = [...known.keys()].filter((one) => own.has(one)).slice(0, -ownLimit)
    for (const one of passed) drop(one)
    history.add(head, cache.commit(head))
    compact()
    return built
  }

  function drop(branch: string): void {
    for (const memory of [seen, heads, known, lineages]) memory.delete(branch)
  }

  return {
    get cache() {
      return cache
    },
    history,
    get branches() {
      return [...seen]
    },
    head: (branch) => heads.get(branch),
    setHead(branch, head) {
      if (!own.has(branch)) seen.add(branch)
      heads.set(branch, head)
    },
    forget: (branch) => void heads.delete(branch),
    drop,
    own(branch) {
      drop(branch)
      own.add(branch)
    },
    snapshot,
    keep(objects) {
      for (const object of objects) {
        // What is stored again is the last to be dropped.
        stored.delete(object.id)
        stored.set(object.id, object)
        cache.put(object.id, object.type, object.bytes)
        if (object.type === 'commit') history.add(object.id, object.bytes)
      }
      dropOldest(stored, storedLimit)
    },
    get stored() {
      return [...stored.values()]
    },
    chain: (base, commit) => findChain(base, commit, stored),
    unsent(commit) {
      const { commits } = walkStored(commit, '', stored)
      if (commits.length > 0 || cache.commit(commit) !== undefined) return commits
      throw new FairleadError('PushRejected', `${commit} was neither stored here nor read; plan again`)
    },
    pushed(branch, commits) {
      const head = commits.at(-1)
      if (head === undefined) return
      seen.add(branch)
      heads.set(branch, head)
      snapshot(branch, head)
      for (const commit of commits) stored.delete(commit)
    },
    reset() {
      heads.clear()
      known.clear()
    },
  }
}

/** Only commits that were stored here and descend from `base` are pushed; so a lease on `base` is never a force. */
function findChain(base: string, commit: string, stored: ReadonlyMap<string, GitObject>): string[] {
  const { commits, end } = walkStored(commit, base, stored)
  if (commits.length === 0 || (base !== '' && end !== base)) {
    throw new FairleadError('PushRejected', `${commit} was not stored here as a descendant of ${base}; plan again`)
  }
  return commits
}

/** First parents from `commit` as far as they were stored here, oldest first, and the one before them. */
function walkStored(commit: string, base: string, stored: ReadonlyMap<string, GitObject>) {
  const commits: string[] = []
  let id = commit
  while (id !== base && commits.length < chainLimit) {
    const object = stored.get(id)
    const facts = object?.type === 'commit' ? parseCommit(object.bytes) : undefined
    if (!facts) break
    commits.unshift(id)
    id = facts.parents[0] ?? ''
  }
  return { commits, end: id }
}
