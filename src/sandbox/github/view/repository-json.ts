import { hasRole, type Role } from '../account.ts'
import { fullName, type HostedRepository } from '../hosted-repository.ts'
import type { Site } from '../site.ts'
import { nodeId, userJson } from './user-json.ts'

/** Of the API, by the field that holds it. */
const links = {
  archive_url: '/{archive_format}{/ref}',
  assignees_url: '/assignees{/user}',
  blobs_url: '/git/blobs{/sha}',
  branches_url: '/branches{/branch}',
  collaborators_url: '/collaborators{/collaborator}',
  comments_url: '/comments{/number}',
  commits_url: '/commits{/sha}',
  compare_url: '/compare/{base}...{head}',
  contents_url: '/contents/{+path}',
  contributors_url: '/contributors',
  deployments_url: '/deployments',
  downloads_url: '/downloads',
  events_url: '/events',
  forks_url: '/forks',
  git_commits_url: '/git/commits{/sha}',
  git_refs_url: '/git/refs{/sha}',
  git_tags_url: '/git/tags{/sha}',
  hooks_url: '/hooks',
  issue_comment_url: '/issues/comments{/number}',
  issue_events_url: '/issues/events{/number}',
  issues_url: '/issues{/number}',
  keys_url: '/keys{/key_id}',
  labels_url: '/labels{/name}',
  languages_url: '/languages',
  merges_url: '/merges',
  milestones_url: '/milestones{/number}',
  notifications_url: '/notifications{?since,all,participating}',
  pulls_url: '/pulls{/number}',
  releases_url: '/releases{/id}',
  stargazers_url: '/stargazers',
  statuses_url: '/statuses/{sha}',
  subscribers_url: '/subscribers',
  subscription_url: '/subscription',
  tags_url: '/tags',
  teams_url: '/teams',
  trees_url: '/git/trees{/sha}',
} as const

/** `https://HOST/repos/OWNER/NAME` of the API. */
export function repositoryUrl({ apiUrl }: Pick<Site, 'apiUrl'>, repository: HostedRepository): string {
  return `${apiUrl}/repos/${fullName(repository)}`
}

/** As it stands in lists and inside other answers. */
export function repositoryJson(site: Site, repository: HostedRepository) {
  const { id, name, owner, isPrivate, isArchived, git, createdAt, pulls } = repository
  const open = [...pulls.values()].filter((pull) => pull.state === 'open').length
  const url = repositoryUrl(site, repository)
  const page = `${site.url}/${fullName(repository)}`
  const at = createdAt.toISOString()
  const addresses = Object.fromEntries(Object.entries(links).map(([key, path]) => [key, url + path])) as Record<
    keyof typeof links,
    string
  >
  return {
    ...addresses,
    id,
    node_id: nodeId('Repository', id),
    name,
    full_name: fullName(repository),
    owner: userJson(site, owner),
    private: isPrivate,
    html_url: page,
    description: null,
    fork: false,
    url,
    git_url: `${page}.git`,
    ssh_url: `git@${new URL(site.url).hostname}:${fullName(repository)}.git`,
    clone_url: `${page}.git`,
    svn_url: page,
    mirror_url: null,
    homepage: null,
    language: null,
    license: null,
    forks: 0,
    forks_count: 0,
    stargazers_count: 0,
    watchers: 0,
    watchers_count: 0,
    size: 0,
    default_branch: git.defaultBranch,
    open_issues: open,
    open_issues_count: open,
    topics: [] as string[],
    has_issues: true,
    has_projects: false,
    has_wiki: false,
    has_pages: false,
    has_downloads: false,
    has_discussions: false,
    archived: isArchived,
    disabled: false,
    visibility: isPrivate ? 'private' : 'public',
    pushed_at: at,
    created_at: at,
    updated_at: at,
  }
}

/** The answer of `GET /repos/OWNER/NAME`; merge settings are told to whoever may push. */
export function fullRepositoryJson(site: Site, repository: HostedRepository, role: Role) {
  const { settings, owner } = repository
  const secrets = {
    allow_merge_commit: settings.allowMergeCommit,
    allow_squash_merge: settings.allowSquashMerge,
    allow_rebase_merge: settings.allowRebaseMerge,
    allow_auto_merge: settings.allowAutoMerge,
    delete_branch_on_merge: settings.deleteBranchOnMerge,
    allow_update_branch: false,
  }
  return {
    ...repositoryJson(site, repository),
    ...(hasRole(role, 'write') ? secrets : {}),
    permissions: {
      admin: hasRole(role, 'admin'),
      maintain: hasRole(role, 'maintain'),
      push: hasRole(role, 'write'),
      triage: hasRole(role, 'triage'),
      pull: hasRole(role, 'read'),
    },
    ...(owner.type === 'Organization' ? { organization: userJson(site, owner) } : {}),
    network_count: 0,
    subscribers_count: 0,
  }
}
