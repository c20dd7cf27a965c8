import { commitsBetween } from '../git-host/three-way-merge.ts'
import { type Account, hasRole } from './account.ts'
import { GitHubFailure, invalid } from './failure.ts'
import { type HostedRepository, type PullRequest, roleOf } from './hosted-repository.ts'
import { listPulls } from './pull-request.ts'
import { branchHead, isPartOf } from './revision.ts'
import type { PullAction, Site } from './site.ts'

export interface PullDraft {
  title: string
  body?: string | null
  /** Branch, or `owner:branch` of this repository. */
  head: string
  base: string
  isDraft?: boolean
}

const custom = (message: string) => invalid('PullRequest', { code: 'custom', message })

export function openPull(site: Site, repository: HostedRepository, by: Account, draft: PullDraft): PullRequest {
  const { title, base, body = null, isDraft = false } = draft
  const owner = repository.owner.login
  const head = draft.head.startsWith(`${owner}:`) ? draft.head.slice(owner.length + 1) : draft.head
  if (title === '') throw invalid('PullRequest', { code: 'missing_field', field: 'title' })
  const baseSha = branchHead(repository, base)
  if (baseSha === undefined) throw invalid('PullRequest', { field: 'base', code: 'invalid' })
  const headSha = branchHead(repository, head)
  if (headSha === undefined) throw invalid('PullRequest', { field: 'head', code: 'invalid' })
  if (listPulls(repository, { head, base }).length > 0) {
    throw custom(`A pull request already exists for ${owner}:${head}.`)
  }
  if (commitsBetween(repository.git.objects, baseSha, headSha).length === 0) {
    throw custom(`No commits between ${base} and ${head}`)
  }
  const number = repository.pulls.size + 1
  const at = site.now()
  const pull: PullRequest = {
    ...{ repository, id: site.nextId(), number, title, body, author: by, state: 'open', isDraft },
    ...{ head, base, headSha, baseSha, createdAt: at, updatedAt: at },
    ...{ labels: new Set(), assignees: new Set(), reviewers: new Set(), teams: new Set(), reviews: [], comments: [] },
    ...{ closed: undefined, merged: undefined, autoMerge: undefined, queued: undefined },
    mergeability: { of: '', since: at, reads: 0 },
  }
  repository.pulls.set(number, pull)
  site.tell({ kind: 'pull_request', action: 'opened', pull, sender: by })
  return pull
}

export interface PullEdit {
  title?: string
  body?: string | null
  base?: string
  state?: 'open' | 'closed'
}

export function editPull(site: Site, pull: PullRequest, by: Account, edit: PullEdit): void {
  const { repository } = pull
  const isOwn = pull.author.login === by.login
  if (!isOwn && !hasRole(roleOf(repository, by.login), 'triage'))
    throw new GitHubFailure(403, 'Must have write access.')
  if (edit.base !== undefined && branchHead(repository, edit.base) === undefined) {
    throw invalid('PullRequest', { field: 'base', code: 'invalid' })
  }
  if (edit.state !== undefined && edit.state !== pull.state) {
    if (edit.state === 'open') reopenPull(site, pull, by)
    else closePull(site, pull, by)
  }
  const { title = pull.title, body = pull.body, base = pull.base } = edit
  if (title === pull.title && body === pull.body && base === pull.base) return
  const changes = {
    ...(title === pull.title ? {} : { title: { from: pull.title } }),
    ...(body === pull.body ? {} : { body: { from: pull.body } }),
    ...(base === pull.base ? {} : { base: { ref: { from: pull.base } } }),
  }
  Object.assign(pull, { title, body, base, updatedAt: site.now() })
  site.tell({ kind: 'pull_request', action: 'edited', pull, sender: by, more: { changes } })
}

export function closePull(site: Site, pull: PullRequest, by: Account): void {
  const at = site.now()
  Object.assign(pull, { state: 'closed', closed: { by, at }, updatedAt: at, autoMerge: undefined, queued: undefined })
  site.tell({ kind: 'pull_request', action: 'closed', pull, sender: by })
}

function reopenPull(site: Site, pull: PullRequest, by: Account): void {
  const reason = whyNotReopened(pull)
  if (reason !== undefined) {
    throw invalid('PullRequest', { code: 'custom', field: 'state', message: `state cannot be changed. ${reason}` })
  }
  Object.assign(pull, { state: 'open', closed: undefined, updatedAt: site.now() })
  site.tell({ kind: 'pull_request', action: 'reopened', pull, sender: by })
}

function whyNotReopened({ repository, head, base, headSha, merged }: PullRequest): string | undefined {
  if (merged !== undefined) return 'The pull request cannot be reopened.'
  const now = branchHead(repository, head)
  if (now === undefined) return `The ${head} branch has been deleted.`
  if (!isPartOf(repository, headSha, now)) return `The ${head} branch was force-pushed or recreated.`
  if (listPulls(repository, { head, base }).length > 0) return `There is already an open pull request from ${head}.`
  return undefined
}

export function tellPull(site: Site, pull: PullRequest, sender: Account, action: PullAction, more = {}): void {
  pull.updatedAt = site.now()
  site.tell({ kind: 'pull_request', action, pull, sender, more })
}
