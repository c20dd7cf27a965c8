import type { Candidate, Decision, TagFacts, Verdict } from './decision.ts'
import type { Policy } from './policy.ts'
import { comparesVersions, createPolicyRanking } from './policy-ranking.ts'
import type { Judgement, Ranking } from './ranking.ts'
import { filteringTags, runToEnd, type TagList } from './tag-list.ts'

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
  const view = filter === undefined ? list : yield* filteringTags(list, filter, comparesVersions(policy))
  const seen = filter === undefined ? current : filter.apply(current)
  const { ranking, found, missed } = createPolicyRanking({ policy, current, seen, list: view, facts })
  const { judgements, winner } = yield* judging(view.tags.length, ranking)
  const verdicts = judgements.map((judgement, index) => finalVerdict(judgement, index === winner))
  const kept = keep === 'all' ? view.tags.keys() : yield* findingNearest(verdicts, ranking, keep)
  return {
    selected: winner === undefined ? null : (view.tags[winner] ?? null),
    reason: winner === undefined ? missed : found,
    candidates: Array.from(kept, (index) => toCandidate(view, verdicts, index)),
    counts: countVerdicts(verdicts),
  }
}

/** Judges every tag, and finds the winner: the best that qualifies, otherwise the best that qualifies otherwise. */
function* judging(
  length: number,
  ranking: Ranking,
): Generator<void, { judgements: Judgement[]; winner: number | undefined }, void> {
  const judgements: Judgement[] = []
  let best: number | undefined
  let otherwise: number | undefined
  for (let index = 0; index < length; index++) {
    const judgement = ranking.judge(index)
    judgements.push(judgement)
    if (judgement === 'qualified' && (best === undefined || ranking.compare(index, best) > 0)) best = index
    if (judgement === 'qualified-otherwise' && (otherwise === undefined || ranking.compare(index, otherwise) > 0)) {
      otherwise = index
    }
    if (index % batch === batch - 1) yield
  }
  return { judgements, winner: best ?? otherwise }
}

function finalVerdict(judgement: Judgement, won: boolean): Verdict {
  if (won) return 'selected'
  return judgement === 'qualified' || judgement === 'qualified-otherwise' ? 'not-highest' : judgement
}

/** How close a verdict is to having been chosen; 0 is not worth showing when only a few are kept. */
function closeness(verdict: Verdict): number {
  switch (verdict) {
    case 'selected':
      return 4
    case 'not-highest':
    case 'too-young':
    case 'quarantined':
    case 'held':
    case 'wrong-platform':
    case 'unsigned':
      return 3
    case 'outside-policy':
    case 'prerelease':
      return 2
    case 'not-newer':
    case 'other-variant':
    case 'lower-precision':
      return 1
    default:
      return 0
  }
}

/**
 * The indices nearest to the choice, newest first. Registries list in rising order as a rule, so it looks from the end;
 * the list of kept ones is cut whenever it has doubled.
 */
function* findingNearest(
  verdicts: readonly Verdict[],
  ranking: Ranking,
  limit: number,
): Generator<void, readonly number[], void> {
  const close = (index: number) => closeness(verdicts[index] ?? 'not-a-version')
  const newestFirst = (a: number, b: number) => ranking.compare(b, a) || close(b) - close(a) || a - b
  const nearestFirst = (a: number, b: number) => close(b) - close(a) || newestFirst(a, b)
  let kept: number[] = []
  let worst: number | undefined
  for (let index = verdicts.length - 1; index >= 0; index--) {
    if (index % batch === 0) yield
    if (close(index) === 0 || (worst !== undefined && nearestFirst(index, worst) > 0)) continue
    kept.push(index)
    if (kept.length < limit * 2) continue
    kept = kept.sort(nearestFirst).slice(0, limit)
    worst = kept.at(-1)
  }
  return kept.sort(nearestFirst).slice(0, limit).sort(newestFirst)
}

function countVerdicts(verdicts: readonly Verdict[]): Partial<Record<Verdict, number>> {
  const counts: Partial<Record<Verdict, number>> = {}
  for (const verdict of verdicts) counts[verdict] = (counts[verdict] ?? 0) + 1
  return counts
}

function toCandidate(list: TagList, verdicts: readonly Verdict[], index: number): Candidate {
  return { tag: list.tags[index] ?? '', verdict: verdicts[index] ?? 'not-a-version' }
}
