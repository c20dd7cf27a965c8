import { rfc3339 } from '../../api/condition.ts'
import type { WindowState } from '../change/window.ts'
import type { PullRequestRules } from './rules.ts'

/** One change that a proposal should hold, and who has a say about it. */
export interface WantedChange {
  /** `Fairlead-Id`. */
  id: string
  /** Somebody demands an approval before it lands. */
  requireApproval: boolean
  /** Approved through the API. */
  isApproved: boolean
  /** Whether the windows let it land now. */
  window: WindowState
  /** Some window has a say about it: the host knows none, so it must not merge by itself. */
  hasWindow: boolean
}

/** What is known about merging an open proposal. */
export interface MergeFacts {
  rules: Pick<PullRequestRules, 'automerge' | 'checks'>
  wanted: readonly WantedChange[]
  fourEyes: boolean
  /** Who opened the proposal and who acts here; their approvals count for nothing. */
  ownAccounts: readonly string[]
  head: string
  mergeability: 'ready' | 'blocked' | 'behind' | 'conflict' | 'draft' | 'unknown'
  /** The host has been told to merge it. */
  mergesItself: boolean
  reviews: readonly { by: string; state: 'approved' | 'changes-requested'; commit: string; mayWrite: boolean }[]
  checks: { state: 'green' | 'pending' | 'failed' | 'none'; names: readonly string[] }
  demands: { review: boolean; checks: boolean; queue: boolean; mergesItself: boolean }
  /** What the host said when this very state was tried to be merged before, and for how long that counts. */
  lastAnswer: { kind: 'later' | 'ruled-out' | 'forbidden'; words: string; forMs: number } | undefined
  /** The host would not take the order to merge this very state by itself. */
  refusesOrder: boolean
  now: Date
}

/** Nothing is done; who or what is waited for. */
export interface ProposalWait {
  kind: 'wait'
  /** Stable, for conditions. */
  reason: string
  message: string
  /** Somebody must change something. */
  degraded?: true
  /** When to look again although nobody tells us. */
  untilMs?: number
}

export type MergeDecision =
  | ProposalWait
  | { kind: 'merge' }
  /** The host merges it as soon as its own rules are met. */
  | { kind: 'merge-when-ready' }
  /** The branch demands the newest base, so the proposal is rendered anew on it. */
  | { kind: 'rewrite'; why: string }
  /** The host must not merge it by itself any more. */
  | { kind: 'stop-merging'; why: string }

/** So long after a push the host may not know yet whether it can merge. */
const computingMs = 5_000
/** Nobody waits for that who only wants to know about conflicts. */
const computedMs = 30_000
/** Reviews and checks that nobody tells us about are asked for so often. */
const askMs = 60_000
/** What the host does by itself is looked after so often. */
const hostMs = 600_000

/**
 * Whether fairlead merges an open proposal: only by the setting `automerge` or when it was approved through the API, and
 * then after approvals that count (somebody with write access, on this head, neither author nor fairlead) and green
 * checks. Pure.
 */
export function decideMerge(facts: MergeFacts): MergeDecision {
  const { rules, wanted, mergesItself } = facts
  const isApprovedByApi = wanted.length > 0 && wanted.every((one) => one.isApproved)
  if (rules.automerge === 'never' && !isApprovedByApi) {
    const rest = wait('AwaitingMerge', 'waits for somebody to review and merge it')
    // Whether it conflicts with its base is told a while after every push.
    return facts.mergeability === 'unknown' ? { ...rest, untilMs: computedMs } : rest
  }
  if (mergesItself) return leaveToHost(facts)
  const [against] = objections(facts)
  if (against !== undefined) return { ...wait('ChangesRequested', `${against} requested changes`), untilMs: askMs }
  if (!isApprovedByApi && isForHost(facts)) return { kind: 'merge-when-ready' }
  return waitForWindow(facts) ?? waitForApproval(facts, isApprovedByApi) ?? waitForChecks(facts) ?? orderMerge(facts)
}

/**
 * Hosts take no such order for what can be merged at once, and what is behind its base stays so. Nor do they get what was approved through the API: nobody has
 * reviewed it there, so they would wait for ever.
 */
function isForHost(facts: MergeFacts): boolean {
  const { mergeability, lastAnswer, refusesOrder } = facts
  const isLate = mergeability === 'ready' || mergeability === 'behind'
  return !isLate && lastAnswer === undefined && !refusesOrder && keepsPromise(facts)
}

/** A queue got what was approved and green. Whatever else the host would merge by itself must still be in its own rules. */
function leaveToHost(facts: MergeFacts): MergeDecision {
  const { rules, demands } = facts
  const rest = { ...wait('AwaitingMerge', 'the host merges it as soon as its rules are met'), untilMs: hostMs }
  // Then it was people who told the host.
  if (rules.automerge === 'never' || demands.queue) return rest
  if (!keepsPromise(facts)) return { kind: 'stop-merging', why: 'its branch does not demand all that is promised' }
  const [against] = demands.review ? [] : objections(facts)
  // The host does not bring it up to date.
  if (facts.mergeability === 'behind') return { kind: 'rewrite', why: 'its base has moved' }
  return against === undefined ? rest : { kind: 'stop-merging', why: `${against} requested changes` }
}

/** Approvals that count, one for each person. */
export function approversOf({ reviews, head, ownAccounts }: Pick<MergeFacts, 'reviews' | 'head' | 'ownAccounts'>) {
  const counts = reviews.filter(
    (one) => one.state === 'approved' && one.mayWrite && one.commit === head && !ownAccounts.includes(one.by),
  )
  return [...new Set(counts.map((one) => one.by))]
}

function objections({ reviews }: MergeFacts): string[] {
  return reviews.filter((one) => one.state === 'changes-requested' && one.mayWrite).map((one) => one.by)
}

/**
 * Whether the branch itself demands all that the setting promises; then the host merges sooner and safer than we could.
 * Without a required review it would merge unapproved, without required checks at once, and it knows no windows.
 */
function keepsPromise({ rules, wanted, demands, fourEyes }: MergeFacts): boolean {
  if (!demands.mergesItself || demands.queue || fourEyes || rules.automerge === 'never') return false
  if (wanted.some((one) => one.hasWindow)) return false
  const needsReview = rules.automerge === 'on-approval' || wanted.some((one) => one.requireApproval)
  const needsChecks = rules.automerge === 'on-green' || rules.checks === 'required'
  return (!needsReview || demands.review) && (!needsChecks || demands.checks)
}

function waitForWindow({ wanted, now }: MergeFacts): ProposalWait | undefined {
  const closed = wanted.flatMap(({ window }) => (window.isOpen ? [] : [window]))
  if (closed.length === 0) return undefined
  const names = [...new Set(closed.flatMap((one) => one.names))].join(', ')
  const opens = closed.map((one) => one.opensAt?.getTime())
  if (opens.some((one) => one === undefined))
    return wait('OutsideWindow', `window ${names} closed; no opening is in sight`)
  const opensAt = Math.max(...opens.filter((one) => one !== undefined))
  const message = `window ${names} closed until ${rfc3339(new Date(opensAt))}; whoever may merge it can`
  return { ...wait('OutsideWindow', message), untilMs: Math.max(0, opensAt - now.getTime()) }
}

function waitForApproval(facts: MergeFacts, isApprovedByApi: boolean): ProposalWait | undefined {
  const { rules, wanted, fourEyes } = facts
  const isNeeded = rules.automerge !== 'on-green' || wanted.some((one) => one.requireApproval)
  if (!isNeeded || isApprovedByApi) return undefined
  const approvers = approversOf(facts)
  if (approvers.length >= (fourEyes ? 2 : 1)) return undefined
  const [first] = approvers
  const rest =
    first === undefined ? 'an approving review' : `approved by ${first}; waits for the review of somebody else`
  const who = first === undefined ? `waits for ${rest} by somebody with write access` : rest
  return { ...wait('ReviewRequired', `${who}, on its newest commit`), untilMs: askMs }
}

function waitForChecks({ rules, checks }: MergeFacts): ProposalWait | undefined {
  const names = checks.names.join(', ')
  if (checks.state === 'failed')
    return { ...wait('ChecksFailed', `checks are not green: ${names}`), degraded: true, untilMs: askMs }
  if (checks.state === 'pending') return { ...wait('ChecksPending', `checks are under way: ${names}`), untilMs: askMs }
  if (checks.state === 'green' || rules.checks === 'optional') return undefined
  const message = 'no check has reported yet; where none ever does, set pullRequest.checks: optional'
  return { ...wait('ChecksPending', message), untilMs: askMs }
}

/** What the host said last about this very state decides; it may let us pass its rules, so `blocked` is tried once. */
function orderMerge({ mergeability, demands, lastAnswer }: MergeFacts): MergeDecision {
  const untilMs = lastAnswer?.forMs ?? 0
  if (lastAnswer?.kind === 'forbidden') {
    return { ...wait('MergeForbidden', `the host does not merge it: ${lastAnswer.words}`), degraded: true, untilMs }
  }
  if (mergeability === 'conflict') {
    return { ...wait('Conflict', 'it has conflicts with its base'), degraded: true, untilMs: askMs }
  }
  if (mergeability === 'draft') return wait('Draft', 'it is a draft; mark it as ready')
  if (mergeability === 'unknown')
    return { ...wait('Computing', 'the host computes whether it can merge'), untilMs: computingMs }
  if (lastAnswer === undefined) return demands.queue ? { kind: 'merge-when-ready' } : { kind: 'merge' }
  if (mergeability === 'behind') return { kind: 'rewrite', why: 'its base has moved' }
  if (lastAnswer.kind === 'later') return { ...wait('Computing', `the host said: ${lastAnswer.words}`), untilMs }
  const message = `a rule of its base is not met: ${lastAnswer.words}`
  if (mergeability === 'blocked') return { ...wait('BranchRules', message), untilMs: Math.min(askMs, untilMs) }
  return { ...wait('MergeForbidden', message), degraded: true, untilMs }
}

function wait(reason: string, message: string): ProposalWait {
  return { kind: 'wait', reason, message }
}
