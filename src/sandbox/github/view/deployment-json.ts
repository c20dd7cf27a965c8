import type { Deployment, DeploymentStatus, HostedRepository } from '../hosted-repository.ts'
import type { Site } from '../site.ts'
import { repositoryUrl } from './repository-json.ts'
import { nodeId, userJson } from './user-json.ts'

export function deploymentJson(site: Site, repository: HostedRepository, deployment: Deployment) {
  const root = repositoryUrl(site, repository)
  const url = `${root}/deployments/${deployment.id}`
  const last = deployment.statuses.at(-1)
  return {
    url,
    id: deployment.id,
    node_id: nodeId('Deployment', deployment.id),
    sha: deployment.sha,
    ref: deployment.ref,
    task: deployment.task,
    payload: deployment.payload,
    original_environment: deployment.environment,
    environment: deployment.environment,
    description: deployment.description,
    creator: userJson(site, deployment.creator),
    created_at: deployment.createdAt.toISOString(),
    updated_at: (last?.createdAt ?? deployment.createdAt).toISOString(),
    statuses_url: `${url}/statuses`,
    repository_url: root,
    transient_environment: deployment.isTransient,
    production_environment: deployment.isProduction,
  }
}

export function deploymentStatusJson(
  site: Site,
  repository: HostedRepository,
  deployment: Deployment,
  status: DeploymentStatus,
) {
  const root = repositoryUrl(site, repository)
  const url = `${root}/deployments/${deployment.id}`
  const at = status.createdAt.toISOString()
  return {
    url: `${url}/statuses/${status.id}`,
    id: status.id,
    node_id: nodeId('DeploymentStatus', status.id),
    state: status.state,
    creator: userJson(site, status.creator),
    description: status.description,
    environment: status.environment,
    target_url: status.logUrl,
    environment_url: status.environmentUrl,
    log_url: status.logUrl,
    created_at: at,
    updated_at: at,
    deployment_url: url,
    repository_url: root,
  }
}
