import type { CommitWay } from '../../core/change/commit-report.ts'
import { type Applied, type EngineObjects, type GitPlace, type Owner, ownerName } from '../../core/manifest/origin.ts'
import type { Ancestry } from '../../core/sync/ancestry.ts'
import { fluxCommit } from '../../core/sync/flux-revision.ts'
import type { Sync } from '../../core/sync/sync-state.ts'
import { asFairleadError, orRefusal } from '../../errors.ts'
import type { ManagedRepository, Repositories } from '../repositories.ts'
import type { BranchReader } from './branch-reader.ts'
import { decidingOwner, ownerChain } from './owner-chain.ts'
import { dependentSync, ownerFolders, ownerSync } from './owner-sync.ts'

export interface CommitWayDeps {
  engine: EngineObjects
  repositories: Repositories
  readBranch: BranchReader
}

/** A branch that an engine reads, of a repository that is configured. */
interface Branch {
  repository: ManagedRepository
  /** As the engine has it; `''` is the default branch. */
  name: string
}

/**
 * How a commit comes to each of some workloads, in their order. Of a chain of owners every one that reads a branch with the
 * commit has to apply it, for any of them may be what it changes.
 */
export async function findCommitWays(
  workloads: readonly Applied[],
  { commit, now }: { commit: string; now: Date },
  deps: CommitWayDeps,
): Promise<CommitWay[]> {
  const contains = containment(commit, deps)
  const ways = new Map<string, CommitWay>()
  const found: CommitWay[] = []
  for (const workload of workloads) {
    const owner = orRefusal(() => decidingOwner(workload, deps.engine), asFairleadError)
    if ('code' in owner) {
      found.push({ kind: owner.kind === 'transient' ? 'unknown' : 'elsewhere', message: owner.message })
      continue
    }
    const name = ownerName(owner)
    const way = ways.get(name) ?? (await askedWay(owner, { commit, now, contains }, deps))
    ways.set(name, way)
    found.push(way)
  }
  return found
}

/** The commits, of those on the branches that the workloads come from, that begin with these digits. */
export async function findCommits(
  prefix: string,
  workloads: readonly Applied[],
  deps: CommitWayDeps,
): Promise<ReadonlySet<string>> {
  const found = new Set<string>()
  for (const { repository, name } of branchesOf(workloads, deps)) {
    const { revision } = await deps.readBranch({ repository, branch: name, revision: undefined })
    for (const { id } of await repository.git.log('', revision)) if (id.startsWith(prefix)) found.add(id)
  }
  return found
}

function branchesOf(workloads: readonly Applied[], deps: CommitWayDeps): Branch[] {
  const branches = new Map<string, Branch>()
  for (const workload of workloads) {
    const owner = orRefusal(
      () => decidingOwner(workload, deps.engine),
      () => undefined,
    )
    if (owner === undefined) continue
    const places = ownerChain(owner, deps.engine).flatMap((one) => ownerFolders(one).map(({ place }) => place))
    for (const branch of places.flatMap((place) => configured(place, deps))) {
      branches.set(`${branch.repository.url} ${branch.name}`, branch)
    }
  }
  return [...branches.values()]
}

function configured({ repository, branch }: GitPlace, { repositories }: CommitWayDeps): Branch[] {
  return orRefusal(
    () => [{ repository: repositories.find(repository), name: branch }],
    () => [],
  )
}

interface Question {
  commit: string
  now: Date
  contains: (branch: Branch) => Promise<Ancestry>
}

/** What Git does not tell now is unknown. */
async function askedWay(owner: Owner, question: Question, deps: CommitWayDeps): Promise<CommitWay> {
  try {
    return await wayThrough(owner, question, deps)
  } catch (thrown) {
    return { kind: 'unknown', message: asFairleadError(thrown).message }
  }
}

async function wayThrough(owner: Owner, { commit, now, contains }: Question, deps: CommitWayDeps): Promise<CommitWay> {
  const read: string[] = []
  let before: Sync | undefined
  for (const one of ownerChain(owner, deps.engine).reverse()) {
    const branches = ownerFolders(one).flatMap(({ place }) => configured(place, deps))
    const answers = await Promise.all(branches.map(contains))
    const holding = branches[answers.indexOf('yes')]
    const open = branches[answers.indexOf('unknown')]
    read.push(...branches.map(wordsOf))
    if (holding !== undefined) {
      const { git } = holding.repository
      const sync = await ownerSync(one, { commit, now }, git)
      if (sync.state !== 'applied') return { kind: 'engine', sync, isTried: await isTried(sync, commit, git) }
      before = sync
    } else if (open !== undefined) {
      return { kind: 'unknown', message: `nobody knows whether ${wordsOf(open)} contains ${commit}` }
    } else if (before !== undefined) {
      before = dependentSync(one, before, { now })
      if (before.state !== 'applied') return { kind: 'engine', sync: before, isTried: true }
    }
  }
  if (before !== undefined) return { kind: 'engine', sync: before, isTried: true }
  const places = read.length === 0 ? 'no branch of a configured repository' : [...new Set(read)].join(', ')
  return { kind: 'elsewhere', message: `it comes from ${places}, without ${commit}` }
}

async function isTried({ revision }: Sync, commit: string, git: ManagedRepository['git']): Promise<boolean> {
  const tried = fluxCommit(revision)
  return tried !== undefined && (await git.ancestry(commit, tried)) === 'yes'
}

/** Each branch is asked about once. One that is not known to hold the commit is read again: it may just have been pushed. */
function containment(commit: string, { readBranch }: CommitWayDeps): Question['contains'] {
  const answers = new Map<string, Promise<Ancestry>>()
  const ask = async ({ repository, name }: Branch): Promise<Ancestry> => {
    const { git } = repository
    const known = await readBranch({ repository, branch: name, revision: undefined })
    const answer = await git.ancestry(commit, known.revision)
    if (answer === 'yes') return answer
    const { revision } = await git.snapshot(known.branch, { fresh: true })
    return revision === known.revision ? answer : git.ancestry(commit, revision)
  }
  return (branch) => {
    const key = `${branch.repository.url} ${branch.name}`
    const answer = answers.get(key) ?? ask(branch)
    answers.set(key, answer)
    return answer
  }
}

function wordsOf({ repository, name }: Branch): string {
  return `${repository.url}@${name === '' ? 'the default branch' : name}`
}
