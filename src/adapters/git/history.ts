import { parseCommit } from '../../core/change/commit.ts'
import type { FileChange } from '../../core/change/file-change.ts'
import { isObjectId } from '../../core/change/object-id.ts'
import type { Ancestry } from '../../core/sync/ancestry.ts'
import { FairleadError } from '../../errors.ts'
import type { Backend } from './backend.ts'
import { dropOldest } from './bounded-map.ts'
import { createFileHistory, lookBack } from './file-history.ts'
import type { WorkingSet } from './working-set.ts'

const answerLimit = 2000

/** Questions about commits, over a store that may be shallow and is deepened when an answer needs it. */
export interface History {
  ancestry(commit: string, revision: string): Promise<Ancestry>
  log(from: string, to: string): Promise<{ id: string; message: string }[]>
  /** One file's changes, see the port. */
  file(revision: string, path: string, limit: number): Promise<FileChange[]>
}

/** History over one backend. A commit names its whole past, so `yes` and `no` never change and are remembered. */
export function createHistory(backend: Backend, working: WorkingSet): History {
  const answers = new Map<string, Ancestry>()

  async function findAncestry(commit: string, revision: string): Promise<Ancestry> {
    const known = working.history.ancestry(commit, revision)
    if (known !== 'unknown') return known
    let refreshed = false
    for (;;) {
      const answer = await backend.walk(commit, revision)
      if (answer === 'yes' || answer === 'no') return answer
      if (answer === 'absent' && !refreshed) {
        refreshed = true
        await fetchAll(backend, working)
      } else if (!(await deepen(backend, working))) {
        return 'unknown'
      }
    }
  }

  const files = createFileHistory({
    backend,
    firstParents: (revision) => listAfter('', revision, { backend, working }),
    isHere: (blob) => working.cache.has(blob),
  })

  return {
    file: files.history,
    async ancestry(commit, revision) {
      if (!isObjectId(commit) || !isObjectId(revision)) return 'unknown'
      if (commit === revision) return 'yes'
      const key = `${commit} ${revision}`
      const before = answers.get(key)
      if (before !== undefined) return before
      const answer = await findAncestry(commit, revision)
      if (answer === 'unknown') return answer
      answers.set(key, answer)
      dropOldest(answers, answerLimit)
      return answer
    },
    async log(from, to) {
      const ids = await listAfter(from, to, { backend, working })
      const commits = await backend.readCommits(ids)
      return ids.map((id) => ({ id, message: parseCommit(commits.get(id) ?? new Uint8Array())?.message ?? '' }))
    },
  }
}

/** First parents from `to`, ending before `from`; deepened until it is met, the roots are reached or enough is listed. */
async function listAfter(
  from: string,
  to: string,
  { backend, working }: { backend: Backend; working: WorkingSet },
): Promise<readonly string[]> {
  for (;;) {
    const { ids, complete } = await backend.firstParents(to, lookBack)
    const end = ids.indexOf(from)
    if (end >= 0) return ids.slice(0, end)
    if (complete || ids.length >= lookBack || !(await deepen(backend, working))) return ids
  }
}

/** Fetches every branch that was read. One that is gone meanwhile, as proposals are after their merge, is forgotten. */
async function fetchAll(backend: Backend, working: WorkingSet): Promise<void> {
  for (const branch of working.branches) {
    try {
      await backend.fetch(branch)
    } catch (error) {
      if (!isGone(error)) throw error
      working.drop(branch)
    }
  }
}

async function deepen(backend: Backend, working: WorkingSet): Promise<boolean> {
  try {
    return await backend.deepen(working.branches)
  } catch (error) {
    if (!isGone(error)) throw error
    await fetchAll(backend, working)
    return backend.deepen(working.branches)
  }
}

function isGone(error: unknown): boolean {
  return error instanceof FairleadError && error.code === 'BranchNotFound'
}
