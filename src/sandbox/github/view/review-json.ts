import type { Comment, PullRequest, Review } from '../hosted-repository.ts'
import type { Site } from '../site.ts'
import { associationOf, labelJson, pullPage } from './pull-json.ts'
import { repositoryUrl } from './repository-json.ts'
import { nodeId, userJson } from './user-json.ts'

export function reviewJson(site: Site, pull: PullRequest, review: Review) {
  const html = `${pullPage(site, pull)}#pullrequestreview-${review.id}`
  const url = `${repositoryUrl(site, pull.repository)}/pulls/${pull.number}`
  return {
    id: review.id,
    node_id: nodeId('PullRequestReview', review.id),
    user: userJson(site, review.by),
    body: review.body,
    state: review.state,
    html_url: html,
    pull_request_url: url,
    author_association: associationOf(pull, review.by.login),
    _links: { html: { href: html }, pull_request: { href: url } },
    submitted_at: review.submittedAt.toISOString(),
    commit_id: review.commit,
  }
}

export function commentJson(site: Site, pull: PullRequest, comment: Comment) {
  const root = repositoryUrl(site, pull.repository)
  return {
    id: comment.id,
    node_id: nodeId('IssueComment', comment.id),
    url: `${root}/issues/comments/${comment.id}`,
    html_url: `${pullPage(site, pull)}#issuecomment-${comment.id}`,
    body: comment.body,
    user: userJson(site, comment.by),
    created_at: comment.createdAt.toISOString(),
    updated_at: comment.updatedAt.toISOString(),
    issue_url: `${root}/issues/${pull.number}`,
    author_association: associationOf(pull, comment.by.login),
  }
}

/** A pull request in its other role; this one says who closed it. */
export function issueJson(site: Site, pull: PullRequest) {
  const root = repositoryUrl(site, pull.repository)
  const url = `${root}/issues/${pull.number}`
  const page = pullPage(site, pull)
  const assignees = [...pull.assignees]
    .flatMap((login) => site.accounts.find(login) ?? [])
    .map((one) => userJson(site, one))
  return {
    id: pull.id,
    node_id: nodeId('PullRequest', pull.id),
    url,
    repository_url: root,
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    html_url: page,
    number: pull.number,
    state: pull.state,
    state_reason: null,
    title: pull.title,
    body: pull.body,
    user: userJson(site, pull.author),
    labels: [...pull.labels].map((name) => labelJson(site, pull.repository, name)),
    assignee: assignees[0] ?? null,
    assignees,
    milestone: null,
    locked: false,
    active_lock_reason: null,
    comments: pull.comments.length,
    pull_request: {
      url: `${root}/pulls/${pull.number}`,
      html_url: page,
      diff_url: `${page}.diff`,
      patch_url: `${page}.patch`,
      merged_at: pull.merged?.at.toISOString() ?? null,
    },
    closed_at: pull.closed?.at.toISOString() ?? null,
    closed_by: pull.closed === undefined ? null : userJson(site, pull.closed.by),
    created_at: pull.createdAt.toISOString(),
    updated_at: pull.updatedAt.toISOString(),
    draft: pull.isDraft,
    author_association: associationOf(pull, pull.author.login),
  }
}
