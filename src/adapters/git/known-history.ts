import { parseCommit } from '../../core/change/commit.ts'
import type { Ancestry } from '../../core/sync/ancestry.ts'
import { dropOldest } from './bounded-map.ts'

const commitLimit = 5000

/**
 * Parents of the commits that went through this process: mostly the newest ones, about which everybody asks. Facts that
 * never change, so they outlive the store.
 */
export interface KnownHistory {
  /** Remembers a commit from its raw bytes. */
  add(id: string, bytes: Uint8Array | undefined): void
  /** `unknown` as soon as the answer lies outside of what is remembered. */
  ancestry(commit: string, revision: string): Ancestry
}

export function createKnownHistory(): KnownHistory {
  const parents = new Map<string, readonly string[]>()

  /** Is `ancestor` met on the way from `from` towards the roots, as far as it is known? */
  function meets(ancestor: string, from: string): boolean {
    const seen = new Set([from])
    for (const id of seen) {
      if (id === ancestor) return true
      for (const parent of parents.get(id) ?? []) seen.add(parent)
    }
    return false
  }

  return {
    add(id, bytes) {
      const facts = bytes && parseCommit(bytes)
      if (!facts) return
      parents.set(id, facts.parents)
      dropOldest(parents, commitLimit)
    },
    ancestry(commit, revision) {
      if (meets(commit, revision)) return 'yes'
      // The revision comes before the commit, so the commit cannot come before it.
      return meets(revision, commit) ? 'no' : 'unknown'
    },
  }
}
