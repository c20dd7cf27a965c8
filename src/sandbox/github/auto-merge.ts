import { type Account, hasRole } from './account.ts'
import { GitHubFailure, refused } from './failure.ts'
import { type MergeMethod, type MergeWish, type PullRequest, roleOf } from './hosted-repository.ts'
import { landPull, mergePull } from './merge.ts'
import { mergeableState } from './mergeability.ts'
import { tellPull } from './proposal.ts'
import { protectionOf } from './protection.ts'
import { listPulls, refreshHeads } from './pull-request.ts'
import type { Site } from './site.ts'

/** States in which GitHub merges by itself; with any of them it also refuses to be asked for it. */
const readyStates = ['clean', 'unstable', 'has_hooks']

/** Has GitHub merge it as soon as the rules of the base are met. Throws why not. */
export function enableAutoMerge(site: Site, pull: PullRequest, wish: MergeWish): void {
  const { repository } = pull
  checkMayMerge(pull, wish.by)
  if (!repository.settings.allowAutoMerge) throw refused('Pull request Auto merge is not allowed for this repository')
  if (pull.state === 'closed' || pull.isDraft) throw refused("Can't enable auto-merge for this pull request")
  if (!isAllowed(pull, wish.method)) throw refused(`Merge method ${wish.method} is not allowed on this repository`)
  const protection = protectionOf(repository, pull.base)
  if (protection === undefined) throw refused('Pull request Protected branch rules not configured for this branch')
  const state = mergeableState(pull)
  if ((readyStates.includes(state) && !protection.hasQueue) || state === 'dirty') {
    throw refused(`Pull request Pull request is in ${state} status`)
  }
  pull.autoMerge = wish
  tellPull(site, pull, wish.by, 'auto_merge_enabled')
}

export function disableAutoMerge(site: Site, pull: PullRequest, by: Account): void {
  checkMayMerge(pull, by)
  if (pull.autoMerge === undefined) throw refused("Can't disable auto-merge for this pull request")
  pull.autoMerge = undefined
  tellPull(site, pull, by, 'auto_merge_disabled')
}

/** Puts it into the queue of its base. The next look at the queue merges it. */
export function enqueuePull(site: Site, pull: PullRequest, wish: MergeWish, expectedHead?: string): void {
  checkMayMerge(pull, wish.by)
  refreshHeads(pull)
  if (protectionOf(pull.repository, pull.base)?.hasQueue !== true) {
    throw refused('Pull request Merge queue is not enabled for this branch')
  }
  if (expectedHead !== undefined && expectedHead !== pull.headSha) throw refused('Head branch was modified')
  if (pull.queued !== undefined) throw refused('Pull request is already in the merge queue')
  const state = mergeableState(pull)
  if (!readyStates.includes(state)) throw refused(`Pull request Pull request is in ${state} status`)
  pull.queued = { ...wish, id: site.nextId(), at: site.now() }
  tellPull(site, pull, wish.by, 'enqueued')
}

/** Merges, or puts into the queue, what has become ready. */
export function settleAutoMerges(site: Site): void {
  for (const pull of openPulls(site)) {
    const wish = pull.autoMerge
    if (wish === undefined || pull.queued !== undefined || !readyStates.includes(mergeableState(pull))) continue
    try {
      if (protectionOf(pull.repository, pull.base)?.hasQueue === true) enqueuePull(site, pull, wish)
      else mergePull(site, pull, wish)
    } catch (thrown) {
      // It cannot be merged so any more, because a setting or a role has changed.
      if (!(thrown instanceof GitHubFailure)) throw thrown
      pull.autoMerge = undefined
      tellPull(site, pull, wish.by, 'auto_merge_disabled')
    }
  }
}

/** Merges what is queued and still ready; the rest leaves the queue. */
export function advanceQueues(site: Site): void {
  for (const pull of openPulls(site)) {
    const { queued } = pull
    if (queued === undefined) continue
    pull.queued = undefined
    if (readyStates.includes(mergeableState(pull))) landPull(site, pull, queued)
    else tellPull(site, pull, queued.by, 'dequeued')
  }
}

function openPulls(site: Site): PullRequest[] {
  return site.repositories().flatMap((repository) => listPulls(repository).reverse())
}

function checkMayMerge({ repository }: PullRequest, { login }: Account): void {
  if (!hasRole(roleOf(repository, login), 'write'))
    throw refused(`${login} does not have the correct permissions to merge`)
}

function isAllowed({ repository }: PullRequest, method: MergeMethod): boolean {
  const { allowMergeCommit, allowSquashMerge, allowRebaseMerge } = repository.settings
  return { merge: allowMergeCommit, squash: allowSquashMerge, rebase: allowRebaseMerge }[method]
}
