import type { BranchSnapshot } from '../ports.ts'
import type { Destination } from './destination.ts'

/** Reads the branch a destination lies on, no older than what the engine has. */
export type BranchReader = (
  destination: Pick<Destination, 'repository' | 'origin' | 'source'>,
) => Promise<BranchSnapshot>

/**
 * What is already here is taken as it is, for a push on an old head is rejected anyway. Only when the engine shows a
 * revision that has not been looked at yet is the remote asked, once: somebody else has committed.
 */
export function createBranchReader(): BranchReader {
  const looked = new Map<string, string>()
  return async ({ repository, origin, source }) => {
    const key = `${repository.url} ${origin.branch}`
    const known = await repository.git.snapshot(origin.branch, { fresh: false })
    const revision = source?.revision
    if (revision === undefined || looked.get(key) === revision || revision.endsWith(known.revision)) return known
    const fresh = await repository.git.snapshot(origin.branch, { fresh: true })
    looked.set(key, revision)
    return fresh
  }
}
