import { listAt, textAt, valueAt } from '../../json.ts'
import { GitHubFailure } from '../failure.ts'
import type { MergeMethod } from '../hosted-repository.ts'
import { requestReviews } from '../mark.ts'
import { mergePull } from '../merge.ts'
import { editPull, openPull } from '../proposal.ts'
import { listPulls, pullCommits } from '../pull-request.ts'
import { addReview, dismissReview, type ReviewEvent, reviewEvents } from '../review.ts'
import { pageOf, pullOf, type Reply, type RepositoryCall, type Route, route } from '../route.ts'
import { commitJson } from '../view/commit-json.ts'
import { pullJson, simplePullJson } from '../view/pull-json.ts'
import { reviewJson } from '../view/review-json.ts'

/** Everything below `/pulls`. */
export const pullRoutes: readonly Route[] = [
  route('GET', '/pulls', 'pull_requests:read', list),
  // Whoever may push a branch may propose it.
  route('POST', '/pulls', 'pull_requests:write', open),
  route('GET', '/pulls/:number', 'pull_requests:read', (call) => ok(pullJson(call.site, pullOf(call)))),
  route('PATCH', '/pulls/:number', 'pull_requests:write', edit, 'read'),
  route('PUT', '/pulls/:number/merge', 'contents:write', merge, 'read'),
  route('GET', '/pulls/:number/commits', 'pull_requests:read', (call) =>
    pageOf(call, pullCommits(pullOf(call)), (sha) => commitJson(call.site, call.repository, sha)),
  ),
  route('GET', '/pulls/:number/reviews', 'pull_requests:read', (call) => {
    const pull = pullOf(call)
    return pageOf(call, pull.reviews, (review) => reviewJson(call.site, pull, review))
  }),
  route('POST', '/pulls/:number/reviews', 'pull_requests:write', review, 'read'),
  route('PUT', '/pulls/:number/reviews/:id/dismissals', 'pull_requests:write', dismiss),
  route('POST', '/pulls/:number/requested_reviewers', 'pull_requests:write', (call) => {
    const pull = pullOf(call)
    requestReviews(call.site, pull, call.by, {
      reviewers: texts(call, 'reviewers'),
      teams: texts(call, 'team_reviewers'),
    })
    return { status: 201, body: simplePullJson(call.site, pull) }
  }),
]

const ok = (body: unknown): Reply => ({ status: 200, body })

const texts = ({ body }: RepositoryCall, field: string) =>
  listAt(body, field).filter((one): one is string => typeof one === 'string')

function list(call: RepositoryCall): Reply {
  const { query, repository, site } = call
  const head = query.get('head')
  const owner = `${repository.owner.login}:`
  // GitHub ignores a head without its owner and gives everything.
  const branch = head?.includes(':') === true ? (head.startsWith(owner) ? head.slice(owner.length) : '') : undefined
  const filter = {
    state: query.get('state') ?? 'open',
    ...(branch === undefined ? {} : { head: branch }),
    ...(query.has('base') ? { base: query.get('base') ?? '' } : {}),
  }
  const pulls = listPulls(repository, filter)
  const isOldestFirst = query.get('direction') === 'asc'
  if (query.get('sort') === 'updated') pulls.sort((a, b) => b.updatedAt.getTime() - a.updatedAt.getTime())
  return pageOf(call, isOldestFirst ? pulls.reverse() : pulls, (pull) => simplePullJson(site, pull))
}

function open({ site, repository, by, body }: RepositoryCall): Reply {
  const pull = openPull(site, repository, by, {
    title: textAt(body, 'title'),
    body: typeof body['body'] === 'string' ? body['body'] : null,
    head: textAt(body, 'head'),
    base: textAt(body, 'base'),
    isDraft: body['draft'] === true,
  })
  return { status: 201, body: pullJson(site, pull) }
}

function edit(call: RepositoryCall): Reply {
  const { site, by, body } = call
  const pull = pullOf(call)
  const { title, base, state } = body
  const text = body['body']
  editPull(site, pull, by, {
    ...(typeof title === 'string' ? { title } : {}),
    ...(typeof base === 'string' ? { base } : {}),
    ...(typeof text === 'string' || text === null ? { body: text } : {}),
    ...(state === 'open' || state === 'closed' ? { state } : {}),
  })
  return ok(pullJson(site, pull))
}

const methods: readonly MergeMethod[] = ['merge', 'squash', 'rebase']

function merge(call: RepositoryCall): Reply {
  const { site, by, body } = call
  const method = methods.find((one) => one === (body['merge_method'] ?? 'merge'))
  if (method === undefined) throw new GitHubFailure(422, 'Invalid request.')
  const pull = pullOf(call)
  const optional = (field: string) => (typeof valueAt(body, field) === 'string' ? textAt(body, field) : undefined)
  const commit = mergePull(site, pull, {
    ...{ by, method, sha: optional('sha') },
    ...{ title: optional('commit_title'), message: optional('commit_message') },
  })
  return ok({ sha: site.saysMergeCommit ? commit : '', merged: true, message: 'Pull Request successfully merged' })
}

function review(call: RepositoryCall): Reply {
  const { site, by, body } = call
  const event = textAt(body, 'event')
  if (!isReviewEvent(event)) throw new GitHubFailure(422, 'Unprocessable Entity', { errors: ['Event is not known'] })
  const pull = pullOf(call)
  const commit = textAt(body, 'commit_id')
  const review = addReview(site, pull, by, { event, body: textAt(body, 'body'), commit: commit || undefined })
  return ok(reviewJson(site, pull, review))
}

function isReviewEvent(event: string): event is ReviewEvent {
  return Object.hasOwn(reviewEvents, event)
}

function dismiss(call: RepositoryCall): Reply {
  const pull = pullOf(call)
  const review = pull.reviews.find((one) => one.id === Number(call.params['id']))
  if (review === undefined) throw new GitHubFailure(404, 'Not Found')
  dismissReview(call.site, pull, call.by, review)
  return ok(reviewJson(call.site, pull, review))
}
