import type { Candidate, Decision, TagFacts, Verdict } from './decision.ts'
import { createTally, findingNearest, type Tally } from './nearest.ts'
import type { Policy } from './policy.ts'
import { createPolicyRanking } from './policy-ranking.ts'
import type { Judgement, Ranking } from './ranking.ts'
import { runToEnd, type TagList } from './tag-list.ts'
import { viewingTags } from './tag-view.ts'

/** What may be told to a selection beside the tags. */
export interface SelectOptions {
  facts?: TagFacts
  /** How many candidates the decision keeps (default 20), or all of them in input order. */
  keep?: number | 'all'
}

const nearestLimit = 20
/** Tags between two yields; a few milliseconds of work. */
const batch = 2000

/** Chooses a tag at once. Never throws: whatever the tags are, each one gets a verdict. */
export function selectTag(policy: Policy, current: string, list: TagList, options: SelectOptions = {}): Decision {
  return runToEnd(selecting(policy, current, list, options))
}

/**
 * Chooses a tag, yielding every few milliseconds so that a caller can let others run. The choice is never lower than the
 * current tag and never equal to it; among equal ones the first in input order wins.
 */
export function* selecting(
  policy: Policy,
  current: string,
  list: TagList,
  { facts = {}, keep = nearestLimit }: SelectOptions = {},
): Generator<void, Decision, void> {
  const { filter } = policy
  const view = yield* viewingTags(list, policy)
  const seen = filter === undefined ? current : filter.apply(current)
  const { ranking, found, missed } = createPolicyRanking({ policy, current, seen, list: view, facts })
  const tally = createTally(keep === 'all')
  const winner = yield* judging(view.tags.length, ranking, tally)
  const kept = tally.all ?? (yield* findingNearest(tally, ranking, keep === 'all' ? nearestLimit : keep))
  return {
    selected: winner === undefined ? null : (view.tags[winner] ?? null),
    reason: winner === undefined ? missed : found,
    candidates: kept.map(([index, judgement]): Candidate => {
      return { tag: view.tags[index] ?? '', verdict: index === winner ? 'selected' : toVerdict(judgement) }
    }),
    counts: countVerdicts(tally, winner !== undefined),
  }
}

/** The best tags so far, by index. */
interface Best {
  qualified: number | undefined
  otherwise: number | undefined
}

/** Judges every tag, and finds the winner: the best that qualifies, otherwise the best that qualifies otherwise. */
function* judging(length: number, ranking: Ranking, tally: Tally): Generator<void, number | undefined, void> {
  const best: Best = { qualified: undefined, otherwise: undefined }
  for (let start = 0; start < length; start += batch) {
    if (start > 0) yield
    judgeBatch({ start, end: Math.min(start + batch, length) }, ranking, tally, best)
  }
  return best.qualified ?? best.otherwise
}

function judgeBatch(range: { start: number; end: number }, ranking: Ranking, tally: Tally, best: Best): void {
  for (let index = range.start; index < range.end; index++) {
    const judgement = ranking.judge(index)
    tally.add(index, judgement)
    if (judgement === 'qualified') {
      if (best.qualified === undefined || ranking.compare(index, best.qualified) > 0) best.qualified = index
    } else if (judgement === 'qualified-otherwise') {
      if (best.otherwise === undefined || ranking.compare(index, best.otherwise) > 0) best.otherwise = index
    }
  }
}

function toVerdict(judgement: Judgement): Verdict {
  return judgement === 'qualified' || judgement === 'qualified-otherwise' ? 'not-highest' : judgement
}

function countVerdicts(tally: Tally, won: boolean): Partial<Record<Verdict, number>> {
  const counts = new Map<Verdict, number>(won ? [['selected', 1]] : [])
  for (const [judgement, { count }] of tally.groups) {
    const verdict = toVerdict(judgement)
    counts.set(verdict, (counts.get(verdict) ?? 0) + count)
  }
  if (won) counts.set('not-highest', (counts.get('not-highest') ?? 1) - 1)
  return Object.fromEntries([...counts].filter(([, count]) => count > 0))
}
