import type { GitHost } from '../git-host/git-host.ts'
import type { Account, Accounts } from './account.ts'
import type { CheckRun, Comment, CommitStatus, HostedRepository, PullRequest, Review } from './hosted-repository.ts'

/** What subscribers are told. The names are GitHub's. */
export type Happening = { sender: Account } & (
  | { kind: 'pull_request'; action: PullAction; pull: PullRequest; more?: Readonly<Record<string, unknown>> }
  | { kind: 'pull_request_review'; action: 'submitted' | 'dismissed'; pull: PullRequest; review: Review }
  | { kind: 'issue_comment'; action: 'created' | 'edited'; pull: PullRequest; comment: Comment }
  | { kind: 'status'; repository: HostedRepository; status: CommitStatus }
  | { kind: 'check_run'; action: 'created' | 'completed'; repository: HostedRepository; run: CheckRun }
  | { kind: 'check_suite'; repository: HostedRepository; run: CheckRun }
  | { kind: 'push'; repository: HostedRepository; ref: string; before: string; after: string }
)

export type PullAction =
  | 'opened'
  | 'edited'
  | 'closed'
  | 'reopened'
  | 'synchronize'
  | 'labeled'
  | 'unlabeled'
  | 'assigned'
  | 'review_requested'
  | 'auto_merge_enabled'
  | 'auto_merge_disabled'
  | 'enqueued'
  | 'dequeued'

/** How long the mergeability of a pull request is unknown after one of its branches moved. */
export interface MergeabilityLag {
  /** So many reads say that it is unknown. */
  reads: number
  /** And so many milliseconds have passed. */
  ms: number
}

/** What all parts of the sandbox's GitHub know. */
export interface Site {
  /** `http://127.0.0.1:<port>`: web pages and Git. */
  url: string
  /** `<url>/api/v3` */
  apiUrl: string
  git: GitHost
  accounts: Accounts
  /** Case does not matter; former names count. */
  find(fullName: string): HostedRepository | undefined
  repositories(): readonly HostedRepository[]
  lag: MergeabilityLag
  /** Ids of commits that the site made and signed. */
  signed: Set<string>
  /** Whether answers name the commit of a merge. */
  saysMergeCommit: boolean
  now(): Date
  /** One counter for all that has an id. */
  nextId(): number
  tell(happening: Happening): void
}
