import { latestStatuses } from '../check.ts'
import { type CheckRun, type CommitStatus, fullName, type HostedRepository } from '../hosted-repository.ts'
import type { Site } from '../site.ts'
import { repositoryJson, repositoryUrl } from './repository-json.ts'
import { nodeId, userJson } from './user-json.ts'

function simpleStatusJson(site: Site, repository: HostedRepository, status: CommitStatus) {
  const at = status.createdAt.toISOString()
  return {
    url: `${repositoryUrl(site, repository)}/statuses/${status.sha}`,
    avatar_url: userJson(site, status.creator).avatar_url,
    id: status.id,
    node_id: nodeId('StatusContext', status.id),
    state: status.state,
    description: status.description,
    target_url: status.targetUrl,
    context: status.context,
    created_at: at,
    updated_at: at,
  }
}

export function statusJson(site: Site, repository: HostedRepository, status: CommitStatus) {
  return { ...simpleStatusJson(site, repository, status), creator: userJson(site, status.creator) }
}

/** The newest status of each context, and what they say together: pending also when there is none. */
export function combinedStatusJson(site: Site, repository: HostedRepository, sha: string) {
  const statuses = latestStatuses(repository, sha)
  const has = (...states: CommitStatus['state'][]) => statuses.some((one) => states.includes(one.state))
  const isPending = statuses.length === 0 || has('pending')
  const root = repositoryUrl(site, repository)
  return {
    state: has('error', 'failure') ? 'failure' : isPending ? 'pending' : 'success',
    statuses: statuses.map((status) => simpleStatusJson(site, repository, status)),
    sha,
    total_count: statuses.length,
    repository: repositoryJson(site, repository),
    commit_url: `${root}/commits/${sha}`,
    url: `${root}/commits/${sha}/status`,
  }
}

export function checkRunJson(site: Site, repository: HostedRepository, run: CheckRun) {
  const url = `${repositoryUrl(site, repository)}/check-runs/${run.id}`
  const page = `${site.url}/${fullName(repository)}/runs/${run.id}`
  const slug = run.creator.login.replace(/\[bot\]$/, '')
  return {
    id: run.id,
    name: run.name,
    node_id: nodeId('CheckRun', run.id),
    head_sha: run.sha,
    external_id: '',
    url,
    html_url: page,
    details_url: page,
    status: run.status,
    conclusion: run.conclusion,
    started_at: run.startedAt.toISOString(),
    completed_at: run.completedAt?.toISOString() ?? null,
    output: {
      title: run.title,
      summary: run.summary,
      text: null,
      annotations_count: 0,
      annotations_url: `${url}/annotations`,
    },
    check_suite: { id: run.suite },
    app: {
      id: run.creator.id,
      slug,
      node_id: nodeId('App', run.creator.id),
      owner: userJson(site, repository.owner),
      name: slug,
      description: null,
      external_url: `${site.url}/apps/${slug}`,
      html_url: `${site.url}/apps/${slug}`,
      created_at: repository.createdAt.toISOString(),
      updated_at: repository.createdAt.toISOString(),
      permissions: { checks: 'write' },
      events: [] as string[],
    },
    pull_requests: [],
  }
}
