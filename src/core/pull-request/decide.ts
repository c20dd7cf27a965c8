import { decideMerge, type MergeFacts, type ProposalWait, type WantedChange } from './merge.ts'
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
}

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
  | { kind: 'merge' }
  | { kind: 'merge-when-ready' }
  /** The host must not merge it by itself any more. */
  | { kind: 'stop-merging'; why: string }
  /** Closed with a comment, and its branch deleted. */
  | { kind: 'withdraw'; why: string }
  | { kind: 'clean-up' }

/**
 * The life of a proposal, from facts alone. Order: what people said about it, then what it should hold, then how it is
 * told, then whether it is merged.
 */
export function decideProposal(facts: ProposalFacts): ProposalDecision {
  return facts.open === undefined ? decideOpening(facts) : decideOpen(facts, facts.open)
}

function decideOpening(facts: ProposalFacts): ProposalDecision {
  const { rules, wanted, counts, suspended, hasLeftover } = facts
  if (wanted.length === 0 || suspended) return hasLeftover && !suspended ? { kind: 'clean-up' } : { kind: 'nothing' }
  if (counts.open >= rules.openLimit) {
    return wait(
      'PullRequestLimit',
      `${counts.open} pull requests are open (openLimit ${rules.openLimit}); merge or close one`,
    )
  }
  if (counts.lastHour >= rules.perHour) {
    const message = `${counts.lastHour} pull requests were opened in the last hour (perHour ${rules.perHour})`
    return { ...wait('PullRequestLimit', message), untilMs: facts.nextSlotMs }
  }
  return { kind: 'open' }
}

function decideOpen(facts: ProposalFacts, open: OpenProposal): ProposalDecision {
  const { wanted, held, suspended } = facts
  const halt = haltOf(facts, open)
  if (halt !== undefined) return open.mergesItself ? { kind: 'stop-merging', why: halt.message } : halt
  if (suspended) return { kind: 'nothing' }
  if (open.isForeign && !open.labels.includes(rebaseLabel)) return foreign()
  if (wanted.length === 0 && held.length === 0) {
    return { kind: 'withdraw', why: 'nothing asks for this change any more' }
  }
  return decideContent(facts, open) ?? decideLanding(facts, open)
}

/** People or settings that stop everything. */
function haltOf({ wanted, held, suspended }: ProposalFacts, open: OpenProposal): ProposalWait | undefined {
  if (suspended) return wait('Suspended', 'suspend is set; nothing is written')
  if (open.labels.includes(holdLabel)) return wait('HeldByLabel', `the label ${holdLabel} stops it; remove it to go on`)
  const [first] = held
  return wanted.length === 0 && first !== undefined ? wait(first.reason, first.message) : undefined
}

function foreign(): ProposalWait {
  const message = `somebody else committed to its branch, so fairlead keeps its hands off; merge it, or add the label ${rebaseLabel}`
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
  const { head, mergeability, mergesItself } = open
  return decideMerge({ ...merge, rules, wanted, head, mergeability, mergesItself })
}

function wait(reason: string, message: string): ProposalWait {
  return { kind: 'wait', reason, message }
}
