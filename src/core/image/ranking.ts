import type { Exclusion, TagFacts, Verdict } from './decision.ts'
import type { TagList } from './tag-list.ts'

/** A tag qualifies, qualifies only if no better-fitting tag does, or has its verdict already. */
export type Judgement = 'qualified' | 'qualified-otherwise' | Verdict

/** How one policy, from one current tag, sees the tags of a list. Tags are meant by their index. */
export interface Ranking {
  /** Called once for every tag, in input order. */
  judge(index: number): Judgement
  /** Positive when the first is preferred. Zero leaves it to the input order. */
  compare(a: number, b: number): number
}

/** Verdicts that hold whatever the policy is. */
export function judgeState(list: TagList, index: number): Verdict | undefined {
  const state = list.states[index]
  if (state === 'tag') return undefined
  return state === 'artifact' || state === 'filtered' ? state : 'not-a-version'
}

/** What the caller says against a tag that would qualify. */
export function findExclusion(list: TagList, index: number, facts: TagFacts): Exclusion | undefined {
  if (facts.excluded === undefined || facts.excluded.size === 0) return undefined
  return facts.excluded.get(list.tags[index] ?? '')
}

/** How values of one kind are read and compared by a value ranking. */
export interface ValueRule<T> {
  read(index: number): T | undefined
  /** The verdict of a tag without a value. */
  absent: Verdict
  /** Positive when the first is preferred. */
  compare(a: T, b: T): number
  /** The current tag's value; without it every value is better. */
  current: T | undefined
}

/** Ranks tags by one value each: a text, a number or a date. */
export function createValueRanking<T>(list: TagList, facts: TagFacts, rule: ValueRule<T>): Ranking {
  const values: (T | undefined)[] = []
  return {
    judge(index) {
      const state = judgeState(list, index)
      const value = state === undefined ? rule.read(index) : undefined
      values.push(value)
      if (state !== undefined) return state
      if (value === undefined) return rule.absent
      if (rule.current !== undefined && rule.compare(value, rule.current) <= 0) return 'not-newer'
      return findExclusion(list, index, facts) ?? 'qualified'
    },
    compare(a, b) {
      const left = values[a]
      const right = values[b]
      if (left === undefined || right === undefined) return Number(left !== undefined) - Number(right !== undefined)
      return rule.compare(left, right)
    },
  }
}

/** Admits one tag by its name and no other. */
export function createNameRanking(list: TagList, facts: TagFacts, wanted: string | undefined): Ranking {
  return {
    judge(index) {
      const state = judgeState(list, index)
      if (state !== undefined) return state
      if (list.tags[index] !== wanted) return 'outside-policy'
      return findExclusion(list, index, facts) ?? 'qualified'
    },
    // Among the others the later one: registries list in rising order as a rule.
    compare: (a, b) => Number(list.tags[a] === wanted) - Number(list.tags[b] === wanted) || a - b,
  }
}
