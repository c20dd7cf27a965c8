import type { ProposalMember, ProposalPlace } from '../../delivery/proposals.ts'
import type { Clock, Log } from '../../ports.ts'
import type { MergeAnswer, PullRequest } from '../../ports-repository-host.ts'
import type { Metrics } from '../../runtime/metrics.ts'
import { mergeState } from './merge-facts.ts'
import type { ObservedProposal } from './observe.ts'
import { confirmMembers, type Learnt } from './put-members.ts'

export interface OrderDeps {
  /** What a merge commit says. */
  mergeWords: (place: ProposalPlace, members: readonly ProposalMember[]) => { title: string; message: string }
  /** Throws when this replica must not write (any more). */
  fence: () => void
  clock: Clock
  log: Log
  metrics: Metrics
}

/** How long an answer counts while the proposal does not change; `later` is doubled each time. */
const laterMs = 5_000
const longestLaterMs = 300_000
const refusedMs = 600_000
/** So long the host may need until it shows what it was told. */
const shownMs = 30_000

/** Merges, or has the host merge as soon as its rules allow; what it answers is remembered. */
export async function orderMerge(
  observed: ObservedProposal,
  { found, isQueued }: { found: PullRequest; isQueued: boolean },
  deps: OrderDeps,
): Promise<Learnt> {
  const { host, members, remembered, repository, place } = observed
  const learnt = await confirmMembers(observed)
  if (learnt.size > 0) return learnt
  deps.fence()
  const words = deps.mergeWords(place, members)
  const order = { head: found.head, method: repository.rules.pullRequest.mergeMethod, ...words }
  const answer = await (isQueued ? host.mergeWhenReady(found.number, order) : host.merge(found.number, order))
  deps.log.info({ repository: repository.url, pullRequest: found.number, answer: answer.kind }, 'asked for a merge')
  if (answer.kind === 'accepted') {
    remembered.ordered = { head: found.head, untilMs: deps.clock.monotonicMs() + shownMs }
  } else remember(observed, { found, isQueued, answer }, deps)
  return learnt
}

/** Whatever the answer, asking again at once for the very same gives no other one. */
function remember(
  { facts, remembered }: ObservedProposal,
  { found, isQueued, answer }: { found: PullRequest; isQueued: boolean; answer: MergeAnswer },
  { clock }: OrderDeps,
): void {
  const { reviews, checks, demands } = facts.merge
  const state = mergeState({ ...found, reviews, checks })
  if (isQueued && !demands.queue && answer.kind === 'ruled-out') {
    remembered.notOrdered = state
    return
  }
  const tries = remembered.answer?.state === state ? remembered.answer.tries + 1 : 0
  const said = saidBy(answer)
  const forMs = said.kind === 'later' ? Math.min(longestLaterMs, laterMs * 2 ** Math.min(tries, 10)) : refusedMs
  remembered.answer = { state, tries, untilMs: clock.monotonicMs() + forMs, said }
}

function saidBy(answer: MergeAnswer): NonNullable<ObservedProposal['remembered']['answer']>['said'] {
  if (answer.kind === 'merged') return { kind: 'later', words: 'it is merged' }
  // The host has another head than it has shown; it will show it.
  return { kind: answer.kind === 'moved' ? 'later' : answer.kind, words: answer.words }
}
