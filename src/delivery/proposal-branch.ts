import { asFairleadError, type FairleadError } from '../errors.ts'
import { renderBatch } from './batch.ts'
import { byDateThenId, type Delivery, type DeliveryDeps } from './delivery.ts'
import { measureWrite } from './measured-write.ts'

/** Changes that people shall look at together. */
export interface Proposal {
  /** Branch that they shall be merged into. */
  base: string
  /** Branch of our own that carries them. */
  branch: string
  /** Commit that this branch was at when it was last looked at; `''` when there was none. */
  expected: string
  deliveries: readonly Delivery[]
}

export type ProposalDeps = Pick<
  DeliveryDeps,
  'repository' | 'name' | 'authorship' | 'fence' | 'clock' | 'log' | 'metrics'
>

/** What the branch of a proposal holds. */
export interface ProposedBranch {
  /** Commit that the branch is at; undefined when nothing is left to propose, and the branch is as it was. */
  head: string | undefined
  /** Head of the base branch that it stands on. */
  base: string
  /** `Fairlead-Id`s of its commits, oldest first. */
  included: readonly string[]
  /** What needs no commit: refused, or on the base branch already when `refusal` is undefined. */
  concluded: readonly { id: string; refusal: FairleadError | undefined }[]
}

/**
 * Puts the changes on a branch of our own, on top of what the base branch is now, one commit each, by date then id.
 * The same changes on the same base give the same commits, so a branch that holds them already costs no push. Rejects
 * with `PushRejected` when the branch is not where it was expected: somebody else has been there. After any other error
 * the remote is read back first, for an answer may only have been lost.
 */
export async function putProposal(proposal: Proposal, deps: ProposalDeps): Promise<ProposedBranch> {
  const { repository, authorship } = deps
  const snapshot = await repository.snapshot(proposal.base, { fresh: true })
  const { commits, concluded, objects } = renderBatch(snapshot, [...proposal.deliveries].sort(byDateThenId), authorship)
  const head = commits.at(-1)?.id
  if (head !== undefined && head !== proposal.expected) {
    deps.fence()
    await repository.store(objects)
    await moveBranch(proposal, head, deps)
  }
  return {
    head,
    base: snapshot.revision,
    included: commits.map(({ job }) => job.id),
    concluded: concluded.map(({ job, refusal }) => ({ id: job.id, refusal })),
  }
}

async function moveBranch({ branch, expected }: Proposal, head: string, deps: ProposalDeps): Promise<void> {
  const { repository, name, log } = deps
  deps.fence()
  try {
    await measureWrite(() => repository.replace(branch, expected, head), { ...deps, operation: 'propose' })
  } catch (thrown) {
    const error = asFairleadError(thrown)
    if (error.kind === 'internal') throw error
    log.info({ repository: name, branch, code: error.code, commit: head }, 'proposal not pushed; reading back')
    const here = await repository.remoteHead(branch).catch(() => undefined)
    if (here !== head) throw error
  }
  log.info({ repository: name, branch, commit: head }, 'proposal pushed')
}
