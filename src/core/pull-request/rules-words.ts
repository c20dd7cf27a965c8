import type { PullRequestRules } from './rules.ts'

/** Who decides about a proposal, in words; what `decideMerge` does by the same rules. */
export function decisionWords({ draft, ...rules }: PullRequestRules): string {
  return `${draft ? 'It is a draft until somebody says that it is ready. ' : ''}${mergeWords(rules)}`
}

function mergeWords({ automerge, checks }: Pick<PullRequestRules, 'automerge' | 'checks'>): string {
  const green = `the checks of its newest commit are green (${checkWords[checks]})`
  const approved = 'somebody who may write to this repository, and did not open it, has approved its newest commit'
  if (automerge === 'on-approval') return `fairlead merges it as soon as ${approved} and ${green}.`
  if (automerge === 'on-green') {
    return `fairlead merges it as soon as ${green}. Where a policy demands an approval, ${approved} before.`
  }
  return `A person merges it. fairlead does so only when it was approved through its API, and ${green}.`
}

const checkWords = {
  required: 'a commit without any check is not',
  optional: 'a commit without any check is, too',
} as const

/** The command that takes a merge back; a merge commit has two parents, and the first is the branch. */
export function revertCommand({ mergeMethod }: PullRequestRules): string {
  return mergeMethod === 'merge' ? 'git revert -m 1 <merge commit>' : 'git revert <commit>'
}
