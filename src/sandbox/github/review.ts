import { type Account, hasRole } from './account.ts'
import { GitHubFailure, refused } from './failure.ts'
import { type PullRequest, type Review, roleOf } from './hosted-repository.ts'
import type { Site } from './site.ts'

export const reviewEvents = { APPROVE: 'APPROVED', REQUEST_CHANGES: 'CHANGES_REQUESTED', COMMENT: 'COMMENTED' } as const
export type ReviewEvent = keyof typeof reviewEvents

/** Anybody who can read may review; whether it counts is another matter. */
export function addReview(
  site: Site,
  pull: PullRequest,
  by: Account,
  { event, body = '', commit = pull.headSha }: { event: ReviewEvent; body?: string; commit?: string | undefined },
): Review {
  if (!hasRole(roleOf(pull.repository, by.login), 'read')) throw new GitHubFailure(404, 'Not Found')
  if (by.login === pull.author.login && event !== 'COMMENT') {
    const verb = event === 'APPROVE' ? 'approve' : 'request changes on'
    throw new GitHubFailure(422, 'Unprocessable Entity', { errors: [`Can not ${verb} your own pull request`] })
  }
  if (event !== 'APPROVE' && body === '') {
    throw new GitHubFailure(422, 'Unprocessable Entity', { errors: ['Body can not be blank'] })
  }
  const review: Review = { id: site.nextId(), by, state: reviewEvents[event], body, commit, submittedAt: site.now() }
  pull.reviews.push(review)
  pull.reviewers.delete(by.login)
  pull.updatedAt = site.now()
  site.tell({ kind: 'pull_request_review', action: 'submitted', pull, sender: by, review })
  return review
}

export function dismissReview(site: Site, pull: PullRequest, by: Account, review: Review): void {
  if (review.state === 'COMMENTED' || review.state === 'DISMISSED')
    throw refused('Can not dismiss a commented pull request review')
  review.state = 'DISMISSED'
  site.tell({ kind: 'pull_request_review', action: 'dismissed', pull, sender: by, review })
}

/** The last approval, refusal or withdrawal of each person; comments change nothing. */
export function lastReviews(pull: PullRequest): Review[] {
  const last = new Map<string, Review>()
  for (const review of pull.reviews) if (review.state !== 'COMMENTED') last.set(review.by.login, review)
  return [...last.values()].filter((review) => review.state !== 'DISMISSED')
}
