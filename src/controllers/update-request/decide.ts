import type { Mode } from '../../api/annotation.ts'
import { rfc3339 } from '../../api/condition.ts'
import { finalPhases, isRollback, type UpdateRequest, type UpdateRequestPhase } from '../../api/update-request.ts'
import { expiryOf, isApproved, waitingWords } from '../../core/change/approval.ts'
import { isSettled } from '../../core/change/rolled-out.ts'
import type { WindowState } from '../../core/change/window.ts'
import { type BreakerWait, breakerReason } from '../../core/rollback/breaker.ts'
import type { ProposalOutcome } from '../../delivery/proposals.ts'
import type { FairleadError } from '../../errors.ts'
import { pushedCondition } from './status.ts'

/** All that is known about an UpdateRequest when its next step is decided. */
export interface RequestFacts {
  request: UpdateRequest
  /** Younger requests for the same slot that are still open. */
  newer: readonly UpdateRequest[]
  /** The strictest mode that applies to its targets now; undefined when no policy asks for the change any more. */
  mode: Mode | undefined
  /** An approval is demanded by somebody now, whatever was so when the request was made. */
  requireApproval: boolean
  /** Two different identities must approve. */
  fourEyes: boolean
  /** How Git differs from what the request says about it. */
  moved: string | undefined
  /** Why nothing is done, in a user's words. */
  hold: string | undefined
  /** The decision rests so long after it was made. */
  minAgeMs: number
  /** Whether the windows let changes land now. */
  window: WindowState
  /** Why nothing is pushed at all: general or repository kill switch. */
  suspended: boolean
  /** Why its place in Git cannot be reached now. */
  refusal: FairleadError | undefined
  /** Its repository has a host where pull requests can be opened. */
  hasHost: boolean
  /** How its pull request stands, as far as one was looked for. */
  proposal: ProposalOutcome | undefined
  /** Why it has to wait for other rollbacks. */
  breaker?: BreakerWait | undefined
  /** The workload that was to be rolled back and got well meanwhile. */
  recovered?: string | undefined
  now: Date
}

/** A pull request that is over. */
export type ProposalEnd = Extract<ProposalOutcome, { kind: 'merged' | 'rejected' }>

/** What happens with it next. */
export type RequestDecision =
  | { kind: 'deliver' }
  /** It belongs into a pull request, which is somebody else's work; this is how that stands. */
  | { kind: 'propose'; proposal: ProposalOutcome | undefined }
  | { kind: 'conclude'; proposal: ProposalEnd }
  /** Delivered already: watch the engine apply it, and the workloads roll it out. */
  | { kind: 'follow' }
  | {
      kind: 'wait'
      reason: string
      message: string
      phase?: UpdateRequestPhase
      untilMs?: number
      /** It needs somebody. */
      degraded?: true
    }
  | { kind: 'finish'; phase: UpdateRequestPhase; reason: string; message: string }
  /** Somebody else ended it: say so once. */
  | { kind: 'acknowledge'; phase: UpdateRequestPhase }
  | { kind: 'nothing' }

/** Decides from facts alone. Order: what is final stays; then what ends it; then what holds it; then it is carried out. */
export function decideRequest(facts: RequestFacts): RequestDecision {
  const { request } = facts
  const phase = request.status?.phase
  if (phase === 'Completed') return isSettled(request, facts.now) ? { kind: 'nothing' } : { kind: 'follow' }
  if (phase !== undefined && finalPhases.includes(phase)) {
    return isProgressing(request) ? { kind: 'acknowledge', phase } : { kind: 'nothing' }
  }
  const { proposal } = facts
  if (proposal?.kind === 'merged' || proposal?.kind === 'rejected') return { kind: 'conclude', proposal }
  const stopped = ending(facts) ?? holding(facts)
  if (stopped !== undefined) return stopped
  return isProposed(facts) ? { kind: 'propose', proposal } : { kind: 'deliver' }
}

/**
 * Whether the change goes into a pull request: by its mode, or because a rule of the branch refused to take the push. There
 * people approve, and its merge has to wait for the windows, not the change.
 */
function isProposed({ mode, hasHost, request }: RequestFacts): boolean {
  if (mode === 'pull-request') return true
  const pushed = request.status?.conditions?.find((one) => one.type === pushedCondition)
  return mode === 'commit' && hasHost && pushed?.status === 'False'
}

function isProgressing(request: UpdateRequest): boolean {
  return request.status?.conditions?.some((one) => one.type === 'Progressing' && one.status === 'True') ?? false
}

function ending(facts: RequestFacts): RequestDecision | undefined {
  const { request, newer, now, mode, moved, refusal, fourEyes } = facts
  const [superseding] = newer
  if (superseding !== undefined) {
    const message = `${superseding.spec.change.to} came after it (${superseding.metadata.name})`
    return { kind: 'finish', phase: 'Superseded', reason: 'NewerVersion', message }
  }
  if (moved !== undefined) return { kind: 'finish', phase: 'Superseded', reason: 'ValueChanged', message: moved }
  const expiryMs = expiryOf(request)
  const waitsForApproval = !isApproved(request, fourEyes) && mode === 'commit' && !isProposed(facts)
  if (waitsForApproval && expiryMs !== undefined && expiryMs <= now.getTime()) {
    return {
      kind: 'finish',
      phase: 'Expired',
      reason: 'ApprovalExpired',
      message: `nobody approved it until ${request.spec.expiresAt}; delete it to be asked again`,
    }
  }
  if (facts.recovered !== undefined) {
    const message = `${facts.recovered} has got well with ${request.spec.change.from}`
    return { kind: 'finish', phase: 'Superseded', reason: 'Recovered', message }
  }
  if (mode === undefined && refusal === undefined && isRollback(request)) {
    const message = 'nothing is to be rolled back any more: rollback is off for it, or the workload is gone'
    return { kind: 'finish', phase: 'Superseded', reason: 'PolicyGone', message }
  }
  if (mode === undefined && refusal === undefined) {
    const message = 'no policy asks for it any more: the workload, its policy or the image is gone'
    return { kind: 'finish', phase: 'Superseded', reason: 'PolicyGone', message }
  }
  return undefined
}

function holding(facts: RequestFacts): RequestDecision | undefined {
  const { request, now, mode, suspended, hold, refusal, requireApproval, fourEyes } = facts
  if (refusal !== undefined) return { kind: 'wait', reason: refusal.code, message: refusal.message }
  if (hold !== undefined) return { kind: 'wait', reason: 'Held', message: `held: ${hold}` }
  if (suspended) return { kind: 'wait', reason: 'Suspended', message: 'suspend is set; nothing is pushed' }
  if (mode === 'observe') {
    return {
      kind: 'wait',
      reason: 'ObserveOnly',
      message: 'mode is observe; set mode: commit or pull-request to have it written to Git',
    }
  }
  const { breaker } = facts
  if (breaker !== undefined && !isApproved(request, fourEyes)) {
    return { kind: 'wait', reason: breakerReason, degraded: true, ...breaker }
  }
  const young = waitForAge(facts)
  if (young !== undefined || isProposed(facts)) return young
  if ((request.spec.requireApproval || requireApproval) && !isApproved(request, fourEyes)) {
    const expiryMs = expiryOf(request)
    const untilMs = expiryMs === undefined ? undefined : Math.max(0, expiryMs - now.getTime())
    // A patched phase that does not count is taken back, or it would claim what is not so.
    const wait = { kind: 'wait', reason: 'ApprovalRequired', phase: 'Pending' } as const
    return { ...wait, message: waitingWords(request, fourEyes), ...(untilMs === undefined ? {} : { untilMs }) }
  }
  return waitForWindow(facts)
}

/** What has to do with time. */
export type TimingFacts = Pick<RequestFacts, 'request' | 'minAgeMs' | 'window' | 'now'>

/** A wait that ends by itself, if anything is said about when. */
export type TimedWait = Extract<RequestDecision, { kind: 'wait' }>

/** Waits until it is old enough. First seen is when the request was made; that stays, whatever is started anew. */
export function waitForAge({ request, minAgeMs, now }: TimingFacts): TimedWait | undefined {
  if (minAgeMs === 0) return undefined
  const seenMs = Date.parse(request.metadata.creationTimestamp ?? '')
  const dueMs = Number.isNaN(seenMs) ? now.getTime() + minAgeMs : seenMs + minAgeMs
  const untilMs = dueMs - now.getTime()
  if (untilMs <= 0) return undefined
  const message = `seen first at ${request.metadata.creationTimestamp}; old enough at ${rfc3339(new Date(dueMs))} (min-age)`
  return { kind: 'wait', reason: 'TooYoung', message, untilMs }
}

/** Waits until the windows let changes land. */
export function waitForWindow({ window, now }: TimingFacts): TimedWait | undefined {
  if (window.isOpen) return undefined
  const closed = `${window.names.length > 1 ? 'windows' : 'window'} ${window.names.join(', ')} closed`
  if (window.opensAt === undefined) {
    return { kind: 'wait', reason: 'OutsideWindow', message: `${closed}; no opening is in sight` }
  }
  const message = `${closed} until ${rfc3339(window.opensAt)}`
  return { kind: 'wait', reason: 'OutsideWindow', message, untilMs: window.opensAt.getTime() - now.getTime() }
}
