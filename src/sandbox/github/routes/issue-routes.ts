import { listAt, textAt } from '../../json.ts'
import { notFound } from '../failure.ts'
import type { Comment, PullRequest } from '../hosted-repository.ts'
import { addAssignees, addComment, addLabels, editComment, removeLabel } from '../mark.ts'
import { pageOf, pullOf, type Reply, type RepositoryCall, type Route, route } from '../route.ts'
import { labelJson } from '../view/pull-json.ts'
import { commentJson, issueJson } from '../view/review-json.ts'

/** Everything below `/issues`; a pull request is one. */
export const issueRoutes: readonly Route[] = [
  route('GET', '/issues/:number', 'pull_requests:read', (call) => ({
    status: 200,
    body: issueJson(call.site, pullOf(call)),
  })),
  route('GET', '/issues/:number/labels', 'pull_requests:read', (call) => labels(call, pullOf(call))),
  route('POST', '/issues/:number/labels', 'pull_requests:write', addLabelsTo, 'triage'),
  route('DELETE', '/issues/:number/labels/:name', 'pull_requests:write', removeLabelFrom, 'triage'),
  route('POST', '/issues/:number/assignees', 'pull_requests:write', assign),
  route('GET', '/issues/:number/comments', 'pull_requests:read', (call) => {
    const pull = pullOf(call)
    return pageOf(call, pull.comments, (comment) => commentJson(call.site, pull, comment))
  }),
  route('POST', '/issues/:number/comments', 'pull_requests:write', comment, 'read'),
  route('GET', '/issues/comments/:id', 'pull_requests:read', (call) => {
    const { pull, found } = commentOf(call)
    return { status: 200, body: commentJson(call.site, pull, found) }
  }),
  route('PATCH', '/issues/comments/:id', 'pull_requests:write', rewrite, 'read'),
]

function labels({ site, repository }: RepositoryCall, pull: PullRequest): Reply {
  return { status: 200, body: [...pull.labels].map((name) => labelJson(site, repository, name)) }
}

function addLabelsTo(call: RepositoryCall): Reply {
  const pull = pullOf(call)
  const names = listAt(call.body, 'labels').map((one) => (typeof one === 'string' ? one : textAt(one, 'name')))
  addLabels(call.site, pull, call.by, names)
  return labels(call, pull)
}

function removeLabelFrom(call: RepositoryCall): Reply {
  const pull = pullOf(call)
  removeLabel(call.site, pull, call.by, call.params['name'] ?? '')
  return labels(call, pull)
}

function assign(call: RepositoryCall): Reply {
  const pull = pullOf(call)
  const logins = listAt(call.body, 'assignees').filter((one): one is string => typeof one === 'string')
  addAssignees(call.site, pull, call.by, logins)
  return { status: 201, body: issueJson(call.site, pull) }
}

function comment(call: RepositoryCall): Reply {
  const pull = pullOf(call)
  const made = addComment(call.site, pull, call.by, textAt(call.body, 'body'))
  return { status: 201, body: commentJson(call.site, pull, made) }
}

function rewrite(call: RepositoryCall): Reply {
  const { pull, found } = commentOf(call)
  editComment(call.site, pull, call.by, found, textAt(call.body, 'body'))
  return { status: 200, body: commentJson(call.site, pull, found) }
}

function commentOf({ repository, params }: RepositoryCall): { pull: PullRequest; found: Comment } {
  for (const pull of repository.pulls.values()) {
    const found = pull.comments.find((one) => one.id === Number(params['id']))
    if (found !== undefined) return { pull, found }
  }
  throw notFound()
}
