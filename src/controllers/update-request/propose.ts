import type { UpdateRequest } from '../../api/update-request.ts'
import type { ProposalOutcome } from '../../delivery/proposals.ts'
import type { ProposalEnd } from './decide.ts'
import type { CarriedOut } from './deliver.ts'
import { waitingForEngine } from './status.ts'

/** Reason of those that were rejected in their pull request, and not through the API. */
export const rejectedInProposal = 'RejectedInPullRequest'

/** What the status says about a change in a pull request that is not over. */
export function showProposal(request: UpdateRequest, proposal: ProposalOutcome | undefined): CarriedOut {
  const phase = request.status?.phase ?? 'Pending'
  if (proposal?.kind === 'refused') {
    const { code: reason, message } = proposal.error
    if (reason === 'ValueChanged') {
      const progress = { status: 'False', reason, message, degraded: false } as const
      return { status: { phase: 'Superseded', message }, progress, delivered: undefined }
    }
    return { ...waiting(reason, message, true), status: { phase, message, ...linkOf(proposal) } }
  }
  if (proposal?.kind === 'settled') {
    const message = `${request.spec.change.branch} holds it already`
    const commit = proposal.commit === undefined ? {} : { commit: proposal.commit }
    return {
      status: { phase: 'Completed', message, ...commit },
      progress: waitingForEngine(message),
      delivered: 'Settled',
    }
  }
  if (proposal?.kind !== 'open') {
    const message = 'a pull request is prepared'
    return { ...waiting('Proposing', message, false), status: { phase, message } }
  }
  const { link, reason, message, degraded } = proposal
  const words = link === undefined ? message : `pull request #${link.number}: ${message}`
  return { ...waiting(reason, words, degraded), status: { phase, message: words, ...linkOf(proposal) } }
}

/** One truth: merging approves, by whom it was merged or approved; closing rejects. */
export function concludeProposal(request: UpdateRequest, proposal: ProposalEnd): CarriedOut {
  const pullRequest = proposal.link
  const at = proposal.at.toISOString()
  if (proposal.kind === 'rejected') {
    const { by, message } = proposal
    const progress = { status: 'False', reason: rejectedInProposal, message, degraded: false } as const
    return {
      status: { phase: 'Rejected', rejectedBy: by, rejectedAt: at, message, pullRequest },
      progress,
      delivered: undefined,
    }
  }
  const { commit, approvedBy = request.status?.approvedBy } = proposal
  const message = `pull request #${pullRequest.number} is merged${approvedBy === undefined ? '' : `, approved by ${approvedBy}`}`
  return {
    status: {
      phase: 'Completed',
      message,
      pullRequest,
      ...(commit === undefined ? {} : { commit }),
      ...(approvedBy === undefined || request.status?.approvedBy !== undefined ? {} : { approvedBy, approvedAt: at }),
    },
    progress: waitingForEngine(message),
    delivered: 'Merged',
  }
}

function waiting(reason: string, message: string, degraded: boolean): Pick<CarriedOut, 'progress' | 'delivered'> {
  return { progress: { status: 'True', reason, message, degraded }, delivered: undefined }
}

function linkOf({ link }: Pick<Extract<ProposalOutcome, { kind: 'open' }>, 'link'>) {
  return link === undefined ? {} : { pullRequest: link }
}
