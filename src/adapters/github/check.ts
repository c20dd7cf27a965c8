import { z } from 'zod'
import { sanitiseLine } from '../../core/change/text.ts'
import type { Checks } from '../../ports-repository-host.ts'
import type { Answer } from './client.ts'
import type { HostedRepository } from './repository.ts'
import { checkRunSchema, combinedStatusSchema } from './schema.ts'

type CheckRun = z.output<typeof checkRunSchema>
/** One status of a commit, the newest of its name. */
export type CommitStatus = z.output<typeof combinedStatusSchema>['statuses'][number]

/** A check run may bring two texts of 65,535 characters; a page must stay below the size of an answer that is read. */
const pageSize = 30
const mostPages = 34
const shownNames = 20

/** Both things that GitHub calls a check: check runs, and the older commit statuses. */
export async function readChecks(repository: HostedRepository, commit: string): Promise<Checks> {
  const deed = { words: `reading the checks of ${commit.slice(0, 12)}`, needs: 'Checks: read' }
  const runs: Answer[] = []
  const list = repository.pages(deed, ({ paginate, rest }) =>
    paginate.iterator(rest.checks.listForRef, { ...repository.place, ref: commit, per_page: pageSize }),
  )
  for await (const page of list) {
    runs.push(page)
    if (runs.length === mostPages) break
  }
  const { answers, statuses } = await readStatuses(repository, commit)
  return repository.remember(`checks ${commit}`, [...runs, ...answers], () =>
    judgeChecks(
      runs.flatMap((page) => repository.parse(deed, z.array(checkRunSchema), page)),
      statuses,
    ),
  )
}

/** The newest commit status of every name, and the answers they came in. */
export async function readStatuses(
  repository: HostedRepository,
  commit: string,
): Promise<{ answers: readonly Answer[]; statuses: readonly CommitStatus[] }> {
  const deed = { words: `reading the statuses of ${commit.slice(0, 12)}`, needs: 'Commit statuses: read' }
  const answers: Answer[] = []
  const statuses: CommitStatus[] = []
  for (let page = 1; page <= mostPages; page++) {
    const answer = await repository.send(deed, ({ rest }) =>
      rest.repos.getCombinedStatusForRef({ ...repository.place, ref: commit, per_page: pageSize, page }),
    )
    const read = repository.parse(deed, combinedStatusSchema, answer)
    answers.push(answer)
    statuses.push(...read.statuses)
    if (read.statuses.length < pageSize) break
  }
  return { answers, statuses }
}

/** Source: GitHub's documents, "About status checks": neutral and skipped ones do not stand in the way. */
export function judgeChecks(runs: readonly CheckRun[], statuses: readonly CommitStatus[]): Checks {
  const told = [
    ...runs.map(({ name, status, conclusion }) => ({ name, state: stateOfRun(status, conclusion ?? '') })),
    ...statuses.map(({ context, state }) => ({ name: context, state: stateOfStatus(state) })),
  ]
  const failed = told.filter(({ state }) => state === 'failed')
  const pending = told.filter(({ state }) => state === 'pending')
  const names = [...failed, ...pending].slice(0, shownNames).map(({ name }) => sanitiseLine(name, 100))
  if (failed.length > 0) return { state: 'failed', names }
  if (pending.length > 0) return { state: 'pending', names }
  return { state: told.length > 0 ? 'green' : 'none', names: [] }
}

function stateOfRun(status: string, conclusion: string): Checks['state'] {
  if (status !== 'completed') return 'pending'
  return ['success', 'neutral', 'skipped'].includes(conclusion) ? 'green' : 'failed'
}

function stateOfStatus(state: string): Checks['state'] {
  if (state === 'success') return 'green'
  return state === 'pending' ? 'pending' : 'failed'
}
