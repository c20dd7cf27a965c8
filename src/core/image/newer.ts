import type { TagFacts } from './decision.ts'
import type { Policy } from './policy.ts'
import { createPolicyRanking } from './policy-ranking.ts'
import type { Judgement } from './ranking.ts'
import { createTagList, runToEnd, type TagList } from './tag-list.ts'
import { viewingTags } from './tag-view.ts'

/** How one tag stands to another, as a policy orders them. */
export type Direction = 'newer' | 'not-newer' | 'unknown'

const newer: ReadonlySet<Judgement> = new Set(['qualified', 'qualified-otherwise', 'outside-policy', 'prerelease'])

/** Whether going from one tag to another is a raise, whatever the policy would allow. */
export function compareTags(policy: Policy, from: string, to: string, facts: TagFacts): Direction {
  const judgements = judgeAll(ordering(policy, [from, to], facts), from, createTagList([to]), facts)
  const judgement = judgements[0] ?? 'not-a-version'
  if (judgement === 'not-newer') return 'not-newer'
  return newer.has(judgement) ? 'newer' : 'unknown'
}

/** The tags that are not newer than one of them, itself included, as the policy orders them. */
export function tagsNotNewer(policy: Policy, tag: string, list: TagList, facts: TagFacts): ReadonlySet<string> {
  const judgements = judgeAll(ordering(policy, [tag], facts), tag, list, facts)
  return new Set([tag, ...list.tags.filter((_, index) => judgements[index] === 'not-newer')])
}

/** Policies that only know one tag order nothing, nor does one by dates that are not known: versions speak for them. */
function ordering(policy: Policy, tags: readonly string[], facts: TagFacts): Policy {
  const byVersion: Policy = { kind: 'all', prerelease: 'always' }
  const filtered = policy.filter === undefined ? byVersion : { ...byVersion, filter: policy.filter }
  if (['none', 'digest', 'imagepolicy'].includes(policy.kind)) return filtered
  if (policy.kind === 'glob') {
    const { filter, pattern } = policy
    const texts = tags.map((tag) => (filter === undefined ? tag : filter.apply(tag)))
    return texts.every((text) => text !== undefined && pattern(text)) ? policy : filtered
  }
  const isByDate = policy.kind === 'newest-build' || policy.kind === 'force'
  return isByDate && !tags.every((tag) => facts.builtAt?.has(tag)) ? filtered : policy
}

function judgeAll(policy: Policy, current: string, list: TagList, { builtAt }: TagFacts): Judgement[] {
  const { filter } = policy
  const view = runToEnd(viewingTags(list, policy))
  const seen = filter === undefined ? current : filter.apply(current)
  const facts = builtAt === undefined ? {} : { builtAt }
  const { ranking } = createPolicyRanking({ policy, current, seen, list: view, facts })
  return view.tags.map((_, index) => ranking.judge(index))
}
