import type { GitObject } from '../../ports.ts'
import type { ObjectCache } from './object-cache.ts'

/** What a walk from `revision` towards the roots said about `commit`. */
export type WalkAnswer =
  | 'yes'
  /** The walk ended at real roots and did not meet the commit. */
  | 'no'
  /** The walk stopped at a shallow boundary. */
  | 'cut'
  /** The revision itself is not here. */
  | 'absent'

export interface PushOrder {
  /** `replace` may leave behind what the branch held: `commits` then stand on something else that the remote has. */
  how: 'append' | 'replace'
  branch: string
  /** Where the remote branch must be now; `''` when it must not exist. */
  base: string
  commit: string
  /** Commits to send, oldest first. */
  commits: readonly string[]
  /** Holds what was stored and what the base consists of, unless the process started anew in between. */
  cache: ObjectCache
}

/** A first-parent chain, newest first. */
export interface Chain {
  ids: readonly string[]
  /** False when it ends at a shallow boundary. */
  complete: boolean
}

/** Regular files that a commit changed, by path; blob ids, undefined where there is none. */
export interface CommitChange {
  commit: string
  files: ReadonlyMap<string, { before: string | undefined; after: string | undefined }>
}

/**
 * The part of a Git repository that differs between the git binary and the in-process implementation: storing and
 * transporting bytes. Ids and branch names are validated before they come here; calls never overlap.
 */
export interface Backend {
  readonly name: 'native' | 'isomorphic'
  /** Asks the remote; undefined when it has no such branch. */
  remoteHead(branch: string): Promise<string | undefined>
  /** Asks the remote what its HEAD names, e.g. `refs/heads/main`. */
  remoteDefault(): Promise<string | undefined>
  /** Brings the remote branch here and answers its head. */
  fetch(branch: string): Promise<string>
  /** Puts the commit, all its trees and its YAML and JSON files into the cache, as far as they are not there. */
  load(commit: string, cache: ObjectCache): Promise<void>
  /** Raw bytes of commits that are here. */
  readCommits(ids: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>>
  write(objects: readonly GitObject[]): Promise<void>
  push(order: PushOrder): Promise<void>
  walk(commit: string, revision: string): Promise<WalkAnswer>
  firstParents(revision: string, limit: number): Promise<Chain>
  /** What each first-parent commit after `from` up to `to` changed against its first parent, newest first. */
  changes(from: string, to: string): Promise<readonly CommitChange[]>
  /** Makes sure that blobs of known commits are here, in one request. */
  bring(blobs: readonly string[]): Promise<void>
  /** Contents of blobs that are here; undefined for one over 1 MiB. */
  readBlobs(ids: readonly string[]): Promise<ReadonlyMap<string, Uint8Array | undefined>>
  /** Brings older history of these branches; false when there is nothing more to bring. */
  deepen(branches: readonly string[]): Promise<boolean>
  /** Deletes everything that is stored here. */
  discard(): Promise<void>
}

/** The local store cannot be used. It is only a cache, so it is deleted and built again. Never leaves the adapter. */
export class DamagedStore extends Error {
  override readonly name = 'DamagedStore'
}
