/** Which changes share a pull request. */
export type Grouping = 'none' | 'namespace' | 'repository'

/** What the platform owner wants of pull requests in one repository. */
export interface PullRequestRules {
  /** Branches that begin so are fairlead's own. */
  branchPrefix: string
  labels: readonly string[]
  reviewers: readonly string[]
  teamReviewers: readonly string[]
  assignees: readonly string[]
  draft: boolean
  /** When fairlead merges: never by itself, when the checks are green, or when it is approved and they are green. */
  automerge: 'never' | 'on-green' | 'on-approval'
  /** `required`: a commit without any check is not green. */
  checks: 'required' | 'optional'
  mergeMethod: 'merge' | 'squash' | 'rebase'
  /** So many open ones at once. */
  openLimit: number
  /** So many new ones in an hour. */
  perHour: number
  group: Grouping
}
