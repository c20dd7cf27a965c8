import type { Account } from './account.ts'
import { invalid, refused } from './failure.ts'
import { type CheckRun, type CommitStatus, type HostedRepository, statusStates } from './hosted-repository.ts'
import { resolveCommit } from './revision.ts'
import type { Site } from './site.ts'

/** What the newest status or check of one name says. */
export interface CheckResult {
  name: string
  state: 'success' | 'pending' | 'failure'
  text: string
}

export type NewStatus = Pick<CommitStatus, 'context' | 'state'> & {
  description?: string | null
  targetUrl?: string | null
}

export function addStatus(
  site: Site,
  repository: HostedRepository,
  by: Account,
  { sha, context, state, description = null, targetUrl = null }: NewStatus & { sha: string },
): CommitStatus {
  if (resolveCommit(repository, sha) !== sha) throw refused(`No commit found for SHA: ${sha}`)
  if (!statusStates.includes(state)) {
    throw invalid('Status', { code: 'custom', field: 'state', message: 'state is not included in the list' })
  }
  if ((description ?? '').length > 140) {
    const message = 'description is too long (maximum is 140 characters)'
    throw invalid('Status', { code: 'custom', field: 'description', message })
  }
  const status = { id: site.nextId(), sha, context, state, description, targetUrl, creator: by, createdAt: site.now() }
  repository.statuses.push(status)
  site.tell({ kind: 'status', repository, sender: by, status })
  return status
}

export type NewCheckRun = Pick<CheckRun, 'sha' | 'name'> &
  Partial<Pick<CheckRun, 'status' | 'conclusion' | 'title' | 'summary'>>

/** A conclusion completes it. */
export function addCheckRun(site: Site, repository: HostedRepository, by: Account, draft: NewCheckRun): CheckRun {
  const { sha, name, conclusion = null, title = null, summary = null } = draft
  if (resolveCommit(repository, sha) !== sha) throw refused(`No commit found for SHA: ${sha}`)
  const suite = repository.checkRuns.find((one) => one.sha === sha)?.suite ?? site.nextId()
  const run: CheckRun = {
    id: site.nextId(),
    suite,
    sha,
    name,
    status: conclusion === null ? (draft.status ?? 'queued') : 'completed',
    conclusion,
    startedAt: site.now(),
    completedAt: conclusion === null ? null : site.now(),
    title,
    summary,
    creator: by,
  }
  repository.checkRuns.push(run)
  tellCheckRun(site, repository, by, run, 'created')
  return run
}

export function updateCheckRun(
  site: Site,
  repository: HostedRepository,
  by: Account,
  run: CheckRun,
  change: Partial<Pick<CheckRun, 'status' | 'conclusion' | 'title' | 'summary'>>,
): void {
  Object.assign(run, change)
  if (run.conclusion !== null) {
    run.status = 'completed'
    run.completedAt = site.now()
  }
  tellCheckRun(site, repository, by, run, run.status === 'completed' ? 'completed' : 'created')
}

function tellCheckRun(
  site: Site,
  repository: HostedRepository,
  sender: Account,
  run: CheckRun,
  action: 'created' | 'completed',
): void {
  site.tell({ kind: 'check_run', action: run.status === 'completed' ? 'completed' : action, repository, sender, run })
  const suite = latestRuns(repository, run.sha)
  if (suite.every((one) => one.status === 'completed')) site.tell({ kind: 'check_suite', repository, sender, run })
}

/** Newest first. */
export function latestRuns({ checkRuns }: HostedRepository, sha: string): CheckRun[] {
  return newestOf(checkRuns, sha, (run) => run.name)
}

/** Newest first. */
export function latestStatuses({ statuses }: HostedRepository, sha: string): CommitStatus[] {
  return newestOf(statuses, sha, (status) => status.context)
}

function newestOf<T extends { sha: string }>(all: readonly T[], sha: string, name: (one: T) => string): T[] {
  const found = new Map<string, T>()
  for (const one of [...all].reverse()) if (one.sha === sha && !found.has(name(one))) found.set(name(one), one)
  return [...found.values()]
}

/** Statuses and checks of a commit together; neutral and skipped ones pass, as on GitHub. */
export function checkResults(repository: HostedRepository, sha: string): CheckResult[] {
  const runs = latestRuns(repository, sha).map(({ name, status, conclusion, title }): CheckResult => {
    const passes = conclusion === 'success' || conclusion === 'neutral' || conclusion === 'skipped'
    const state = status === 'completed' ? (passes ? 'success' : 'failure') : 'pending'
    return { name, state, text: title ?? conclusion ?? status }
  })
  const statuses = latestStatuses(repository, sha).map(
    ({ context, state, description }): CheckResult => ({
      name: context,
      state: state === 'error' ? 'failure' : state,
      text: description ?? state,
    }),
  )
  return [...statuses, ...runs].sort((a, b) => (a.name < b.name ? -1 : 1))
}
