import { asFairleadError, FairleadError } from '../../errors.ts'
import type { BranchSnapshot } from '../../ports.ts'
import type { ManagedRepository } from '../repositories.ts'

/** A branch, and the revision of it that an engine shows, as it writes it (`main@sha1:<commit>`). */
export interface BranchQuestion {
  repository: Pick<ManagedRepository, 'url' | 'git'>
  /** `''` is the repository's default branch. */
  branch: string
  revision: string | undefined
}

/** Reads a branch, no older than what the engine has. */
export type BranchReader = (question: BranchQuestion) => Promise<BranchSnapshot>

/** The branches that are read, and what is known to have moved there. */
export interface Branches {
  read: BranchReader
  /** Somebody says that a branch moved: the next read asks the remote. False when nobody reads that branch. */
  moved(repository: string, branch: string): boolean
}

/** A branch that was asked for. */
interface Known {
  /** The revision of the engine that led to the last look. */
  looked: string | undefined
  /** How often it was said to have moved, and how many of these times the remote has answered since. */
  told: number
  answered: number
}

/**
 * What is already here is taken as it is, for a push on an old head is rejected anyway. Only when the engine shows a
 * revision that has not been looked at yet, or somebody says that the branch moved, is the remote asked, once: somebody
 * else has committed. What the default branch is called is asked once, and again when there is no such branch any more.
 */
export function createBranches(): Branches {
  const branches = new Map<string, Known>()
  const defaults = new Map<string, string>()
  const keyOf = (url: string, branch: string) => `${url} ${branch}`

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
    const key = keyOf(repository.url, branch)
    const state = branches.get(key) ?? { looked: undefined, told: 0, answered: 0 }
    branches.set(key, state)
    const { told } = state
    const known = await repository.git.snapshot(branch, { fresh: false })
    const isSeen = revision === undefined || state.looked === revision || revision.endsWith(known.revision)
    if (isSeen && state.answered >= told) return known
    const fresh = await repository.git.snapshot(branch, { fresh: true })
    if (!isSeen) state.looked = revision
    state.answered = Math.max(state.answered, told)
    return fresh
  }

  return {
    async read(question) {
      const { repository, branch } = question
      try {
        return await read(question, await nameOf(repository, branch))
      } catch (thrown) {
        if (asFairleadError(thrown).code === 'BranchNotFound') defaults.delete(repository.url)
        throw thrown
      }
    },
    moved(repository, branch) {
      const state = branches.get(keyOf(repository, branch))
      if (state !== undefined) state.told++
      return state !== undefined
    },
  }
}
