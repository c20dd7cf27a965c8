import { fieldsAt, textAt } from '../../json.ts'
import { addCheckRun, addStatus, latestRuns, updateCheckRun } from '../check.ts'
import { GitHubFailure, notFound, refused } from '../failure.ts'
import { conclusions, statusStates } from '../hosted-repository.ts'
import { resolveCommit } from '../revision.ts'
import { pageOf, type Reply, type RepositoryCall, type Route, route } from '../route.ts'
import { checkRunJson, combinedStatusJson, statusJson } from '../view/check-json.ts'
import { commitJson } from '../view/commit-json.ts'

/** Commits, their statuses and check runs. */
export const commitRoutes: readonly Route[] = [
  route('GET', '/commits/:revision+/status', 'statuses:read', (call) => ({
    status: 200,
    body: combinedStatusJson(call.site, call.repository, commitOf(call)),
  })),
  route('GET', '/commits/:revision+/statuses', 'statuses:read', (call) => {
    const sha = commitOf(call)
    const statuses = call.repository.statuses.filter((one) => one.sha === sha).reverse()
    return pageOf(call, statuses, (status) => statusJson(call.site, call.repository, status))
  }),
  route('GET', '/commits/:revision+/check-runs', 'checks:read', listRuns),
  route('GET', '/commits/:revision+', 'contents:read', (call) => ({
    status: 200,
    body: commitJson(call.site, call.repository, commitOf(call)),
  })),
  route('POST', '/statuses/:sha', 'statuses:write', createStatus),
  route('POST', '/check-runs', 'checks:write', createRun),
  route('PATCH', '/check-runs/:id', 'checks:write', updateRun),
]

function commitOf({ repository, params }: RepositoryCall): string {
  const revision = params['revision'] ?? ''
  const sha = resolveCommit(repository, revision)
  if (sha === undefined) throw refused(`No commit found for SHA: ${revision}`)
  return sha
}

function listRuns(call: RepositoryCall): Reply {
  const { query, repository, site } = call
  const sha = commitOf(call)
  const all = repository.checkRuns.filter((one) => one.sha === sha).reverse()
  const runs = (query.get('filter') === 'all' ? all : latestRuns(repository, sha))
    .filter((one) => !query.has('check_name') || one.name === query.get('check_name'))
    .filter((one) => !query.has('status') || one.status === query.get('status'))
  return pageOf(
    call,
    runs,
    (run) => checkRunJson(site, repository, run),
    (page) => ({ total_count: runs.length, check_runs: page }),
  )
}

function createStatus({ site, repository, by, params, body }: RepositoryCall): Reply {
  const given = textAt(body, 'state')
  const state = statusStates.find((one) => one === given)
  if (state === undefined) throw refused('Validation Failed')
  const optional = (field: string) => (typeof body[field] === 'string' ? textAt(body, field) : null)
  const status = addStatus(site, repository, by, {
    ...{ sha: params['sha'] ?? '', context: optional('context') ?? 'default', state },
    ...{ description: optional('description'), targetUrl: optional('target_url') },
  })
  return { status: 201, body: statusJson(site, repository, status) }
}

/** Fields of a check run in a request. A conclusion completes it. */
function runOf({ body }: RepositoryCall) {
  const given = textAt(body, 'status')
  const status = (['queued', 'in_progress', 'completed'] as const).find((one) => one === given)
  const conclusion = conclusions.find((one) => one === body['conclusion'])
  const { title, summary } = fieldsAt(body, 'output')
  return {
    ...(status === undefined ? {} : { status }),
    ...(conclusion === undefined ? {} : { conclusion }),
    ...(typeof title === 'string' ? { title } : {}),
    ...(typeof summary === 'string' ? { summary } : {}),
  }
}

function onlyApps({ token }: RepositoryCall): void {
  if (token?.kind !== 'installation') throw new GitHubFailure(403, 'You must authenticate via a GitHub App.')
}

function createRun(call: RepositoryCall): Reply {
  onlyApps(call)
  const { site, repository, by, body } = call
  const draft = { sha: textAt(body, 'head_sha'), name: textAt(body, 'name'), ...runOf(call) }
  return { status: 201, body: checkRunJson(site, repository, addCheckRun(site, repository, by, draft)) }
}

function updateRun(call: RepositoryCall): Reply {
  onlyApps(call)
  const { site, repository, by, params } = call
  const run = repository.checkRuns.find((one) => one.id === Number(params['id']))
  if (run === undefined) throw notFound()
  updateCheckRun(site, repository, by, run, runOf(call))
  return { status: 200, body: checkRunJson(site, repository, run) }
}
