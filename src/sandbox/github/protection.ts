import { hasRole } from './account.ts'
import { checkResults } from './check.ts'
import { type BranchProtection, type HostedRepository, type PullRequest, roleOf } from './hosted-repository.ts'
import { lastReviews } from './review.ts'
import { branchHead, isPartOf } from './revision.ts'

export const openBranch: BranchProtection = {
  kind: 'classic',
  reviews: 0,
  dismissesStale: false,
  checks: [],
  isStrict: false,
  needsPullRequest: false,
  hasQueue: false,
  holdsAdmins: false,
  bypass: [],
}

/** The protection of a branch; of several that fit, the one set first. */
export function protectionOf({ protections }: HostedRepository, branch: string): BranchProtection | undefined {
  for (const [pattern, protection] of protections) {
    const source = pattern.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '[^/]*')
    if (new RegExp(`^${source}$`).test(branch)) return protection
  }
  return undefined
}

export function mayPassBy(repository: HostedRepository, protection: BranchProtection, login: string): boolean {
  if (protection.bypass.some((one) => one.toLowerCase() === login.toLowerCase())) return true
  return protection.kind === 'classic' && !protection.holdsAdmins && roleOf(repository, login) === 'admin'
}

/** A rule that a pull request does not meet, in the words of a refused merge. */
export interface Unmet {
  rule: 'reviews' | 'checks' | 'behind'
  words: string
}

/** What still stands between a pull request and its base; empty when nothing does. */
export function unmetRules(pull: PullRequest): Unmet[] {
  const protection = protectionOf(pull.repository, pull.base)
  if (protection === undefined) return []
  const base = branchHead(pull.repository, pull.base)
  const unmet: Unmet[] = []
  const review = unmetReviews(pull, protection)
  if (review !== undefined) unmet.push({ rule: 'reviews', words: review })
  const checks = unmetChecks(pull, protection)
  if (checks !== undefined) unmet.push({ rule: 'checks', words: checks })
  if (protection.isStrict && base !== undefined && !isPartOf(pull.repository, base, pull.headSha)) {
    unmet.push({ rule: 'behind', words: 'Head branch is out of date with the base branch.' })
  }
  return unmet
}

function unmetReviews(pull: PullRequest, { reviews }: BranchProtection): string | undefined {
  const counted = lastReviews(pull).filter((one) => hasRole(roleOf(pull.repository, one.by.login), 'write'))
  if (reviews > 0 && counted.some((one) => one.state === 'CHANGES_REQUESTED')) {
    return 'Changes were requested by a reviewer with write access.'
  }
  if (counted.filter((one) => one.state === 'APPROVED').length >= reviews) return undefined
  const needed = reviews === 1 ? '1 approving review is' : `${reviews} approving reviews are`
  return `At least ${needed} required by reviewers with write access.`
}

function unmetChecks(pull: PullRequest, { checks }: BranchProtection): string | undefined {
  const results = checkResults(pull.repository, pull.headSha)
  const open = checks
    .map((name) => ({ name, state: results.find((one) => one.name === name)?.state ?? 'expected' }))
    .filter((one) => one.state !== 'success')
  const [first] = open
  if (first === undefined) return undefined
  if (open.length > 1) return `${open.length} of ${checks.length} required status checks are expected.`
  const state = { expected: 'is expected', pending: 'is pending', failure: 'is failing' }[first.state]
  return `Required status check "${first.name}" ${state}.`
}
