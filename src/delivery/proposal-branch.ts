import { asFairleadError, type FairleadError } from '../errors.ts'
import type { BranchSnapshot } from '../ports.ts'
import { type RenderedBatch, renderBatch } from './batch.ts'
import { byDateThenId, type Delivery, type DeliveryDeps } from './delivery.ts'
import { isBeyondHost, obstacleToHosting } from './hosted-commit.ts'
import { holdsSeries, withSignedSeries } from './hosted-proposal.ts'
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
  /** Why the host did not make and sign the commits, where it should have. */
  unsigned?: string | undefined
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
  const snapshot = await deps.repository.snapshot(proposal.base, { fresh: true })
  const rendered = renderBatch(snapshot, [...proposal.deliveries].sort(byDateThenId), deps.authorship)
  return {
    ...(await place(proposal, { snapshot, rendered }, deps)),
    base: snapshot.revision,
    included: rendered.commits.map(({ job }) => job.id),
    concluded: rendered.concluded.map(({ job, refusal }) => ({ id: job.id, refusal })),
  }
}

interface Rendered {
  snapshot: BranchSnapshot
  rendered: RenderedBatch<Delivery>
}

async function place(
  proposal: Proposal,
  { snapshot, rendered }: Rendered,
  deps: ProposalDeps,
): Promise<Pick<ProposedBranch, 'head' | 'unsigned'>> {
  const head = rendered.commits.at(-1)?.id
  if (head === undefined || head === proposal.expected) return { head }
  const signed = await sign(proposal, { snapshot, rendered }, deps)
  if ('head' in signed) return signed
  deps.fence()
  await deps.repository.store(rendered.objects)
  await moveBranch(proposal, head, deps)
  return { head, ...signed }
}

/** Has the host make the commits, if it shall. Without a head in the answer they are pushed as they were rendered. */
async function sign(
  proposal: Proposal,
  { snapshot, rendered: { commits } }: Rendered,
  deps: ProposalDeps,
): Promise<{ head: string } | { unsigned?: string }> {
  const { repository, log, name, authorship } = deps
  const { branch, expected } = proposal
  const host = authorship.hosted
  if (host === undefined) return {}
  const series = { branch, snapshot, commits }
  let unsigned = obstacleToHosting(commits, snapshot)
  try {
    if (unsigned === undefined) {
      if (expected !== '' && (await holdsSeries(expected, series, repository))) return { head: expected }
      const use = (head: string) => moveBranch(proposal, head, deps)
      return { head: await withSignedSeries(series, { ...deps, host, use }) }
    }
  } catch (thrown) {
    const error = asFairleadError(thrown)
    if (!isBeyondHost(error)) throw error
    unsigned = error.message
  }
  log.warn({ repository: name, branch, reason: unsigned }, 'the host cannot sign this proposal; pushing it unsigned')
  return { unsigned }
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
