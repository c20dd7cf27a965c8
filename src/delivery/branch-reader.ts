import { asFairleadError, FairleadError } from '../errors.ts'
import type { BranchSnapshot } from '../ports.ts'
import type { ManagedRepository } from './repositories.ts'

/** A branch, and the revision of it that an engine shows, as it writes it (`main@sha1:<commit>`). */
export interface BranchQuestion {
  repository: Pick<ManagedRepository, 'url' | 'git'>
  /** `''` is the repository's default branch. */
  branch: string
  revision: string | undefined
}

/** Reads a branch, no older than what the engine has. */
export type BranchReader = (question: BranchQuestion) => Promise<BranchSnapshot>

/**
 * What is already here is taken as it is, for a push on an old head is rejected anyway. Only when the engine shows a
 * revision that has not been looked at yet is the remote asked, once: somebody else has committed. What the default
 * branch is called is asked once, and again when there is no such branch any more.
 */
export function createBranchReader(): BranchReader {
  const looked = new Map<string, string>()
  const defaults = new Map<string, string>()

  const nameOf = async ({ url, git }: BranchQuestion['repository'], branch: string): Promise<string> => {
    const known = branch === '' ? defaults.get(url) : branch
    if (known !== undefined) return known
    const named = await git.defaultBranch()
    if (named === undefined) {
      throw new FairleadError('BranchNotFound', `${url} has no default branch; name one in the source`)
    }
    defaults.set(url, named)
    return named
  }

  const read = async ({ repository, revision }: BranchQuestion, branch: string): Promise<BranchSnapshot> => {
    const key = `${repository.url} ${branch}`
    const known = await repository.git.snapshot(branch, { fresh: false })
    if (revision === undefined || looked.get(key) === revision || revision.endsWith(known.revision)) return known
    const fresh = await repository.git.snapshot(branch, { fresh: true })
    looked.set(key, revision)
    return fresh
  }

  return async (question) => {
    const { repository, branch } = question
    try {
      return await read(question, await nameOf(repository, branch))
    } catch (thrown) {
      if (asFairleadError(thrown).code === 'BranchNotFound') defaults.delete(repository.url)
      throw thrown
    }
  }
}
