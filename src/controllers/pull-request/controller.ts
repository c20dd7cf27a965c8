import { decideProposal, type ProposalDecision } from '../../core/pull-request/decide.ts'
import { type ProposalOutcome, type ProposalPlace, type Proposals, readProposalKey } from '../../delivery/proposals.ts'
import { asFairleadError, type ErrorCode, type FairleadError } from '../../errors.ts'
import type { Controller, Next } from '../../runtime/loop.ts'
import { type CarryOutDeps, carryOut } from './carry-out.ts'
import { linkOf } from './ended.ts'
import type { Remembered } from './memory.ts'
import { type ObservedProposal, observeProposal } from './observe.ts'
import type { Learnt } from './put-members.ts'

export interface PullRequestDeps extends CarryOutDeps {
  proposals: Proposals
  isLeader: () => boolean
}

interface Decided extends ObservedProposal {
  decision: ProposalDecision
}
interface Proposed extends Decided {
  learnt: Learnt
  /** The host shows what was so before this very thing was done. */
  isTooSoon: boolean
}

/** So long a host may show what was so before a write; doing it again at once would only do it twice. */
const staleMs = 4_000

/** A refusal of one request is looked at again after this time. */
const refusedMs = 600_000

/**
 * Requests that share a proposal → one pull request that keeps itself current, until it is merged or closed. One write in
 * a pass, and then everything is looked at anew, so that a crash at any point is only a look more. Keys are those of
 * `proposalKey`.
 */
export function createPullRequestController(
  deps: PullRequestDeps,
): Controller<ObservedProposal, Decided, Proposed, Proposed> {
  const { proposals, clock, memory } = deps

  const conclude = (key: string, outcome: ProposalOutcome) => proposals.conclude(key, outcome)

  return {
    name: 'pull-request',
    async observe(key) {
      if (deps.isLeader()) return observeProposal(key, deps)
      proposals.unheard(key)
      return undefined
    },
    decide: (observed) => ({ ...observed, decision: decideProposal(observed.facts) }),
    async propose(decided) {
      const { decision, remembered } = decided
      if (decision.kind === 'wait' || decision.kind === 'nothing')
        return { ...decided, learnt: new Map(), isTooSoon: false }
      const seen = stateOf(decided)
      const { wrote } = remembered
      const isTooSoon = wrote?.seen === seen && clock.monotonicMs() < wrote.untilMs
      const learnt = isTooSoon ? new Map() : await carryOut(decided, decision, deps)
      if (!isTooSoon) remembered.wrote = { seen, untilMs: clock.monotonicMs() + staleMs }
      return { ...decided, learnt, isTooSoon }
    },
    verify: async (proposed) => proposed,
    async report({ key, group, verdicts, members, found, decision, learnt, remembered, isTooSoon }) {
      for (const [member, outcome] of learnt) {
        remembered.refused.set(member, { outcome, untilMs: clock.monotonicMs() + refusedMs })
      }
      for (const [member, outcome] of [...verdicts, ...learnt]) conclude(member, outcome)
      if (decision.kind === 'wait') {
        const { reason, message, degraded = false } = decision
        const link = found === undefined ? undefined : linkOf(found)
        for (const member of members) conclude(member.key, { kind: 'open', link, reason, message, degraded })
        return lookAgain(remembered, decision.untilMs)
      }
      if (decision.kind !== 'nothing') return { requeueAfterMs: isTooSoon ? staleMs : 0 }
      if (group.members.length === 0 && group.held.length === 0) memory.forget(key)
      return lookAgain(remembered)
    },
    /** What the host refuses is said where people look: at the requests. */
    async failed(key, thrown) {
      const error = asFairleadError(thrown)
      if (error.kind === 'internal' || races.includes(error.code)) return
      const place = readProposalKey(key)
      for (const { key: member } of (await deps.group(place)).members) {
        const link = linkIn(proposals.outcome(member))
        const message = remedied(error, place)
        conclude(member, { kind: 'open', link, reason: error.code, message, degraded: true })
      }
    },
  }

  /** A refusal of one request does not wait for news. */
  function lookAgain({ refused }: Remembered, untilMs = Number.POSITIVE_INFINITY): Next {
    const dueMs = [...refused.values()].map((one) => one.untilMs - clock.monotonicMs())
    const soonestMs = Math.min(untilMs, ...dueMs)
    return Number.isFinite(soonestMs) ? { requeueAfterMs: Math.max(0, soonestMs) } : {}
  }
}

/** What a decision was made from, as far as writing would change it. */
function stateOf({ decision, found, facts }: Decided): string {
  const { number, head, title, body, labels, mergesItself, mergeability } = found ?? {}
  const ids = facts.wanted.map((one) => one.id)
  const seen = [number, head, title, body, labels, mergesItself, mergeability]
  return JSON.stringify([decision, ids, seen, facts.merge.reviews, facts.merge.checks])
}

/** Somebody else was faster; nobody has to do anything about it. */
const races: readonly ErrorCode[] = ['PushRejected', 'PullRequestExists', 'NotLeader']

/** A host that refuses a push says why, and not what to do about it. */
function remedied({ code, message }: FairleadError, { branch }: ProposalPlace): string {
  return code === 'PushRefused' ? `${message}; let fairlead push to ${branch}, see branchPrefix` : message
}

function linkIn(outcome: ProposalOutcome | undefined) {
  return outcome?.kind === 'open' ? outcome.link : undefined
}
