import type { BranchSnapshot } from '../ports.ts'
import type { ManagedRepository } from './repositories.ts'

/** A branch, and the revision of it that an engine shows, as it writes it (`main@sha1:<commit>`). */
export interface BranchQuestion {
  repository: Pick<ManagedRepository, 'url' | 'git'>
  branch: string
  revision: string | undefined
}

/** Reads a branch, no older than what the engine has. */
export type BranchReader = (question: BranchQuestion) => Promise<BranchSnapshot>

/**
 * What is already here is taken as it is, for a push on an old head is rejected anyway. Only when the engine shows a
 * revision that has not been looked at yet is the remote asked, once: somebody else has committed.
 */
export function createBranchReader(): BranchReader {
  const looked = new Map<string, string>()
  return async ({ repository, branch, revision }) => {
    const key = `${repository.url} ${branch}`
    const known = await repository.git.snapshot(branch, { fresh: false })
    if (revision === undefined || looked.get(key) === revision || revision.endsWith(known.revision)) return known
    const fresh = await repository.git.snapshot(branch, { fresh: true })
    looked.set(key, revision)
    return fresh
  }
}
