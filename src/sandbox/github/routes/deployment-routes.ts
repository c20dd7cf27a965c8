import { isFields, listAt, textAt } from '../../json.ts'
import { checkResults } from '../check.ts'
import { GitHubFailure, notFound, refused } from '../failure.ts'
import { type Deployment, type DeploymentStatus, deploymentStates } from '../hosted-repository.ts'
import { resolveCommit } from '../revision.ts'
import { pageOf, type Reply, type RepositoryCall, type Route, route } from '../route.ts'
import { deploymentJson, deploymentStatusJson } from '../view/deployment-json.ts'

export const deploymentRoutes: readonly Route[] = [
  route('GET', '/deployments', 'deployments:read', list),
  route('POST', '/deployments', 'deployments:write', create),
  route('GET', '/deployments/:id/statuses', 'deployments:read', (call) => {
    const { site, repository } = call
    const deployment = deploymentOf(call)
    const statuses = [...deployment.statuses].reverse()
    return pageOf(call, statuses, (status) => deploymentStatusJson(site, repository, deployment, status))
  }),
  route('POST', '/deployments/:id/statuses', 'deployments:write', addStatus),
]

function list(call: RepositoryCall): Reply {
  const { query, repository, site } = call
  const fits = (field: 'sha' | 'ref' | 'task' | 'environment') => (one: Deployment) =>
    !query.has(field) || one[field] === query.get(field)
  const found = repository.deployments.filter(fits('sha')).filter(fits('ref'))
  const narrowed = found.filter(fits('task')).filter(fits('environment')).reverse()
  return pageOf(call, narrowed, (one) => deploymentJson(site, repository, one))
}

function create({ site, repository, by, body }: RepositoryCall): Reply {
  const ref = textAt(body, 'ref')
  const sha = resolveCommit(repository, ref)
  if (sha === undefined) throw refused(`No ref found for: ${ref}`)
  if (!areChecksGreen(repository, sha, body['required_contexts'])) {
    throw new GitHubFailure(409, `Conflict: Commit status checks failed for ${ref}.`)
  }
  const { payload = {}, description } = body
  const deployment: Deployment = {
    ...{ id: site.nextId(), sha, ref, task: textAt(body, 'task') || 'deploy' },
    environment: textAt(body, 'environment') || 'production',
    description: typeof description === 'string' ? description : null,
    payload: typeof payload === 'string' || isFields(payload) ? payload : {},
    isTransient: body['transient_environment'] === true,
    isProduction: body['production_environment'] === true,
    ...{ creator: by, createdAt: site.now(), statuses: [] },
  }
  repository.deployments.push(deployment)
  return { status: 201, body: deploymentJson(site, repository, deployment) }
}

/** Without a list every status of the commit must be green, with an empty one none. */
function areChecksGreen(repository: RepositoryCall['repository'], sha: string, contexts: unknown): boolean {
  const results = checkResults(repository, sha)
  if (!Array.isArray(contexts)) return results.every((one) => one.state === 'success')
  return listAt({ contexts }, 'contexts').every((name) =>
    results.some((one) => one.name === name && one.state === 'success'),
  )
}

function addStatus(call: RepositoryCall): Reply {
  const { site, repository, by, body } = call
  const deployment = deploymentOf(call)
  const given = textAt(body, 'state')
  const state = deploymentStates.find((one) => one === given)
  if (state === undefined || textAt(body, 'description').length > 140) throw refused('Validation Failed')
  const status: DeploymentStatus = {
    ...{ id: site.nextId(), state, description: textAt(body, 'description') },
    environment: textAt(body, 'environment') || deployment.environment,
    ...{ environmentUrl: textAt(body, 'environment_url'), logUrl: textAt(body, 'log_url') },
    ...{ creator: by, createdAt: site.now() },
  }
  deployment.statuses.push(status)
  if (state === 'success' && body['auto_inactive'] !== false) retireOthers(call, deployment, status)
  return { status: 201, body: deploymentStatusJson(site, repository, deployment, status) }
}

/** A success makes older ones of the same environment inactive. */
function retireOthers({ site, repository }: RepositoryCall, newest: Deployment, status: DeploymentStatus): void {
  for (const other of repository.deployments) {
    const isOlder = other.environment === newest.environment && other !== newest
    if (!isOlder || other.isTransient || other.statuses.at(-1)?.state !== 'success') continue
    other.statuses.push({ ...status, id: site.nextId(), state: 'inactive', description: '' })
  }
}

function deploymentOf({ repository, params }: RepositoryCall): Deployment {
  const found = repository.deployments.find((one) => one.id === Number(params['id']))
  if (found === undefined) throw notFound()
  return found
}
