import { asFairleadError } from '../errors.ts'
import type { BranchSnapshot } from '../ports.ts'
import type { HostedCommits } from '../ports-repository-host.ts'
import type { RenderedBatch, RenderedJob } from './batch.ts'
import { findCommit } from './find-commit.ts'
import { commitByHost, isBeyondHost, obstacleToHosting } from './hosted-commit.ts'
import type { Landed, Landing, LandingDeps, LandingJob } from './landing.ts'
import { measureWrite } from './measured-write.ts'

export interface HostedLandingDeps extends LandingDeps {
  commits: HostedCommits
  /** For what the host cannot make. */
  byPush: Landing
}

interface Start<J extends LandingJob> {
  snapshot: BranchSnapshot
  rendered: RenderedBatch<J>
}

/**
 * The host makes and signs the commits, one at a time, for their ids are known only afterwards. The head they must stand
 * on is the host's own compare-and-swap; a commit whose answer was lost is found by its `Fairlead-Id`.
 */
export function createHostedLanding(deps: HostedLandingDeps): Landing {
  const { repository, name, log, commits, byPush } = deps

  async function pushFirst<J extends LandingJob>(
    { snapshot, rendered }: Start<J>,
    unsigned: string,
  ): Promise<readonly Landed<J>[]> {
    const { branch } = snapshot
    log.warn({ repository: name, branch, reason: unsigned }, 'the host cannot sign this commit; pushing it unsigned')
    const landed = await byPush.land(snapshot, { ...rendered, commits: rendered.commits.slice(0, 1) })
    return landed.map((one) => ({ ...one, unsigned }))
  }

  async function commitFirst<J extends LandingJob>(
    first: RenderedJob<J>,
    { snapshot, rendered }: Start<J>,
  ): Promise<readonly Landed<J>[]> {
    const { branch, revision: base } = snapshot
    deps.fence()
    try {
      const write = () => commitByHost(first, { branch, base }, commits)
      const commit = await measureWrite(write, { ...deps, operation: 'commit' })
      log.info({ repository: name, branch, commit }, 'committed by the host')
    } catch (thrown) {
      const error = asFairleadError(thrown)
      if (isBeyondHost(error)) return pushFirst({ snapshot, rendered }, error.message)
      if (error.code === 'PushRefused' || error.kind === 'internal') throw error
      log.info({ repository: name, branch, code: error.code, base }, 'commit by the host failed; reading back')
      const landed = await readBack(first.job, snapshot)
      if (landed.length > 0 || error.code === 'PushRejected') return landed
      throw error
    }
    return readBack(first.job, snapshot)
  }

  /** What the branch has now over the base: its commit, whether its answer arrived or not. */
  async function readBack<J extends LandingJob>(job: J, { branch, revision }: BranchSnapshot): Promise<Landed<J>[]> {
    const head = await repository.snapshot(branch, { fresh: true })
    const commit = await findCommit(repository, job.id, head.revision, revision)
    return commit === undefined ? [] : [{ job, commit }]
  }
  return {
    async land(snapshot, rendered) {
      const [first] = rendered.commits
      if (first === undefined) return []
      const obstacle = obstacleToHosting([first], snapshot)
      if (obstacle !== undefined) return pushFirst({ snapshot, rendered }, obstacle)
      return commitFirst(first, { snapshot, rendered })
    },
  }
}
