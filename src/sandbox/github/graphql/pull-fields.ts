import type { PullRequest } from '../hosted-repository.ts'
import { readMergeability } from '../mergeability.ts'
import { protectionOf, unmetRules } from '../protection.ts'
import { lastReviews } from '../review.ts'
import type { Site } from '../site.ts'
import { pullPage } from '../view/pull-json.ts'
import { nodeId } from '../view/user-json.ts'

/** A pull request in the fields of GraphQL; a read for the mergeability. */
export function pullFields(site: Site, pull: PullRequest) {
  const { mergeable, state } = readMergeability(site, pull)
  const { autoMerge, queued, merged } = pull
  return {
    __typename: 'PullRequest',
    id: nodeId('PullRequest', pull.id),
    databaseId: pull.id,
    number: pull.number,
    url: pullPage(site, pull),
    title: pull.title,
    body: pull.body ?? '',
    state: merged === undefined ? pull.state.toUpperCase() : 'MERGED',
    isDraft: pull.isDraft,
    merged: merged !== undefined,
    mergeable: mergeable === null ? 'UNKNOWN' : mergeable ? 'MERGEABLE' : 'CONFLICTING',
    mergeStateStatus: state.toUpperCase(),
    reviewDecision: reviewDecision(pull),
    headRefName: pull.head,
    headRefOid: pull.headSha,
    baseRefName: pull.base,
    baseRefOid: pull.baseSha,
    author: { login: pull.author.login },
    mergeCommit: merged === undefined || merged.commit === null ? null : { oid: merged.commit },
    autoMergeRequest:
      autoMerge === undefined
        ? null
        : {
            mergeMethod: autoMerge.method.toUpperCase(),
            commitHeadline: autoMerge.title ?? null,
            commitBody: autoMerge.message ?? null,
            enabledBy: { login: autoMerge.by.login },
          },
    isInMergeQueue: queued !== undefined,
    isMergeQueueEnabled: protectionOf(pull.repository, pull.base)?.hasQueue === true,
    mergeQueueEntry: queued === undefined ? null : queueEntry(queued),
  }
}

export function queueEntry(queued: NonNullable<PullRequest['queued']>) {
  return {
    id: nodeId('MergeQueueEntry', queued.id),
    position: 1,
    state: 'QUEUED',
    enqueuedAt: queued.at.toISOString(),
    enqueuer: { login: queued.by.login },
  }
}

/** Null when the branch asks for no review. */
function reviewDecision(pull: PullRequest): 'APPROVED' | 'CHANGES_REQUESTED' | 'REVIEW_REQUIRED' | null {
  if ((protectionOf(pull.repository, pull.base)?.reviews ?? 0) === 0) return null
  if (!unmetRules(pull).some((one) => one.rule === 'reviews')) return 'APPROVED'
  return lastReviews(pull).some((one) => one.state === 'CHANGES_REQUESTED') ? 'CHANGES_REQUESTED' : 'REVIEW_REQUIRED'
}
