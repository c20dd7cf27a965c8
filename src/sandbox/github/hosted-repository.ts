import type { Repository } from '../git-host/repository.ts'
import type { Account, Role } from './account.ts'

/** What a repository consists of, beside its Git objects. */

export const statusStates = ['error', 'failure', 'pending', 'success'] as const
export type StatusState = (typeof statusStates)[number]

/** A commit status; the newest of each context counts. */
export interface CommitStatus {
  id: number
  sha: string
  context: string
  state: StatusState
  description: string | null
  targetUrl: string | null
  creator: Account
  createdAt: Date
}

export const conclusions = [
  'success',
  'failure',
  'neutral',
  'cancelled',
  'skipped',
  'timed_out',
  'action_required',
] as const
export type Conclusion = (typeof conclusions)[number]

/** A check run of an app; the newest of each name counts. */
export interface CheckRun {
  id: number
  suite: number
  sha: string
  name: string
  status: 'queued' | 'in_progress' | 'completed'
  conclusion: Conclusion | null
  startedAt: Date
  completedAt: Date | null
  title: string | null
  summary: string | null
  /** The bot of its app. */
  creator: Account
}

export const deploymentStates = ['error', 'failure', 'inactive', 'in_progress', 'queued', 'pending', 'success'] as const
export type DeploymentState = (typeof deploymentStates)[number]

export interface DeploymentStatus {
  id: number
  state: DeploymentState
  description: string
  environment: string
  environmentUrl: string
  logUrl: string
  creator: Account
  createdAt: Date
}

/** That a commit goes somewhere; its newest status says how far it is. */
export interface Deployment {
  id: number
  sha: string
  ref: string
  task: string
  environment: string
  description: string | null
  payload: Record<string, unknown> | string
  isTransient: boolean
  isProduction: boolean
  creator: Account
  createdAt: Date
  /** Oldest first. */
  statuses: DeploymentStatus[]
}

/** The rules of a branch, as set in classic protection or in a ruleset. */
export interface BranchProtection {
  kind: 'classic' | 'ruleset'
  /** Approving reviews; none are asked for when 0. */
  reviews: number
  /** A push takes the approvals back. */
  dismissesStale: boolean
  /** Names of statuses and checks that must be green. */
  checks: readonly string[]
  /** The branch must contain its base. */
  isStrict: boolean
  /** Nobody may push, changes come by pull request alone. */
  needsPullRequest: boolean
  hasQueue: boolean
  /** Classic: admins are held to it as well. Of rulesets only `bypass` counts. */
  holdsAdmins: boolean
  /** Logins that may pass it by. */
  bypass: readonly string[]
}

export type ReviewState = 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED' | 'DISMISSED'

export interface Review {
  id: number
  by: Account
  state: ReviewState
  body: string
  commit: string
  submittedAt: Date
}

export interface Comment {
  id: number
  by: Account
  body: string
  createdAt: Date
  updatedAt: Date
}

export type MergeMethod = 'merge' | 'squash' | 'rebase'

/** A merge that somebody asked for, now or as soon as the rules allow. */
export interface MergeWish {
  by: Account
  method: MergeMethod
  title?: string | undefined
  message?: string | undefined
}

export interface PullRequest {
  repository: HostedRepository
  id: number
  number: number
  title: string
  body: string | null
  author: Account
  state: 'open' | 'closed'
  isDraft: boolean
  /** Branch names of the same repository. */
  head: string
  base: string
  /** Head of its branch; the last one it had when it is over or the branch is gone. */
  headSha: string
  /** Head of the base while it is open; later what it was merged onto or closed beside. */
  baseSha: string
  labels: Set<string>
  assignees: Set<string>
  reviewers: Set<string>
  teams: Set<string>
  reviews: Review[]
  comments: Comment[]
  createdAt: Date
  updatedAt: Date
  closed: { by: Account; at: Date } | undefined
  merged: { by: Account; at: Date; commit: string | null } | undefined
  autoMerge: MergeWish | undefined
  queued: (MergeWish & { id: number; at: Date }) | undefined
  /** Of the mergeability, which GitHub computes beside the answers. */
  mergeability: { of: string; since: Date; reads: number }
}

export interface RepositorySettings {
  allowMergeCommit: boolean
  allowSquashMerge: boolean
  allowRebaseMerge: boolean
  allowAutoMerge: boolean
  deleteBranchOnMerge: boolean
  /** The server runs hooks before it takes a push in. */
  hasHooks: boolean
}

export interface Label {
  id: number
  name: string
}

/** A repository as GitHub sees it, around the one that holds the objects. */
export interface HostedRepository {
  id: number
  owner: Account
  name: string
  /** Full names it had before. */
  formerNames: Set<string>
  git: Repository
  isPrivate: boolean
  isArchived: boolean
  createdAt: Date
  settings: RepositorySettings
  /** By login in lower case. */
  roles: Map<string, Role>
  teams: Set<string>
  /** By branch name, which may contain `*`. */
  protections: Map<string, BranchProtection>
  labels: Map<string, Label>
  /** Numbers are shared with issues on GitHub; here there are none of those. */
  pulls: Map<number, PullRequest>
  statuses: CommitStatus[]
  checkRuns: CheckRun[]
  deployments: Deployment[]
}

export function fullName({ owner, name }: HostedRepository): string {
  return `${owner.login}/${name}`
}

/** The owner of a personal repository is its admin; whom nobody named may read a public one. */
export function roleOf(repository: HostedRepository, login: string): Role {
  const { owner, roles, isPrivate } = repository
  if (owner.login.toLowerCase() === login.toLowerCase()) return 'admin'
  return roles.get(login.toLowerCase()) ?? (isPrivate ? 'none' : 'read')
}
