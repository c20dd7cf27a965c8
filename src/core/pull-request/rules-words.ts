import type { PullRequestRules } from './rules.ts'

/** Who decides about a proposal, in words; what `decideMerge` does by the same rules. */
export function decisionWords({ draft, ...rules }: PullRequestRules, isApproved: boolean): string {
  const words = isApproved ? approvedWords(rules) : mergeWords(rules)
  return `${draft ? 'It is a draft until somebody says that it is ready. ' : ''}${words}`
}

function approvedWords({ checks }: Pick<PullRequestRules, 'checks'>): string {
  return `It was approved through the API of fairlead, which merges it as soon as the checks of its newest commit are green (${checkWords[checks]}).`
}

/** Items of a list about what may happen to an open proposal: it is closed, or something newer comes. */
export function wayWords(isRollback: boolean): { closing: string; newer: string } {
  if (isRollback) {
    const closing = 'close this without merging. That rejects the rollback, and the same is not proposed again.'
    return { closing: `* **No rollback:** ${closing}`, newer: '' }
  }
  const closing = 'close this without merging. That rejects what it holds; only something newer is proposed again.'
  return {
    closing: `* **Not this version:** ${closing}`,
    newer: '* **Newer versions** replace this one right here while it is open.',
  }
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
