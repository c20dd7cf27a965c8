import type { Ident } from '../../src/core/change/commit.ts'
import { FairleadError } from '../../src/errors.ts'
import type {
  BranchDemands,
  Mergeability,
  MergeMethod,
  MergeOrder,
  OutcomeState,
  PullRequest,
} from '../../src/ports-repository-host.ts'
import { type FakeGitRepository, reachableFrom } from './git-repository.ts'
import { arrivalOf, commitsBetween, mergeCommit, mergedFiles } from './pull-request-merge.ts'

export type CheckState = 'green' | 'neutral' | 'pending' | 'failed'

export interface StoredReview {
  by: string
  state: 'approved' | 'changes-requested' | 'commented' | 'dismissed'
  commit: string
}

export interface StoredComment {
  by: string
  text: string
}

/** A proposal as the host keeps it. */
export interface StoredPullRequest extends Omit<PullRequest, 'labels' | 'mergeability' | 'mergesItself'> {
  labels: Set<string>
  reviewers: Set<string>
  teamReviewers: Set<string>
  assignees: Set<string>
  reviews: StoredReview[]
  comments: StoredComment[]
  /** Its commits when they were last looked at, oldest first. */
  commits: string[]
  /** Heads of base and branch that its mergeability was last asked about, and reads until it is known. */
  weighed: string
  readsUntilKnown: number
  /** How the host merges it by itself as soon as it may, and who wanted that. */
  pending?: MergeOrder & { by: string }
}

/** What a branch demands; `checks` are names. `upToDate`: a branch that lacks commits of the base must take them first. */
export interface Demands extends Omit<BranchDemands, 'checks'> {
  checks: readonly string[]
  upToDate: boolean
}

export const noDemands: Demands = { review: false, checks: [], queue: false, mergesItself: false, upToDate: false }

/** All that the host knows. */
export interface HostState {
  git: FakeGitRepository
  /** Who acts through the port. */
  account: string
  pulls: Map<number, StoredPullRequest>
  /** Per commit and name. */
  checks: Map<string, Map<string, CheckState>>
  demands: Map<string, Demands>
  /** Logins that may not write; all others may. */
  readers: Set<string>
  /** Merge methods that the repository does not allow. */
  forbidden: Set<MergeMethod>
  /** The account may pass by what branches demand. */
  mayBypass: boolean
  /** So many reads after a push it says that it does not know the mergeability. */
  lag: number
  now: () => Date
  /** Counts what was really written by calls that look first whether there is anything to write. */
  edits: number
  /** Logins and teams that the host does not know. */
  strangers: Set<string>
  /** Repositories of applications that may be told what was deployed. */
  deployable: Set<string>
  deployments: Deployment[]
  /** Per commit, oldest first. */
  statuses: Map<string, CommitStatus[]>
  /** The words with which the next hosted commit is refused. */
  refusesCommit: string | undefined
}

export interface CommitStatus {
  name: string
  state: OutcomeState
  text: string
}

export interface Deployment {
  repository: string
  revision: string
  environment: string
  /** Oldest first. */
  states: { state: OutcomeState; text: string }[]
}

export const identOf = (login: string): Ident => ({ name: login, email: `${login}@users.example.com` })

/** The account behind an e-mail address, if the host knows one. */
export const accountOf = (email: string) => /^(.+)@users\.example\.com$/.exec(email)?.[1]

export function createHostState(git: FakeGitRepository): HostState {
  return {
    git,
    account: 'fairlead[bot]',
    pulls: new Map(),
    checks: new Map(),
    demands: new Map(),
    readers: new Set(),
    forbidden: new Set(),
    mayBypass: false,
    lag: 0,
    now: () => new Date(),
    edits: 0,
    strangers: new Set(),
    deployable: new Set(),
    deployments: [],
    statuses: new Map(),
    refusesCommit: undefined,
  }
}

export function storedPull(state: HostState, number: number): StoredPullRequest {
  const found = state.pulls.get(number)
  if (found === undefined) throw new FairleadError('HostNotFound', `there is no pull request ${number}`)
  return found
}

export function openPulls(state: HostState): StoredPullRequest[] {
  return [...state.pulls.values()].filter((pull) => pull.state === 'open')
}

/** The last word of everyone; a dismissed one is gone. */
export function lastWords(pull: StoredPullRequest): StoredReview[] {
  const words = new Map<string, StoredReview>()
  for (const review of pull.reviews) if (review.state !== 'commented') words.set(review.by, review)
  return [...words.values()].filter((review) => review.state !== 'dismissed')
}

export const mayWrite = (state: HostState, login: string) => !state.readers.has(login)

/** In the host's words, the demand of the base that is not met. */
export function unmetDemand(state: HostState, pull: StoredPullRequest): string | undefined {
  const demands = state.demands.get(pull.base) ?? noDemands
  const words = lastWords(pull).filter(({ by }) => mayWrite(state, by) && by !== pull.author)
  const rejected = words.some((review) => review.state === 'changes-requested')
  if (demands.review && (rejected || words.length === 0))
    return 'At least 1 approving review is required by reviewers with write access.'
  const checks = state.checks.get(pull.head)
  const missing = demands.checks.find((name) => !isGreen(checks?.get(name)))
  return missing === undefined ? undefined : `Required status check "${missing}" is expected.`
}

export const isGreen = (check: CheckState | undefined) => check === 'green' || check === 'neutral'

/** Whether it could be merged now, as one who computes without delay would say. */
export function mergeabilityOf(state: HostState, pull: StoredPullRequest): Mergeability {
  const { remote } = state.git
  const base = remote.heads.get(pull.base) ?? ''
  const demands = state.demands.get(pull.base) ?? noDemands
  if (pull.isDraft) return 'draft'
  if (mergedFiles(remote, base, pull.head) === undefined) return 'conflict'
  if (unmetDemand(state, pull) !== undefined) return 'blocked'
  if (demands.upToDate && !reachableFrom(remote, pull.head).has(base)) return 'behind'
  return demands.queue ? 'blocked' : 'ready'
}

/** Merges it for good; undefined when it conflicts. */
export function mergePull(
  state: HostState,
  pull: StoredPullRequest,
  order: Omit<MergeOrder, 'head'> & { by: string },
): string | undefined {
  const { heads } = state.git.remote
  const base = heads.get(pull.base) ?? ''
  const commit = mergeCommit(state.git.remote, { ...order, base, head: pull.head, by: identOf(order.by) })
  if (commit === undefined) return undefined
  heads.set(pull.base, commit)
  markMerged(state, pull, { commit, by: order.by })
  return commit
}

function markMerged(state: HostState, pull: StoredPullRequest, { commit, by }: { commit: string; by: string }): void {
  delete pull.pending
  pull.state = 'merged'
  pull.merged = { commit, by, at: state.now() }
}

export function closePull(state: HostState, pull: StoredPullRequest, by: string): void {
  if (pull.state !== 'open') return
  delete pull.pending
  pull.state = 'closed'
  pull.closed = { by, at: state.now() }
}

/**
 * What follows by itself from what happened to branches, reviews and checks: heads follow, a proposal without its branch
 * is closed, one whose head came into the base another way is merged, and those that merge by themselves do.
 */
export function settle(state: HostState, by: string): void {
  for (const pull of openPulls(state)) {
    followBranches(state, pull, by)
    const { pending } = pull
    if (pull.state !== 'open' || pending === undefined || unmetDemand(state, pull) !== undefined) continue
    const queued = state.demands.get(pull.base)?.queue === true
    if (queued || mergeabilityOf(state, pull) === 'ready') mergePull(state, pull, pending)
  }
}

function followBranches(state: HostState, pull: StoredPullRequest, by: string): void {
  const { remote } = state.git
  const [base, head] = [remote.heads.get(pull.base), remote.heads.get(pull.branch)]
  if (base === undefined || head === undefined) {
    closePull(state, pull, by)
    return
  }
  const isMoved = head !== pull.head
  pull.head = head
  if (reachableFrom(remote, base).has(head)) {
    if (isMoved) closePull(state, pull, by)
    else markMerged(state, pull, { commit: arrivalOf(remote, base, head), by })
  } else if (pull.weighed !== `${base} ${head}`) {
    pull.weighed = `${base} ${head}`
    pull.readsUntilKnown = state.lag
    pull.commits = commitsBetween(remote, base, head)
  }
}
