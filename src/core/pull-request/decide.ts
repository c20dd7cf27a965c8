import { decideMerge, type MergeDecision, type MergeFacts, type ProposalWait, type WantedChange } from './merge.ts'
import type { PullRequestRules } from './rules.ts'

/** Labels by which people tell fairlead what to do with a proposal. */
export const holdLabel = 'fairlead:hold'
export const rebaseLabel = 'fairlead:rebase'

/** An open proposal as the host has it. */
export interface OpenProposal extends Pick<MergeFacts, 'head' | 'mergeability' | 'mergesItself'> {
  isDraft: boolean
  labels: readonly string[]
  title: string
  /** The body as it stands, and as it would be written; the same when somebody edited it, for then it is left alone. */
  body: string
  wantedTitle: string
  wantedBody: string
  /** `Fairlead-Id` of every change that its commits hold. */
  holds: readonly string[]
  /** Somebody else has put commits on its branch. */
  isForeign: boolean
  /** Its labels, reviewers and assignees have not been asked for yet. */
  isNew: boolean
  /** Its branch was rendered on this head of the base already. */
  isOnBase: boolean
  /** This head was put on its branch by fairlead, as it knows itself; what commits say about that, anybody can write. */
  isOurs: boolean
  /** What became of those who asked for what it holds. */
  claim: ProposalClaim
}

/**
 * Who asks for what a proposal holds. `ended`: it was decided otherwise, or done. `reopened`: people closed it and opened it
 * again. `unknown`: of some of it nobody knows, for so long; a cluster that was lost needs time to ask again.
 */
export type ProposalClaim =
  | { kind: 'ended'; message: string; isRejection: boolean }
  | { kind: 'reopened' }
  | { kind: 'unknown'; forMs: number }

/** What is known about one group of changes that share a proposal. */
export interface ProposalFacts {
  rules: PullRequestRules
  /** Changes that may be proposed now. */
  wanted: readonly WantedChange[]
  /** Open changes of the group that something holds: a proposal of them alone stays as it is. */
  held: readonly { reason: string; message: string }[]
  /** Why nothing at all is written: the kill switch. */
  suspended: boolean
  open: OpenProposal | undefined
  /** One that is over has left its branch behind. */
  hasLeftover: boolean
  /** Proposals in this repository. */
  counts: { open: number; lastHour: number }
  /** When one more may be opened this hour. */
  nextSlotMs: number
  /** What has to do with merging; reviews and checks are only read when fairlead may merge at all. */
  merge: Omit<MergeFacts, 'rules' | 'wanted' | 'head' | 'mergeability' | 'mergesItself'>
}

/** The one thing that is done next; the world is looked at anew after it. */
export type ProposalDecision =
  | ProposalWait
  | { kind: 'nothing' }
  | { kind: 'open' }
  /** Labels, reviewers and assignees are asked for. */
  | { kind: 'address' }
  /** Rendered on the base's head, and its branch moved there. */
  | { kind: 'rewrite'; why: string }
  /** As rewrite, over the commits of others, who asked for it by a label. */
  | { kind: 'take-over' }
  | { kind: 'describe' }
  | Exclude<MergeDecision, ProposalWait>
  /** Closed with a comment, and its branch deleted. */
  | { kind: 'withdraw'; why: string; isRejection: boolean }
  | { kind: 'clean-up' }

/** So long a proposal that nobody asks for stays open. */
const unclaimedMs = 3_600_000
/** One that waits for its turn looks again so often, should nobody tell. */
const turnMs = 600_000

/**
 * The life of a proposal, from facts alone. Order: what people said about it, then what it should hold, then how it is
 * told, then whether it is merged.
 */
export function decideProposal(facts: ProposalFacts): ProposalDecision {
  return facts.open === undefined ? decideOpening(facts) : decideOpen(facts, facts.open)
}

function decideOpening(facts: ProposalFacts): ProposalDecision {
  const { wanted, suspended, hasLeftover } = facts
  if (wanted.length === 0 || suspended) return hasLeftover && !suspended ? { kind: 'clean-up' } : { kind: 'nothing' }
  return waitForTurn(facts) ?? { kind: 'open' }
}

/** The limits of the repository; undefined while one more may be opened. */
export function waitForTurn({
  rules,
  counts,
  nextSlotMs,
}: Pick<ProposalFacts, 'rules' | 'counts' | 'nextSlotMs'>): ProposalWait | undefined {
  if (counts.open >= rules.openLimit) {
    const message = `${counts.open} pull requests are open (openLimit ${rules.openLimit}); merge or close one`
    return { ...wait('PullRequestLimit', message), untilMs: turnMs }
  }
  if (counts.lastHour < rules.perHour) return undefined
  const message = `${counts.lastHour} pull requests were opened in the last hour (perHour ${rules.perHour})`
  return { ...wait('PullRequestLimit', message), untilMs: nextSlotMs }
}

function decideOpen(facts: ProposalFacts, open: OpenProposal): ProposalDecision {
  const { wanted, held } = facts
  const halt = haltOf(facts, open)
  if (halt !== undefined) return open.mergesItself ? { kind: 'stop-merging', why: halt.message } : halt
  if (open.isForeign && !open.labels.includes(rebaseLabel)) return decideForeign(facts, open)
  if (wanted.length === 0 && held.length === 0) return decideUnwanted(open.claim)
  return decideContent(facts, open) ?? decideLanding(facts, open)
}

/** People who opened again what they had closed want to have it. */
function decideUnwanted(claim: ProposalClaim): ProposalDecision {
  switch (claim.kind) {
    case 'ended':
      return { kind: 'withdraw', why: claim.message, isRejection: claim.isRejection }
    case 'reopened':
      return wait('Reopened', 'it was closed and opened again, so it is left to people')
    case 'unknown': {
      const leftMs = unclaimedMs - claim.forMs
      if (leftMs > 0) return { ...wait('Unclaimed', 'nothing asks for this change'), untilMs: leftMs }
      return { kind: 'withdraw', why: 'nothing asks for this change any more', isRejection: false }
    }
  }
}

/** People or settings that stop everything. */
function haltOf({ wanted, held, suspended }: ProposalFacts, open: OpenProposal): ProposalWait | undefined {
  if (suspended) return wait('Suspended', 'suspend is set; nothing is written')
  if (open.labels.includes(holdLabel)) return wait('HeldByLabel', `the label ${holdLabel} stops it; remove it to go on`)
  const [first] = held
  return wanted.length === 0 && first !== undefined ? wait(first.reason, first.message) : undefined
}

/** What fairlead had the host merge by itself was its own, and nobody has looked at what came after. */
function decideForeign({ rules }: ProposalFacts, { mergesItself }: OpenProposal): ProposalDecision {
  if (mergesItself && rules.automerge !== 'never') {
    return { kind: 'stop-merging', why: 'somebody else committed to its branch' }
  }
  const choice = `merge it, or have the branch made anew without that by the label ${rebaseLabel}`
  const message = `somebody else committed to its branch, so fairlead keeps its hands off; ${choice}`
  return wait('EditedByOthers', message)
}

/** What the proposal holds, and how it is told. */
function decideContent(facts: ProposalFacts, open: OpenProposal): ProposalDecision | undefined {
  if (open.labels.includes(rebaseLabel)) return { kind: 'take-over' }
  const ids = new Set(facts.wanted.map((one) => one.id))
  const isCurrent = open.holds.length === ids.size && open.holds.every((id) => ids.has(id))
  if (!isCurrent) return { kind: 'rewrite', why: 'it holds something else than what is wanted' }
  if (open.mergeability === 'conflict' && !open.isOnBase)
    return { kind: 'rewrite', why: 'it has conflicts with its base' }
  if (open.isNew) return { kind: 'address' }
  return open.title !== open.wantedTitle || open.body !== open.wantedBody ? { kind: 'describe' } : undefined
}

function decideLanding(facts: ProposalFacts, open: OpenProposal): ProposalDecision {
  const { rules, wanted, merge } = facts
  if (open.isDraft) return wait('Draft', 'it is a draft; mark it as ready for review')
  const { head, mergeability, mergesItself, isOurs } = open
  const decision = decideMerge({ ...merge, rules, wanted, head, mergeability, mergesItself })
  // A queue takes out whatever is pushed to.
  const isLeftToHost = mergesItself && rules.automerge !== 'never' && !merge.demands.queue
  const isMerge = decision.kind === 'merge' || decision.kind === 'merge-when-ready'
  if (isOurs || !(isMerge || (isLeftToHost && decision.kind === 'wait'))) return decision
  return { kind: 'rewrite', why: 'it is not known who put its commits there' }
}

function wait(reason: string, message: string): ProposalWait {
  return { kind: 'wait', reason, message }
}
