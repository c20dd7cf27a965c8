import { zeroId } from '../git-host/git-object.ts'
import type { Role } from './account.ts'
import { advanceQueues, settleAutoMerges } from './auto-merge.ts'
import { addCheckRun, addStatus } from './check.ts'
import type {
  BranchProtection,
  Comment,
  Conclusion,
  Deployment,
  HostedRepository,
  MergeMethod,
  PullRequest,
  RepositorySettings,
  StatusState,
} from './hosted-repository.ts'
import { addComment, addLabels, removeLabel } from './mark.ts'
import { mergePull } from './merge.ts'
import { editPull, openPull, type PullDraft, type PullEdit } from './proposal.ts'
import { openBranch } from './protection.ts'
import { listPulls } from './pull-request.ts'
import { addReview, type ReviewEvent } from './review.ts'
import { resolveCommit } from './revision.ts'
import type { Site } from './site.ts'

/** What people and other systems do to one repository, for tests and the demo. `by` is a login. */
export interface RepositoryControl {
  /** Address for Git through this site. */
  url: string
  fullName(): string
  /** Of a person or bot in this repository alone. */
  role(login: string, role: Role): void
  team(slug: string): void
  settings(change: Partial<RepositorySettings>): void
  /** `pattern` is a branch name and may contain `*`. */
  protect(pattern: string, protection?: Partial<BranchProtection>): void
  unprotect(pattern: string): void
  archive(): void
  rename(name: string): void
  /** Newest first, of every state. */
  pulls(): readonly PullRequest[]
  pull(number: number): PullRequest
  open(by: string, draft: PullDraft): PullRequest
  edit(number: number, by: string, edit: PullEdit): void
  close(number: number, by: string): void
  reopen(number: number, by: string): void
  draft(number: number, isDraft: boolean): void
  label(number: number, by: string, name: string): void
  unlabel(number: number, by: string, name: string): void
  review(number: number, by: string, event: ReviewEvent, body?: string): void
  merge(number: number, by: string, method?: MergeMethod): string
  comment(number: number, by: string, body: string): void
  comments(number: number): readonly Comment[]
  /** A check run of a commit or branch; without a conclusion it runs. */
  setCheck(revision: string, name: string, conclusion: Conclusion | null): void
  setStatus(revision: string, context: string, state: StatusState, description?: string): void
  deployments(): readonly Deployment[]
  deleteBranch(branch: string, by: string): void
}

export function controlRepository(site: Site, repository: HostedRepository): RepositoryControl {
  const settle = () => {
    advanceQueues(site)
    settleAutoMerges(site)
  }
  const who = (login: string) => site.accounts.add(login)
  const done = <T>(result: T): T => {
    settle()
    return result
  }
  const pull = (number: number): PullRequest => {
    const found = repository.pulls.get(number)
    if (found === undefined) throw new Error(`the sandbox has no pull request ${number}`)
    return found
  }
  const commitOf = (revision: string): string => {
    const found = resolveCommit(repository, revision)
    if (found === undefined) throw new Error(`the sandbox has no commit ${revision}`)
    return found
  }
  const name = () => `${repository.owner.login}/${repository.name}`
  return {
    url: `${site.url}/${name()}.git`,
    fullName: name,
    role: (login, role) => void repository.roles.set(who(login).login.toLowerCase(), role),
    team: (slug) => void repository.teams.add(slug),
    settings: (change) => void Object.assign(repository.settings, change),
    protect(pattern, protection = {}) {
      repository.protections.set(pattern, { ...openBranch, needsPullRequest: true, ...protection })
    },
    unprotect: (pattern) => void repository.protections.delete(pattern),
    archive() {
      repository.isArchived = true
    },
    rename(next) {
      repository.formerNames.add(name().toLowerCase())
      repository.name = next
    },
    pulls: () => listPulls(repository, { state: 'all' }),
    pull,
    open: (by, draft) => done(openPull(site, repository, who(by), draft)),
    edit: (number, by, edit) => done(editPull(site, pull(number), who(by), edit)),
    close: (number, by) => editPull(site, pull(number), who(by), { state: 'closed' }),
    reopen: (number, by) => editPull(site, pull(number), who(by), { state: 'open' }),
    draft(number, isDraft) {
      pull(number).isDraft = isDraft
      settle()
    },
    label: (number, by, label) => addLabels(site, pull(number), who(by), [label]),
    unlabel: (number, by, label) => removeLabel(site, pull(number), who(by), label),
    review: (number, by, event, body = event === 'APPROVE' ? '' : 'Please look again.') =>
      done(void addReview(site, pull(number), who(by), { event, body })),
    merge: (number, by, method = 'merge') => done(mergePull(site, pull(number), { by: who(by), method })),
    comment: (number, by, body) => void addComment(site, pull(number), who(by), body),
    comments: (number) => pull(number).comments,
    setCheck: (revision, check, conclusion) =>
      done(
        void addCheckRun(site, repository, who('ci[bot]'), {
          ...{ sha: commitOf(revision), name: check, conclusion },
          status: conclusion === null ? 'in_progress' : 'completed',
        }),
      ),
    setStatus: (revision, context, state, description) =>
      done(
        void addStatus(site, repository, who('ci[bot]'), {
          ...{ sha: commitOf(revision), context, state },
          description: description ?? null,
        }),
      ),
    deployments: () => repository.deployments,
    deleteBranch: (branch, by) => site.git.moveRef(repository.git.name, `refs/heads/${branch}`, zeroId, by),
  }
}
