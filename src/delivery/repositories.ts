import type { Mode } from '../api/annotation.ts'
import { normaliseRepositoryUrl } from '../core/change/repository-url.ts'
import type { PullRequestRules } from '../core/pull-request/rules.ts'
import { FairleadError } from '../errors.ts'
import type { GitRepository } from '../ports.ts'
import type { RepositoryHost } from '../ports-repository-host.ts'
import type { DeliveryQueue } from './delivery.ts'
import type { Proposal, ProposedBranch } from './proposal-branch.ts'

/** What the platform owner allows in one repository. */
export interface RepositoryRules {
  /** Whose workloads may cause a write here. */
  namespaceAllowed: (namespace: string) => boolean
  /** Globs; nothing outside is ever written. */
  allowPaths: readonly string[]
  /** True beats every annotation. */
  requireApproval: boolean | undefined
  /** Undefined = the configuration's general mode. */
  mode: Mode | undefined
  /** Kill switch: nothing is pushed. */
  suspend: boolean
  pullRequest: PullRequestRules
}

/** A repository as it was configured and opened. */
export interface OpenRepository {
  git: GitRepository
  rules: RepositoryRules
  /** The service that hosts it; undefined when it is plain Git. */
  host: RepositoryHost | undefined
}

/** One configured repository with its queues, one per branch. */
export interface ManagedRepository extends OpenRepository {
  /** Normalised URL: the identity of the repository everywhere. */
  url: string
  queue(branch: string): DeliveryQueue
  /** Puts changes on a branch of our own. */
  propose(proposal: Proposal): Promise<ProposedBranch>
}

/** What a repository does for those who deliver. */
export interface RepositoryWork {
  queue(git: GitRepository, branch: string): DeliveryQueue
  propose(git: GitRepository, proposal: Proposal): Promise<ProposedBranch>
}

export interface Repositories {
  /** The configured repository behind a URL in any of its spellings, the normalised one too; `RepositoryNotConfigured` when there is none. */
  find(url: string): ManagedRepository
  all(): readonly ManagedRepository[]
  /** Resolves when nothing is under way in any queue. */
  idle(): Promise<void>
}

export function createRepositories(configured: readonly OpenRepository[], work: RepositoryWork): Repositories {
  const byUrl = new Map<string, ManagedRepository>()
  const queues: DeliveryQueue[] = []
  for (const { git, rules, host } of configured) {
    const url = normaliseRepositoryUrl(git.url)
    const byBranch = new Map<string, DeliveryQueue>()
    const queue = (branch: string) => {
      const known = byBranch.get(branch)
      if (known !== undefined) return known
      const created = work.queue(git, branch)
      byBranch.set(branch, created)
      queues.push(created)
      return created
    }
    byUrl.set(url, { url, rules, git, host, queue, propose: (proposal) => work.propose(git, proposal) })
  }
  return {
    find(url) {
      const found = byUrl.get(url) ?? byUrl.get(normaliseRepositoryUrl(url))
      if (found !== undefined) return found
      const message = `${normaliseRepositoryUrl(url)} is not in git.repositories; add it to let fairlead write there`
      throw new FairleadError('RepositoryNotConfigured', message)
    },
    all: () => [...byUrl.values()],
    idle: async () => {
      await Promise.all(queues.map((queue) => queue.idle()))
    },
  }
}
