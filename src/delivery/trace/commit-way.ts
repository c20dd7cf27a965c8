import type { CommitWay } from '../../core/change/commit-report.ts'
import { type Applied, type EngineObjects, type GitPlace, type Owner, ownerName } from '../../core/manifest/origin.ts'
import type { Ancestry } from '../../core/sync/ancestry.ts'
import { fluxCommit } from '../../core/sync/flux-revision.ts'
import type { Sync } from '../../core/sync/sync-state.ts'
import { asFairleadError, orRefusal } from '../../errors.ts'
import type { BranchSnapshot } from '../../ports.ts'
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
export interface Branch {
  repository: Pick<ManagedRepository, 'url' | 'git'>
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
  const contains = containment(commit, branchesOf(workloads, deps), deps)
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

/**
 * Whether branches contain a commit; each is asked about once. One that is not known to hold it is read again, for it may
 * just have been pushed; but not when a branch of another repository holds it: pipelines ask every few seconds, and a commit
 * is in one repository.
 */
export function containment(
  commit: string,
  branches: readonly Branch[],
  { readBranch }: Pick<CommitWayDeps, 'readBranch'>,
): Question['contains'] {
  const known = new Map<string, Promise<{ head: BranchSnapshot; answer: Ancestry }>>()
  const answers = new Map<string, Promise<Ancestry>>()

  const look = async ({ repository, name }: Branch) => {
    const head = await readBranch({ repository, branch: name, revision: undefined })
    return { head, answer: await repository.git.ancestry(commit, head.revision) }
  }
  const isHeldElsewhere = async ({ repository }: Branch) => {
    const others = branches.filter((one) => one.repository.url !== repository.url)
    const looks = await Promise.allSettled(others.map((one) => once(known, one, look)))
    return looks.some((one) => one.status === 'fulfilled' && one.value.answer === 'yes')
  }
  const ask = async (branch: Branch): Promise<Ancestry> => {
    const { head, answer } = await once(known, branch, look)
    if (answer === 'yes' || (await isHeldElsewhere(branch))) return answer
    const { git } = branch.repository
    const { revision } = await git.snapshot(head.branch, { fresh: true })
    return revision === head.revision ? answer : git.ancestry(commit, revision)
  }
  return (branch) => once(answers, branch, ask)
}

function once<T>(done: Map<string, Promise<T>>, branch: Branch, work: (branch: Branch) => Promise<T>): Promise<T> {
  const key = `${branch.repository.url} ${branch.name}`
  const result = done.get(key) ?? work(branch)
  done.set(key, result)
  return result
}

function wordsOf({ repository, name }: Branch): string {
  return `${repository.url}@${name === '' ? 'the default branch' : name}`
}
