/**
 * What a service that hosts Git repositories offers beside Git: proposals that people review, commits it signs itself, and
 * places where the outcome of a change is told. No host's own words are in here.
 */

/**
 * Whether the host could merge a proposal now, as far as it knows; it needs some time after every push. `blocked` and
 * `behind`: a rule of the branch is not met, though whoever may pass it by can merge. `conflict`: nobody can.
 */
export type Mergeability = 'ready' | 'blocked' | 'behind' | 'conflict' | 'draft' | 'unknown'

/** One proposal as the host has it. */
export interface PullRequest {
  number: number
  /** For people. */
  url: string
  state: 'open' | 'merged' | 'closed'
  isDraft: boolean
  title: string
  body: string
  /** The branch it wants merged, always one of the same repository. */
  branch: string
  /** The branch it wants to be merged into. */
  base: string
  /** Commit at the head of its branch; of one that is over, the last it had. */
  head: string
  labels: readonly string[]
  /** Account that opened it. */
  author: string
  createdAt: Date
  /** `unknown` in lists. */
  mergeability: Mergeability
  /** The host merges it by itself as soon as its rules allow, or has it in its queue. */
  mergesItself: boolean
  /** Of a merged one. The commit is undefined while the host does not say; the account is undefined in lists. */
  merged?: { commit: string | undefined; by: string | undefined; at: Date }
  /** Of one that was closed without being merged; the account is undefined in lists. */
  closed?: { by: string | undefined; at: Date }
}

/** A commit of a proposal. */
export interface ProposedCommit {
  id: string
  message: string
  /** As written in the commit: anybody can write anything. */
  committer: { name: string; email: string }
  /** The account that the host takes for its author, if it knows one. */
  account: string | undefined
}

/** The last word of one person about a proposal; comments are none. */
export interface Review {
  by: string
  state: 'approved' | 'changes-requested'
  /** The head it was about. */
  commit: string
  /** The host says that this person may write to the repository. */
  mayWrite: boolean
}

/** What automatic checks say about a commit. `none`: there are none (yet). Names of those that are not green, at most 20. */
export interface Checks {
  state: 'green' | 'pending' | 'failed' | 'none'
  names: readonly string[]
}

/** What the host itself demands before it merges into a branch. */
export interface BranchDemands {
  /** An approving review of the newest commit. */
  review: boolean
  /** At least one check. */
  checks: boolean
  /** Merges go through a queue. */
  queue: boolean
  /** Proposals may be set to merge by themselves. */
  mergesItself: boolean
}

export type MergeMethod = 'merge' | 'squash' | 'rebase'

/** A merge that is asked for. */
export interface MergeOrder {
  /** The merge is refused unless this is the head. */
  head: string
  method: MergeMethod
  /** Subject and the rest of the commit message; a rebase has none. */
  title: string
  message: string
}

/**
 * What became of a merge. `moved`: the head is another one by now. `later`: the host will know more soon. `ruled-out`: a
 * rule of the branch is not met. `forbidden`: it will never be possible this way. `words` are the host's, sanitised.
 */
export type MergeAnswer =
  | { kind: 'merged'; commit: string | undefined }
  | { kind: 'moved' | 'later' | 'ruled-out' | 'forbidden'; words: string }

export interface PullRequestDraft {
  branch: string
  base: string
  title: string
  body: string
  isDraft: boolean
}

/** Whom and what a proposal is marked with when it is opened. */
export interface PullRequestAudience {
  labels: readonly string[]
  reviewers: readonly string[]
  teamReviewers: readonly string[]
  assignees: readonly string[]
}

/**
 * Proposals in one repository. Everything rejects with `HostAuthFailed`, `HostForbidden`, `HostNotFound`, `HostMoved`,
 * `HostArchived`, `HostLimited` (transient, with the time to wait) or `HostUnavailable`. An unchanged answer costs a
 * conditional request only.
 */
export interface PullRequests {
  /** The account that acts here. */
  account(): Promise<string>
  /** Open ones whose branch begins with `prefix`, newest first; at most 1,000. */
  list(prefix: string): Promise<readonly PullRequest[]>
  /** The newest 30 from that branch into that base, newest first, whatever became of them. */
  find(branch: string, base: string): Promise<readonly PullRequest[]>
  /** Undefined when the host has none of that number. */
  read(number: number): Promise<PullRequest | undefined>
  /** At most 250, oldest first. */
  commits(number: number): Promise<readonly ProposedCommit[]>
  /** The last word of everyone who reviewed it. */
  reviews(number: number): Promise<readonly Review[]>
  checks(commit: string): Promise<Checks>
  demands(base: string): Promise<BranchDemands>
  /**
   * `PullRequestExists` when one is open for that branch: it is found and taken over. `NothingToMerge` when the branch
   * holds nothing that the base lacks.
   */
  open(draft: PullRequestDraft): Promise<PullRequest>
  /** Adds labels, reviewers and assignees; whom the host does not know is left out, with a line in the log. */
  address(number: number, audience: PullRequestAudience): Promise<void>
  edit(number: number, change: { title?: string; body?: string; state?: 'closed' }): Promise<void>
  removeLabel(number: number, label: string): Promise<void>
  merge(number: number, order: MergeOrder): Promise<MergeAnswer>
  /** Has the host merge it as soon as its rules allow. `ruled-out` when the host will not. */
  mergeWhenReady(number: number, order: MergeOrder): Promise<MergeAnswer | { kind: 'accepted' }>
  /** Takes that back. Fine when nothing was ordered. */
  stopMerging(number: number): Promise<void>
  /** The one comment of this account that begins with `marker` gets this text, which begins with it; made when there is none. */
  comment(number: number, marker: string, text: string): Promise<void>
  /** Gone already is fine. */
  deleteBranch(branch: string): Promise<void>
}

export type OutcomeState = 'pending' | 'success' | 'failure'

/** Where the outcome of a commit is told. */
export interface Outcomes {
  /** One named status of a commit; written only when the host has another one. `text` is cut to 140 characters. */
  status(commit: string, status: { name: string; state: OutcomeState; text: string }): Promise<void>
  /**
   * That a revision of an application's own repository was deployed. `HostNotFound` when that repository is none of this
   * host, or is not among those that the configuration allows.
   */
  deployment(deployment: {
    /** Address of the application's repository. */
    repository: string
    revision: string
    environment: string
    state: OutcomeState
    text: string
  }): Promise<void>
}

/** A file of a commit that the host makes; all others stay. */
export interface HostedFile {
  path: string
  text: string
}

/** Commits that the host makes itself, and signs. */
export interface HostedCommits {
  /**
   * One commit on top of `base`, which must be the head of the branch: `PushRejected` otherwise, `PushRefused` with the
   * host's words when a rule forbids it, `HostForbidden` or `HostNotFound` when it makes none here or for this account,
   * `HostUnavailable` when nobody knows. The id of the commit.
   */
  commit(order: { branch: string; base: string; message: string; files: readonly HostedFile[] }): Promise<string>
}

/** The service that hosts one repository. */
export interface RepositoryHost {
  pullRequests: PullRequests
  outcomes: Outcomes
  commits: HostedCommits
}
