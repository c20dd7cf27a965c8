import type { BranchProtection, HostedRepository } from '../hosted-repository.ts'
import { protectionOf } from '../protection.ts'
import type { Site } from '../site.ts'
import { commitJson } from './commit-json.ts'
import { repositoryUrl } from './repository-json.ts'
import { nodeId } from './user-json.ts'

/** The answer of `GET branches/NAME`: everybody sees that it is protected and which checks that needs, not more. */
export function branchJson(site: Site, repository: HostedRepository, name: string, sha: string) {
  const root = repositoryUrl(site, repository)
  const url = `${root}/branches/${name}`
  const protection = protectionOf(repository, name)
  const checks = protection?.kind === 'classic' ? protection.checks : []
  const commit = commitJson(site, repository, sha)
  return {
    name,
    commit,
    _links: { html: commit.html_url.replace(/\/commit\/.*$/, `/tree/${name}`), self: url },
    protected: protection !== undefined,
    protection: {
      enabled: protection?.kind === 'classic',
      required_status_checks: {
        enforcement_level: checks.length === 0 ? 'off' : protection?.holdsAdmins === true ? 'everyone' : 'non_admins',
        contexts: [...checks],
        checks: checks.map((context) => ({ context, app_id: null })),
      },
    },
    protection_url: `${url}/protection`,
  }
}

/** The answer of `GET branches/NAME/protection`, for classic protection and admins. */
export function protectionJson(site: Site, repository: HostedRepository, name: string, protection: BranchProtection) {
  const url = `${repositoryUrl(site, repository)}/branches/${name}/protection`
  const { reviews, checks, isStrict, dismissesStale, holdsAdmins } = protection
  return {
    url,
    ...(checks.length === 0 && !isStrict
      ? {}
      : {
          required_status_checks: {
            url: `${url}/required_status_checks`,
            strict: isStrict,
            contexts: [...checks],
            contexts_url: `${url}/required_status_checks/contexts`,
            checks: checks.map((context) => ({ context, app_id: null })),
          },
        }),
    ...(reviews === 0 && !protection.needsPullRequest
      ? {}
      : {
          required_pull_request_reviews: {
            url: `${url}/required_pull_request_reviews`,
            dismiss_stale_reviews: dismissesStale,
            require_code_owner_reviews: false,
            require_last_push_approval: false,
            required_approving_review_count: reviews,
          },
        }),
    enforce_admins: { url: `${url}/enforce_admins`, enabled: holdsAdmins },
    required_signatures: { url: `${url}/required_signatures`, enabled: false },
    required_linear_history: { enabled: false },
    allow_force_pushes: { enabled: false },
    allow_deletions: { enabled: false },
    block_creations: { enabled: false },
    required_conversation_resolution: { enabled: false },
    lock_branch: { enabled: false },
    allow_fork_syncing: { enabled: false },
  }
}

/** The answer of `GET rules/branches/NAME`: rules of rulesets alone. */
export function rulesJson({ owner, name }: HostedRepository, protection: BranchProtection | undefined) {
  if (protection?.kind !== 'ruleset') return []
  const { reviews, needsPullRequest, checks, isStrict, dismissesStale, hasQueue } = protection
  const source = { ruleset_source_type: 'Repository' as const, ruleset_source: `${owner.login}/${name}`, ruleset_id: 1 }
  const pullRequest = {
    type: 'pull_request' as const,
    parameters: {
      allowed_merge_methods: ['merge' as const, 'squash' as const, 'rebase' as const],
      dismiss_stale_reviews_on_push: dismissesStale,
      require_code_owner_review: false,
      require_last_push_approval: false,
      required_approving_review_count: reviews,
      required_review_thread_resolution: false,
    },
    ...source,
  }
  const statusChecks = {
    type: 'required_status_checks' as const,
    parameters: {
      required_status_checks: checks.map((context) => ({ context })),
      strict_required_status_checks_policy: isStrict,
    },
    ...source,
  }
  const queue = {
    type: 'merge_queue' as const,
    parameters: {
      check_response_timeout_minutes: 60,
      grouping_strategy: 'ALLGREEN' as const,
      max_entries_to_build: 5,
      max_entries_to_merge: 5,
      merge_method: 'MERGE' as const,
      min_entries_to_merge: 1,
      min_entries_to_merge_wait_minutes: 5,
    },
    ...source,
  }
  return [
    ...(reviews > 0 || needsPullRequest ? [pullRequest] : []),
    ...(checks.length > 0 ? [statusChecks] : []),
    ...(hasQueue ? [queue] : []),
    { type: 'deletion' as const, ...source },
    { type: 'non_fast_forward' as const, ...source },
  ]
}

export function referenceJson(site: Site, repository: HostedRepository, ref: string, sha: string) {
  const root = repositoryUrl(site, repository)
  return {
    ref,
    node_id: nodeId('Ref', ref),
    url: `${root}/git/${ref}`,
    object: { type: 'commit', sha, url: `${root}/git/commits/${sha}` },
  }
}
