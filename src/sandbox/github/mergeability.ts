import { commitAt } from '../git-host/git-object.ts'
import { mergeBase, mergeTrees } from '../git-host/three-way-merge.ts'
import { checkResults } from './check.ts'
import type { PullRequest } from './hosted-repository.ts'
import { protectionOf, unmetRules } from './protection.ts'
import { refreshHeads } from './pull-request.ts'
import type { Site } from './site.ts'

/** The words of `mergeable_state`. */
export type MergeableState = 'unknown' | 'dirty' | 'draft' | 'blocked' | 'behind' | 'unstable' | 'has_hooks' | 'clean'

/** What an answer says now; each call is a read, and some of them come before GitHub has found out. */
export function readMergeability(site: Site, pull: PullRequest): { mergeable: boolean | null; state: MergeableState } {
  if (pull.state === 'closed') return { mergeable: null, state: 'unknown' }
  refreshHeads(pull)
  const of = `${pull.headSha} ${pull.baseSha}`
  if (pull.mergeability.of !== of) pull.mergeability = { of, since: site.now(), reads: 0 }
  const { since, reads } = pull.mergeability
  pull.mergeability.reads += 1
  if (reads < site.lag.reads || site.now().getTime() - since.getTime() < site.lag.ms) {
    return { mergeable: null, state: 'unknown' }
  }
  const state = mergeableState(pull)
  return { mergeable: state !== 'dirty', state }
}

/** How it stands in truth. */
export function mergeableState(pull: PullRequest): MergeableState {
  refreshHeads(pull)
  if (mergedTree(pull) === 'conflict') return 'dirty'
  if (pull.isDraft) return 'draft'
  const unmet = unmetRules(pull)
  if (unmet.some((one) => one.rule !== 'behind')) return 'blocked'
  if (unmet.length > 0) return 'behind'
  const required = protectionOf(pull.repository, pull.base)?.checks ?? []
  const others = checkResults(pull.repository, pull.headSha).filter((one) => !required.includes(one.name))
  if (others.some((one) => one.state !== 'success')) return 'unstable'
  return pull.repository.settings.hasHooks ? 'has_hooks' : 'clean'
}

/** The tree that a merge would have. */
export function mergedTree({ repository, baseSha, headSha }: PullRequest): string | 'conflict' {
  const { objects } = repository.git
  const [ours, theirs] = [commitAt(objects, baseSha), commitAt(objects, headSha)]
  const ancestor = commitAt(objects, mergeBase(objects, baseSha, headSha) ?? '')
  if (ours === undefined || theirs === undefined || ancestor === undefined) return 'conflict'
  return mergeTrees(objects, { base: ancestor.tree, ours: ours.tree, theirs: theirs.tree })
}
