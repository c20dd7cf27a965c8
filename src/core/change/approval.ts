import { type Approval, finalPhases, type UpdateRequest, type UpdateRequestStatus } from '../../api/update-request.ts'
import { FairleadError } from '../../errors.ts'
import { sanitiseLine } from './text.ts'

/** Somebody's word about a request. */
export interface Vote {
  /** User name from the TokenReview; never from what the caller sent. */
  by: string
  now: Date
  /** Two different identities must approve. */
  fourEyes: boolean
}

/** What a vote changes in a status. */
export type VoteResult = Pick<
  UpdateRequestStatus,
  'phase' | 'approvals' | 'approvedBy' | 'approvedAt' | 'rejectedBy' | 'rejectedAt'
> & { message: string }

/** Keeps the list within the CRD's limit; more than are ever needed. */
const maxApprovals = 8

/**
 * Whether enough people have approved. Without four eyes a patched phase counts: whoever may write the status subresource
 * was trusted with it. With four eyes it does not, for a patch names nobody.
 */
export function isApproved({ status }: UpdateRequest, fourEyes: boolean): boolean {
  return status?.phase === 'Approved' && (!fourEyes || approversOf(status) >= 2)
}

/** The status with one more approval; complete or waiting for the second. Throws `NotPending`. */
export function recordApproval(request: UpdateRequest, { by, now, fourEyes }: Vote): VoteResult {
  requirePending(request, now)
  const name = sanitiseLine(by, 1024)
  const known = request.status?.approvals ?? []
  const own = known.find((one) => one.by === name)
  const approvals: Approval[] = [...known, ...(own === undefined ? [{ by: name, at: now.toISOString() }] : [])]
  const status = { ...request.status, approvals: approvals.slice(-maxApprovals) }
  if (fourEyes && approversOf(status) < 2) {
    return { phase: 'Pending', approvals: status.approvals, message: waitingWords({ ...request, status }, fourEyes) }
  }
  const names = status.approvals.map((one) => one.by).join(' and ')
  return {
    phase: 'Approved',
    approvals: status.approvals,
    approvedBy: name,
    approvedAt: now.toISOString(),
    message: `approved by ${names}${consequenceOf(request)}`,
  }
}

/** What an approval leads to where more than the commit is to come. */
function consequenceOf({ status }: UpdateRequest): string {
  if (status?.pullRequest === undefined) return ''
  return `; pull request #${status.pullRequest.number} is merged as soon as its checks and the rules of its branch allow`
}

/** The status of a request that was refused, for good. Throws `NotPending`. */
export function recordRejection(request: UpdateRequest, vote: Omit<Vote, 'fourEyes'> & { reason: string }): VoteResult {
  requirePending(request, vote.now)
  const name = sanitiseLine(vote.by, 1024)
  return {
    phase: 'Rejected',
    rejectedBy: name,
    rejectedAt: vote.now.toISOString(),
    message: `rejected by ${name}: ${sanitiseLine(vote.reason, 1024)}`,
  }
}

/** What an unapproved request waits for, with its deadline. */
export function waitingWords({ spec, status }: UpdateRequest, fourEyes: boolean): string {
  const until = spec.expiresAt === undefined ? '' : ` until ${spec.expiresAt}`
  if (!fourEyes) return `waits for an approval${until}`
  const [first] = status?.approvals ?? []
  if (first !== undefined) return `approved by ${first.by}; waits for the approval of somebody else${until}`
  return `waits for the approvals of two people through the API${until}`
}

/** Milliseconds since 1970; undefined when it never expires, or when what stands there is no time. */
export function expiryOf({ spec }: UpdateRequest): number | undefined {
  const time = Date.parse(spec.expiresAt ?? '')
  return Number.isNaN(time) ? undefined : time
}

function approversOf({ approvals = [] }: UpdateRequestStatus): number {
  return new Set(approvals.map((one) => one.by)).size
}

function requirePending(request: UpdateRequest, now: Date): void {
  const { phase = 'Pending', message = '', approvedBy, approvedAt } = request.status ?? {}
  const expiryMs = expiryOf(request)
  if (phase === 'Pending' && expiryMs !== undefined && expiryMs <= now.getTime()) {
    const why = `it expired at ${request.spec.expiresAt}; delete it to be asked again`
    throw new FairleadError('NotPending', `${request.metadata.name} cannot be decided any more: ${why}`)
  }
  if (phase === 'Pending') return
  const who = approvedBy === undefined ? '' : ` (approved by ${approvedBy} at ${approvedAt})`
  const why = finalPhases.includes(phase) ? `: ${message}` : who
  throw new FairleadError('NotPending', `${request.metadata.name} is not Pending but ${phase}${why}`)
}
