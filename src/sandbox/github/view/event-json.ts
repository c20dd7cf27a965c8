import { zeroId } from '../../git-host/git-object.ts'
import { commitsBetween } from '../../git-host/three-way-merge.ts'
import { type CheckRun, fullName, type HostedRepository } from '../hosted-repository.ts'
import { isPartOf } from '../revision.ts'
import type { Happening, Site } from '../site.ts'
import { checkRunJson, statusJson } from './check-json.ts'
import { commitJson } from './commit-json.ts'
import { pullJson, simplePullJson } from './pull-json.ts'
import { fullRepositoryJson, repositoryJson, repositoryUrl } from './repository-json.ts'
import { commentJson, issueJson, reviewJson } from './review-json.ts'
import { nodeId, userJson } from './user-json.ts'

/** Events are told before anybody knows. */
const unknown = { mergeable: null, state: 'unknown' } as const

/** What stands in the body of a webhook. */
export function payloadOf(site: Site, happening: Happening): unknown {
  const repository = 'pull' in happening ? happening.pull.repository : happening.repository
  return {
    ...partsOf(site, happening, repository),
    repository: repositoryJson(site, repository),
    organization: userJson(site, repository.owner),
    sender: userJson(site, happening.sender),
  }
}

function partsOf(site: Site, happening: Happening, repository: HostedRepository): Record<string, unknown> {
  switch (happening.kind) {
    case 'pull_request': {
      const { action, pull, more = {} } = happening
      return { action, number: pull.number, pull_request: pullJson(site, pull, unknown), ...more }
    }
    case 'pull_request_review': {
      const { action, pull, review } = happening
      // Lower case in webhooks, upper case in the API.
      const state = review.state.toLowerCase()
      return { action, review: { ...reviewJson(site, pull, review), state }, pull_request: simplePullJson(site, pull) }
    }
    case 'issue_comment': {
      const { action, pull, comment } = happening
      return { action, issue: issueJson(site, pull), comment: commentJson(site, pull, comment) }
    }
    case 'status': {
      const status = statusJson(site, repository, happening.status)
      const { sha } = happening.status
      const commit = commitJson(site, repository, sha)
      return { ...status, sha, name: fullName(repository), commit, branches: branchesAt(site, repository, sha) }
    }
    case 'check_run':
      return { action: happening.action, check_run: checkRunJson(site, repository, happening.run) }
    case 'check_suite':
      return { action: 'completed', check_suite: suiteJson(site, repository, happening.run) }
    case 'push':
      return pushJson(site, repository, happening)
  }
}

function branchesAt(site: Site, repository: HostedRepository, sha: string) {
  return [...repository.git.refs]
    .filter(([ref, id]) => ref.startsWith('refs/heads/') && id === sha)
    .map(([ref]) => ({
      name: ref.slice('refs/heads/'.length),
      commit: { sha, url: `${repositoryUrl(site, repository)}/commits/${sha}` },
      protected: false,
    }))
}

function suiteJson(site: Site, repository: HostedRepository, run: CheckRun) {
  const runs = repository.checkRuns.filter((one) => one.suite === run.suite)
  const passes = runs.every(
    (one) => one.conclusion === 'success' || one.conclusion === 'neutral' || one.conclusion === 'skipped',
  )
  return {
    id: run.suite,
    node_id: nodeId('CheckSuite', run.suite),
    head_sha: run.sha,
    head_branch: branchesAt(site, repository, run.sha)[0]?.name ?? null,
    status: 'completed',
    conclusion: passes ? 'success' : 'failure',
    app: checkRunJson(site, repository, run).app,
    pull_requests: [],
    latest_check_runs_count: runs.length,
  }
}

function pushJson(site: Site, repository: HostedRepository, happening: Happening & { kind: 'push' }) {
  const { ref, before, after, sender } = happening
  const { objects } = repository.git
  const isNew = before === zeroId
  const ids = after === zeroId ? [] : isNew ? [after] : commitsBetween(objects, before, after)
  const commits = ids.map((id) => {
    const { commit, html_url } = commitJson(site, repository, id)
    const { message, author, committer, tree } = commit
    return {
      id,
      tree_id: tree.sha,
      message,
      timestamp: committer.date,
      url: html_url,
      author,
      committer,
      distinct: true,
    }
  })
  return {
    ref,
    before,
    after,
    created: isNew,
    deleted: after === zeroId,
    forced: !isNew && after !== zeroId && !isPartOf(repository, before, after),
    base_ref: null,
    compare: `${fullRepositoryJson(site, repository, 'read').html_url}/compare/${before}...${after}`,
    commits,
    head_commit: commits.at(-1) ?? null,
    pusher: { name: sender.login, email: sender.email },
  }
}
