import { z } from 'zod'
import type { Mergeability, PullRequest } from '../../ports-repository-host.ts'
import type { Answer } from './client.ts'
import type { HostedRepository } from './repository.ts'
import { issueSchema, type Pull, pullSchema } from './schema.ts'

/** Finding and reading pull requests. */

const reading = { needs: 'Pull requests: read' }
/** A body may have 65,536 characters; a page must stay below the size of an answer that is read. */
const pageSize = 30
const mostPages = 34

/** Open ones whose branch begins with `prefix`, newest first. */
export async function listPullRequests(repository: HostedRepository, prefix: string): Promise<readonly PullRequest[]> {
  const deed = { words: 'listing the open pull requests', ...reading }
  const found: Answer[] = []
  const list = repository.pages(deed, ({ paginate, rest }) =>
    paginate.iterator(rest.pulls.list, { ...repository.place, state: 'open', per_page: pageSize }),
  )
  for await (const page of list) {
    found.push(page)
    if (found.length === mostPages) break
  }
  return repository.remember(`open ${prefix}`, found, () =>
    found
      .flatMap((page) => repository.parse(deed, z.array(pullSchema), page))
      .filter((pull) => isOwn(pull) && pull.head.ref.startsWith(prefix))
      .map((pull) => listed(pull)),
  )
}

/** Whatever became of those from one branch into another, newest first. */
export async function findPullRequests(
  repository: HostedRepository,
  branch: string,
  base: string,
): Promise<readonly PullRequest[]> {
  const deed = { words: `looking for pull requests of ${branch}`, ...reading }
  const { owner } = repository.place
  const page = await repository.send(deed, ({ rest }) =>
    rest.pulls.list({ ...repository.place, head: `${owner}:${branch}`, base, state: 'all', per_page: pageSize }),
  )
  return repository.remember(`of ${branch} ${base}`, [page], () =>
    repository
      .parse(deed, z.array(pullSchema), page)
      .filter((pull) => isOwn(pull) && pull.head.ref === branch && pull.base.ref === base)
      .map((pull) => listed(pull)),
  )
}

/** One as the host tells it, with the answer that it came in. */
export interface ReadPull {
  pull: Pull
  answer: Answer
}

/** Undefined when there is none of that number; a repository that is gone is an error. */
export async function readPull(repository: HostedRepository, number: number): Promise<ReadPull | undefined> {
  const deed = { words: `reading pull request ${number}`, ...reading }
  const answer = await repository.send(
    deed,
    ({ rest }) => rest.pulls.get({ ...repository.place, pull_number: number }),
    ({ status }) => (status === 404 ? 'none' : undefined),
  )
  if (answer !== 'none') return { pull: repository.parse(deed, pullSchema, answer), answer }
  // GitHub gives the same answer for a pull request that never was and for a repository that we may not see.
  await repository.send(deed, ({ rest }) => rest.repos.get(repository.place))
  return undefined
}

/** With the people in it; `isQueued` says whether it waits in the host's merge queue. */
export async function readPullRequest(
  repository: HostedRepository,
  number: number,
  isQueued: (pull: Pull) => Promise<boolean>,
): Promise<PullRequest | undefined> {
  const found = await readPull(repository, number)
  if (found === undefined) return undefined
  const { pull, answer } = found
  const wasClosed = pull.state === 'closed' && pull.merged_at == null
  const issue = wasClosed ? await readIssue(repository, number) : undefined
  const queued = await isQueued(pull)
  const answers = issue === undefined ? [answer] : [answer, issue.answer]
  return repository.remember(`${number} ${queued}`, answers, () => ({
    ...listed(pull, { mergedBy: pull.merged_by?.login, closedBy: issue?.closedBy }),
    mergeability: mergeabilityOf(pull),
    mergesItself: queued || pull.auto_merge != null,
  }))
}

async function readIssue(repository: HostedRepository, number: number) {
  const deed = { words: `reading who closed pull request ${number}`, ...reading }
  const answer = await repository.send(deed, ({ rest }) =>
    rest.issues.get({ ...repository.place, issue_number: number }),
  )
  return { answer, closedBy: repository.parse(deed, issueSchema, answer).closed_by?.login }
}

/** From a branch of the same repository: a fork may name its branches as it likes. */
function isOwn({ head, base }: Pull): boolean {
  return head.repo != null && head.repo.id === base.repo?.id
}

/** As a pull request looks without a question of its own. */
export function listed(
  pull: Pull,
  people: { mergedBy?: string | undefined; closedBy?: string | undefined } = {},
): PullRequest {
  const { merged_at: mergedAt, closed_at: closedAt } = pull
  return {
    number: pull.number,
    url: pull.html_url,
    state: mergedAt != null ? 'merged' : pull.state,
    isDraft: pull.draft === true,
    title: pull.title,
    body: pull.body ?? '',
    branch: pull.head.ref,
    base: pull.base.ref,
    head: pull.head.sha,
    labels: pull.labels.flatMap(({ name }) => name ?? []),
    author: pull.user?.login ?? 'ghost',
    createdAt: pull.created_at,
    mergeability: 'unknown',
    mergesItself: pull.auto_merge != null,
    ...(mergedAt == null
      ? {}
      : { merged: { commit: pull.merge_commit_sha ?? undefined, by: people.mergedBy, at: mergedAt } }),
    ...(mergedAt == null && closedAt != null ? { closed: { by: people.closedBy, at: closedAt } } : {}),
  }
}

/** Source: GitHub's GraphQL documents, enum MergeStateStatus, and Kargo's provider, which also merges the first three. */
const mergeabilities: Readonly<Record<string, Mergeability>> = {
  clean: 'ready',
  unstable: 'ready',
  has_hooks: 'ready',
  blocked: 'blocked',
  behind: 'behind',
  dirty: 'conflict',
  draft: 'draft',
}

function mergeabilityOf({ mergeable_state: state, draft }: Pull): Mergeability {
  if (draft === true) return 'draft'
  return (state != null && Object.hasOwn(mergeabilities, state) ? mergeabilities[state] : undefined) ?? 'unknown'
}
