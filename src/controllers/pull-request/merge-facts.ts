import type { ProposalFacts } from '../../core/pull-request/decide.ts'
import type { MergeFacts } from '../../core/pull-request/merge.ts'
import type { Clock } from '../../ports.ts'
import type { PullRequest, PullRequests } from '../../ports-repository-host.ts'
import type { Remembered } from './memory.ts'

export interface MergeFactsDeps {
  fourEyes: boolean
  clock: Clock
}

/** What reviewers, checks and the branch say about a proposal that fairlead may merge. */
export async function gatherMerge(
  { host, found, remembered }: { host: PullRequests; found: PullRequest; remembered: Remembered },
  { clock, fourEyes }: MergeFactsDeps,
): Promise<ProposalFacts['merge']> {
  const [reviews, checks, demands, account] = await Promise.all([
    host.reviews(found.number),
    host.checks(found.head),
    host.demands(found.base),
    host.account(),
  ])
  const { answer, notOrdered } = remembered
  const state = mergeState({ ...found, reviews, checks })
  const forMs = (answer?.untilMs ?? 0) - clock.monotonicMs()
  const counts = answer !== undefined && forMs > 0 && answer.state === state
  return {
    fourEyes,
    ownAccounts: [...new Set([account, found.author])],
    reviews,
    checks,
    demands,
    lastAnswer: counts ? { ...answer.said, forMs } : undefined,
    refusesOrder: notOrdered === state,
    now: clock.now(),
  }
}

/** What a merge was tried with; while nothing of it changes, trying again is useless. */
export function mergeState({
  head,
  mergeability,
  reviews,
  checks,
}: Pick<MergeFacts, 'head' | 'mergeability' | 'reviews' | 'checks'>): string {
  return JSON.stringify([head, mergeability, reviews, checks])
}

/** Where people merge, nobody has to be asked. */
export function nothingToMerge({ fourEyes, clock }: MergeFactsDeps): ProposalFacts['merge'] {
  return {
    fourEyes,
    ownAccounts: [],
    reviews: [],
    checks: { state: 'none', names: [] },
    demands: { review: false, checks: false, queue: false, mergesItself: false },
    lastAnswer: undefined,
    refusesOrder: false,
    now: clock.now(),
  }
}
