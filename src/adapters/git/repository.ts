import { isObjectId } from '../../core/change/object-id.ts'
import { FairleadError } from '../../errors.ts'
import type { BranchSnapshot, Clock, GitRepository, Log } from '../../ports.ts'
import { type Backend, DamagedStore } from './backend.ts'
import { branchRef } from './branch-name.ts'
import { createHealing } from './healing.ts'
import { createHistory } from './history.ts'
import { createWorkingSet, type WorkingSet } from './working-set.ts'

export interface RepositoryParts {
  /** Without credentials. */
  url: string
  backend: Backend
  clock: Clock
  log: Log
}

/**
 * The repository as everyone else sees it, over either backend: serialised, with what is known about branches kept in
 * memory, so that a plan on a known head costs no process and no request.
 */
export function createRepository({ url, backend, clock, log }: RepositoryParts): GitRepository {
  const working = createWorkingSet()
  const history = createHistory(backend, working)
  const healing = createHealing({ url, backend, working, clock, log })
  const inTurn = createTurns()
  const parts = { url, backend, working }

  async function push(branch: string, base: string, commit: string): Promise<void> {
    if (base === commit) return
    const commits = working.chain(base, commit)
    try {
      await backend.push({ how: 'append', branch, base, commit, commits, cache: working.cache })
    } catch (error) {
      // Nobody knows where the branch is now, so the next snapshot asks.
      working.forget(branch)
      throw await refused(error)
    }
    working.pushed(branch, commits)
  }

  async function replace(branch: string, expected: string, commit: string): Promise<void> {
    const commits = working.unsent(commit)
    working.own(branch)
    try {
      await backend.push({ how: 'replace', branch, base: expected, commit, commits, cache: working.cache })
    } catch (error) {
      throw await refused(error)
    }
  }

  /** A new store does not hold the commit that was planned on, so whoever writes has to look again. */
  async function refused(error: unknown): Promise<unknown> {
    if (!(error instanceof DamagedStore)) return error
    await healing.rebuild(error)
    return new FairleadError('PushRejected', `the local copy of ${url} had to be built again; plan again`)
  }

  return {
    url,
    backend: backend.name,
    async snapshot(branch, { fresh }) {
      branchRef(branch)
      return inTurn(() => healing.run(() => readSnapshot(branch, fresh, parts)))
    },
    store: (objects) =>
      inTurn(async () => {
        working.keep(objects)
        await backend.write(objects).catch(async (error) => Promise.reject(await refused(error)))
      }),
    async push(branch, base, commit) {
      branchRef(branch)
      if (base !== '') checkId(base)
      checkId(commit)
      return inTurn(() => push(branch, base, commit))
    },
    async replace(branch, expected, commit) {
      branchRef(branch)
      if (expected !== '') checkId(expected)
      checkId(commit)
      return inTurn(() => replace(branch, expected, commit))
    },
    async remoteHead(branch) {
      branchRef(branch)
      return inTurn(() => healing.run(() => backend.remoteHead(branch)))
    },
    async defaultBranch() {
      const ref = await inTurn(() => healing.run(() => backend.remoteDefault()))
      return ref?.startsWith('refs/heads/') === true ? ref.slice('refs/heads/'.length) : undefined
    },
    ancestry: (commit, revision) => inTurn(() => healing.run(() => history.ancestry(commit, revision))),
    async history(revision, path, limit) {
      checkId(revision)
      return inTurn(() => healing.run(() => history.file(revision, path, limit)))
    },
    async log(from, to) {
      if (from !== '') checkId(from)
      checkId(to)
      return inTurn(() => healing.run(() => history.log(from, to)))
    },
  }
}

interface Parts {
  url: string
  backend: Backend
  working: WorkingSet
}

async function readSnapshot(branch: string, fresh: boolean, parts: Parts): Promise<BranchSnapshot> {
  const { backend, working } = parts
  const head = await findHead(branch, fresh, parts)
  working.setHead(branch, head)
  const here = working.snapshot(branch, head)
  if (here) return here
  await backend.load(head, working.cache)
  const loaded = working.snapshot(branch, head)
  if (!loaded) throw new DamagedStore(`objects of ${head} are missing`)
  return loaded
}

/** The newest head: from memory, or the remote's word, fetched when it is new. */
async function findHead(branch: string, fresh: boolean, { url, backend, working }: Parts): Promise<string> {
  const here = working.head(branch)
  if (here !== undefined && !fresh) return here
  const head = await backend.remoteHead(branch)
  if (head === undefined) {
    working.drop(branch)
    throw new FairleadError('BranchNotFound', `${url} has no branch "${branch}"; create it or correct the name`)
  }
  return head === here ? here : backend.fetch(branch)
}

function checkId(id: string): void {
  if (isObjectId(id)) return
  throw new FairleadError('UsageInvalid', `${JSON.stringify(id.slice(0, 60))} is not a full commit id`)
}

/** Runs one call after the other; a failed one does not stop the next. */
function createTurns(): <T>(call: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (call) => {
    const mine = last.then(call, call)
    last = mine.catch(() => undefined)
    return mine
  }
}
