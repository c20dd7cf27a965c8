import { asFairleadError } from '../errors.ts'
import type { BranchSnapshot, Clock, GitRepository, Log } from '../ports.ts'
import type { Metrics } from '../runtime/metrics.ts'
import type { BatchJob, RenderedBatch } from './batch.ts'
import { measureWrite } from './measured-write.ts'

/** A decision whose commit can be found again by its `Fairlead-Id`. */
export interface LandingJob extends BatchJob {
  id: string
}

/** A commit that the remote branch was seen to hold. */
export interface Landed<J extends LandingJob> {
  job: J
  commit: string
  /** Why the host did not make and sign it, where it should have. */
  unsigned?: string | undefined
}

/** A way in which rendered commits reach a branch. */
export interface Landing {
  /**
   * Puts commits on the branch, on top of the snapshot they were rendered on: as many as go at once, from the first on.
   * None in the answer means that the branch moved. Rejects with the refusal, or when nobody knows.
   */
  land<J extends LandingJob>(snapshot: BranchSnapshot, rendered: RenderedBatch<J>): Promise<readonly Landed<J>[]>
}

export interface LandingDeps {
  repository: GitRepository
  /** Normalised URL: how the repository is called in metrics and log. */
  name: string
  /** Throws when this replica must not write (any more). */
  fence: () => void
  clock: Clock
  log: Log
  metrics: Metrics
}

/** All commits in one push. After an error the remote is read back, for an answer may only have been lost. */
export function createPushLanding(deps: LandingDeps): Landing {
  const { repository, name, log } = deps
  return {
    async land(snapshot, { commits, objects }) {
      const { branch, revision: base } = snapshot
      const commit = commits.at(-1)?.id ?? base
      const landed = commits.map(({ job, id }) => ({ job, commit: id }))
      const write = async () => {
        deps.fence()
        await repository.store(objects)
        deps.fence()
        await repository.push(branch, base, commit)
      }
      try {
        await measureWrite(write, { ...deps, operation: 'push' })
      } catch (thrown) {
        const error = asFairleadError(thrown)
        if (error.code === 'PushRefused' || error.kind === 'internal') throw error
        log.info({ repository: name, branch, code: error.code, base, commit }, 'push failed; reading back')
        if (await isOnBranch(commit, branch, repository)) return landed
        if (error.code === 'PushRejected') return []
        throw error
      }
      log.info({ repository: name, branch, commit, changes: commits.length }, 'pushed')
      const isThere = (await repository.remoteHead(branch)) === commit || (await isOnBranch(commit, branch, repository))
      return isThere ? landed : []
    },
  }
}

/** Does the remote branch hold the commit now? */
async function isOnBranch(commit: string, branch: string, repository: GitRepository): Promise<boolean> {
  const { revision } = await repository.snapshot(branch, { fresh: true })
  return (await repository.ancestry(commit, revision)) === 'yes'
}
