import type { Judgement, Ranking } from './ranking.ts'

/** How near a tag with this judgement came to being chosen; others are not worth showing when only a few are. */
const nearness: ReadonlyMap<Judgement, number> = new Map<Judgement, number>([
  ...(['qualified', 'qualified-otherwise'] as const).map((judgement) => [judgement, 3] as const),
  ...(['too-young', 'quarantined', 'held', 'wrong-platform', 'unsigned'] as const).map((it) => [it, 3] as const),
  ...(['outside-policy', 'prerelease'] as const).map((judgement) => [judgement, 2] as const),
  ...(['not-newer', 'other-variant', 'lower-precision'] as const).map((judgement) => [judgement, 1] as const),
])

/** The tags with one judgement. */
export interface Group {
  count: number
  nearness: number
  /** In input order; empty when they are never shown. */
  indices: number[]
}

/** All judgements of one selection, grouped while they are made. */
export interface Tally {
  add(index: number, judgement: Judgement): void
  groups: ReadonlyMap<Judgement, Group>
  /** Every tag with its judgement in input order, when they were asked for. */
  all: Judged[] | undefined
}

/** A tag by its index, and what was found of it. */
export type Judged = readonly [index: number, judgement: Judgement]

export function createTally(keepsAll: boolean): Tally {
  const groups = new Map<Judgement, Group>()
  const all: Judged[] | undefined = keepsAll ? [] : undefined
  return {
    groups,
    all,
    add(index, judgement) {
      let group = groups.get(judgement)
      if (group === undefined) {
        group = { count: 0, nearness: nearness.get(judgement) ?? 0, indices: [] }
        groups.set(judgement, group)
      }
      group.count++
      if (all !== undefined) all.push([index, judgement])
      else if (group.nearness > 0) group.indices.push(index)
    },
  }
}

/** Tags between two yields; a few milliseconds of work. */
const batch = 2000

/** The indices nearest to the choice with their judgements, newest first. */
export function* findingNearest(tally: Tally, ranking: Ranking, limit: number): Generator<void, Judged[], void> {
  const kept: Judged[] = []
  for (const level of [3, 2, 1]) {
    const found: Judged[] = []
    for (const [judgement, group] of tally.groups) {
      if (group.nearness !== level) continue
      const newest = yield* findingNewest(group.indices, ranking, limit - kept.length)
      found.push(...newest.map((index) => [index, judgement] as const))
    }
    found.sort(([a], [b]) => ranking.compare(b, a) || a - b)
    kept.push(...found.slice(0, limit - kept.length))
    if (kept.length === limit) break
  }
  return kept.sort(([a], [b]) => ranking.compare(b, a) || a - b)
}

/**
 * The newest of the indices. It looks from the end, for registries list in rising order as a rule, and cuts what it
 * keeps whenever that has doubled.
 */
function* findingNewest(indices: readonly number[], ranking: Ranking, limit: number): Generator<void, number[], void> {
  const newestFirst = (a: number, b: number) => ranking.compare(b, a) || a - b
  let kept: number[] = []
  let oldest: number | undefined
  for (let i = indices.length - 1; i >= 0; i--) {
    if (i % batch === 0) yield
    const index = indices[i] ?? 0
    if (oldest !== undefined && newestFirst(index, oldest) > 0) continue
    kept.push(index)
    if (kept.length < limit * 2) continue
    kept = kept.sort(newestFirst).slice(0, limit)
    oldest = kept.at(-1)
  }
  return kept.sort(newestFirst).slice(0, limit)
}
