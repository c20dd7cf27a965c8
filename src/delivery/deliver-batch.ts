import { asFairleadError, FairleadError } from '../errors.ts'
import type { BranchSnapshot } from '../ports.ts'
import type { BranchMove } from '../ports-engine.ts'
import { type Authorship, type RenderedBatch, renderBatch } from './batch.ts'
import { findCommit } from './find-commit.ts'
import { createHostedLanding } from './hosted-landing.ts'
import { createPushLanding, type Landed, type Landing, type LandingDeps, type LandingJob } from './landing.ts'

/** What became of a delivery. `settled`: the branch held it already. */
export interface Delivered {
  kind: 'pushed' | 'settled'
  commit: string | undefined
  /** Why the host did not make and sign the commit, where it should have. */
  unsigned?: string | undefined
}

/** A decision whose sender waits to be told. Both callbacks may be called again and do nothing then. */
export interface WaitingJob extends LandingJob {
  resolve: (delivered: Delivered) => void
  reject: (error: FairleadError) => void
}

export interface BatchDeps extends LandingDeps {
  branch: string
  authorship: Authorship
  random: () => number
  /** Told of every move of the branch that was ours. */
  moved?: (move: BranchMove) => void
}

interface Rendered {
  snapshot: BranchSnapshot
  rendered: RenderedBatch<WaitingJob>
}

const maxAttempts = 10

/**
 * Brings decisions onto a branch, and tells each what became of it. The plan is made again on every new head, so there is
 * nothing to rebase. After any error the remote is read back before anything is concluded: "rejected" may well mean
 * "accepted, and the answer was lost".
 */
export function createBatchDelivery(deps: BatchDeps): (batch: readonly WaitingJob[]) => Promise<void> {
  const { repository, branch, clock } = deps
  const landing = landingOf(deps)

  const settleAll = async (batch: readonly WaitingJob[]): Promise<void> => {
    const open = new Set(batch)
    try {
      await deliver(open)
    } catch (thrown) {
      const error = asFairleadError(thrown)
      if (error.code === 'PushRefused' && open.size > 1) {
        // One bad change must not hold up the others: each goes alone.
        for (const job of open) await settleAll([job])
      } else for (const job of open) job.reject(error)
    }
  }

  /** Takes out of `open` whatever was told its outcome. */
  const deliver = async (open: Set<WaitingJob>): Promise<void> => {
    let moved = 0
    while (open.size > 0) {
      const { snapshot, rendered } = await render([...open], moved > 0)
      await conclude(rendered, snapshot)
      for (const { job } of rendered.concluded) open.delete(job)
      if (open.size === 0) return
      const landed = await landing.land(snapshot, rendered)
      tellMove(snapshot, rendered, landed)
      for (const { job, commit, unsigned } of landed) {
        job.resolve({ kind: 'pushed', commit, unsigned })
        open.delete(job)
      }
      moved = landed.length > 0 ? 0 : moved + 1
      if (moved > 0) await pause(moved)
    }
  }

  const tellMove = (
    { revision: before }: BranchSnapshot,
    { commits }: RenderedBatch<WaitingJob>,
    landed: readonly Landed<WaitingJob>[],
  ) => {
    const after = landed.at(-1)?.commit
    if (after === undefined) return
    const ours = commits.filter(({ job }) => landed.some((one) => one.job === job))
    const files = new Set(ours.flatMap(({ change }) => change.edits.map(({ path }) => path)))
    deps.moved?.({ repository: deps.name, branch, before, after, files: [...files] })
  }

  const pause = async (moved: number): Promise<void> => {
    if (moved < maxAttempts) return clock.sleep(50 * 2 ** Math.min(moved, 6) * deps.random())
    throw new FairleadError('PushRejected', `${branch} of ${deps.name} moved ${moved} times while pushing`)
  }

  /** Refusals and "already there" are only concluded from the head the remote has now. */
  const render = async (open: readonly WaitingJob[], fresh: boolean): Promise<Rendered> => {
    const snapshot = await repository.snapshot(branch, { fresh })
    const rendered = renderBatch(snapshot, open, deps.authorship)
    return fresh || rendered.concluded.length === 0 ? { snapshot, rendered } : render(open, true)
  }

  const conclude = async ({ concluded }: RenderedBatch<WaitingJob>, { revision }: BranchSnapshot) => {
    for (const { job, refusal } of concluded) {
      try {
        if (refusal !== undefined) throw refusal
        job.resolve({ kind: 'settled', commit: await findCommit(repository, job.id, revision) })
      } catch (thrown) {
        job.reject(asFairleadError(thrown))
      }
    }
  }

  return settleAll
}

function landingOf(deps: BatchDeps): Landing {
  const byPush = createPushLanding(deps)
  const { hosted } = deps.authorship
  return hosted === undefined ? byPush : createHostedLanding({ ...deps, commits: hosted.commits, byPush })
}
