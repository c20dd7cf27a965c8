import { hasRole } from '../account.ts'
import { fileChanges } from '../file-change.ts'
import { fullName, type HostedRepository, type PullRequest, roleOf } from '../hosted-repository.ts'
import { readMergeability } from '../mergeability.ts'
import { pullCommits, refreshHeads } from '../pull-request.ts'
import type { Site } from '../site.ts'
import { repositoryJson, repositoryUrl } from './repository-json.ts'
import { nodeId, userJson } from './user-json.ts'

/** The page of a pull request for people. */
export function pullPage({ url }: Pick<Site, 'url'>, { repository, number }: PullRequest): string {
  return `${url}/${fullName(repository)}/pull/${number}`
}

export function labelJson(site: Site, repository: HostedRepository, name: string) {
  const id = repository.labels.get(name.toLowerCase())?.id ?? 0
  const url = `${repositoryUrl(site, repository)}/labels/${encodeURIComponent(name)}`
  return { id, node_id: nodeId('Label', id), url, name, description: '', color: 'ededed', default: false }
}

export function associationOf({ repository }: PullRequest, login: string) {
  if (repository.owner.login === login) return 'OWNER' as const
  return hasRole(roleOf(repository, login), 'triage') ? ('COLLABORATOR' as const) : ('NONE' as const)
}

/** As it stands in lists: without mergeability and counts. */
export function simplePullJson(site: Site, pull: PullRequest) {
  refreshHeads(pull)
  const { repository, number, id, closed, merged, autoMerge } = pull
  const root = repositoryUrl(site, repository)
  const url = `${root}/pulls/${number}`
  const issue = `${root}/issues/${number}`
  const page = pullPage(site, pull)
  const users = (logins: ReadonlySet<string>) =>
    [...logins].flatMap((login) => site.accounts.find(login) ?? []).map((one) => userJson(site, one))
  const assignees = users(pull.assignees)
  return {
    url,
    id,
    node_id: nodeId('PullRequest', id),
    html_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    issue_url: issue,
    commits_url: `${url}/commits`,
    review_comments_url: `${url}/comments`,
    review_comment_url: `${root}/pulls/comments{/number}`,
    comments_url: `${issue}/comments`,
    statuses_url: `${root}/statuses/${pull.headSha}`,
    number,
    state: pull.state,
    locked: false,
    title: pull.title,
    user: userJson(site, pull.author),
    body: pull.body,
    labels: [...pull.labels].map((name) => labelJson(site, repository, name)),
    milestone: null,
    active_lock_reason: null,
    created_at: pull.createdAt.toISOString(),
    updated_at: pull.updatedAt.toISOString(),
    closed_at: closed?.at.toISOString() ?? null,
    merged_at: merged?.at.toISOString() ?? null,
    merge_commit_sha: site.saysMergeCommit ? (merged?.commit ?? null) : null,
    assignee: assignees[0] ?? null,
    assignees,
    requested_reviewers: users(pull.reviewers),
    requested_teams: [...pull.teams].map((slug) => teamJson(site, repository, slug)),
    head: endJson(site, repository, pull.head, pull.headSha),
    base: endJson(site, repository, pull.base, pull.baseSha),
    _links: {
      comments: { href: `${issue}/comments` },
      commits: { href: `${url}/commits` },
      statuses: { href: `${root}/statuses/${pull.headSha}` },
      html: { href: page },
      issue: { href: issue },
      review_comments: { href: `${url}/comments` },
      review_comment: { href: `${root}/pulls/comments{/number}` },
      self: { href: url },
    },
    author_association: associationOf(pull, pull.author.login),
    auto_merge:
      autoMerge === undefined
        ? null
        : {
            enabled_by: userJson(site, autoMerge.by),
            merge_method: autoMerge.method,
            commit_title: autoMerge.title ?? '',
            commit_message: autoMerge.message ?? '',
          },
    draft: pull.isDraft,
  }
}

/** The answer of `GET pulls/NUMBER`; a read for the mergeability, unless that is given. */
export function pullJson(
  site: Site,
  pull: PullRequest,
  { mergeable, state }: ReturnType<typeof readMergeability> = readMergeability(site, pull),
) {
  const files = fileChanges(pull)
  const { merged } = pull
  return {
    ...simplePullJson(site, pull),
    merged: merged !== undefined,
    mergeable,
    rebaseable: mergeable,
    mergeable_state: state,
    merged_by: merged === undefined ? null : userJson(site, merged.by),
    comments: pull.comments.length,
    review_comments: 0,
    maintainer_can_modify: false,
    commits: pullCommits(pull).length,
    additions: files.reduce((sum, file) => sum + file.additions, 0),
    deletions: files.reduce((sum, file) => sum + file.deletions, 0),
    changed_files: files.length,
  }
}

function endJson(site: Site, repository: HostedRepository, ref: string, sha: string) {
  const { owner } = repository
  return {
    label: `${owner.login}:${ref}`,
    ref,
    sha,
    user: userJson(site, owner),
    repo: repositoryJson(site, repository),
  }
}

function teamJson(site: Site, { owner }: HostedRepository, slug: string) {
  const url = `${site.apiUrl}/orgs/${owner.login}/teams/${slug}`
  return {
    id: 1,
    node_id: nodeId('Team', slug),
    name: slug,
    slug,
    description: null,
    privacy: 'closed',
    permission: 'push',
    url,
    html_url: `${site.url}/orgs/${owner.login}/teams/${slug}`,
    members_url: `${url}/members{/member}`,
    repositories_url: `${url}/repos`,
    parent: null,
    type: 'organization' as const,
    organization_id: owner.id,
  }
}
