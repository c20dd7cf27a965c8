import { renderObject } from '../core/change/object-id.ts'
import { parseTrailers } from '../core/change/trailer.ts'
import { asFairleadError, FairleadError } from '../errors.ts'
import type { BranchSnapshot, GitRepository } from '../ports.ts'
import type { RepositoryHost } from '../ports-repository-host.ts'
import type { RenderedJob } from './batch.ts'
import { commitByHost } from './hosted-commit.ts'
import type { LandingDeps, LandingJob } from './landing.ts'
import { measureWrite } from './measured-write.ts'

/**
 * Where the host makes the commits of a proposal, one after the other; it is there for moments only. A host closes a
 * proposal whose branch points to its base, so that branch itself moves only when all commits are made.
 */
export function signingBranch(branch: string): string {
  return `${branch}-signing`
}

/** What the branch of a proposal shall hold. */
export interface Series {
  branch: string
  /** The base's head, on which the commits were rendered. */
  snapshot: BranchSnapshot
  commits: readonly RenderedJob<LandingJob>[]
}

/**
 * Does `head` hold the same changes on the same base already? Commits of a host have another id each time, so the ids of
 * the changes and the tree are compared.
 */
export async function holdsSeries(
  head: string,
  { branch, snapshot, commits }: Series,
  repository: GitRepository,
): Promise<boolean> {
  const there = await snapshotOf(branch, repository)
  if (there?.revision !== head || rootOf(there) !== commits.at(-1)?.tree) return false
  const log = await repository.log(snapshot.revision, head)
  const ids = log.map(({ message }) => parseTrailers(message).get('Fairlead-Id')?.[0]).reverse()
  return ids.length === commits.length && commits.every(({ job }, index) => job.id === ids[index])
}

/**
 * Has the host make and sign the commits, calls `use` with the last one while a branch holds it, and takes that branch
 * away. What an earlier try left there is taken over. Rejects as `HostedCommits.commit` and `GitRepository.replace` do.
 */
export async function withSignedSeries(
  { branch, snapshot, commits }: Series,
  { host, use, ...deps }: LandingDeps & { host: RepositoryHost; use: (head: string) => Promise<void> },
): Promise<string> {
  const { repository, name, log } = deps
  const workplace = signingBranch(branch)
  deps.fence()
  await repository.replace(workplace, (await repository.remoteHead(workplace)) ?? '', snapshot.revision)
  try {
    let head = snapshot.revision
    for (const one of commits) {
      deps.fence()
      const write = () => commitByHost(one, { branch: workplace, base: head }, host.commits)
      head = await measureWrite(write, { ...deps, operation: 'commit' })
    }
    // Its objects must be here before another branch can be put there, and they must be what was planned.
    const made = await repository.snapshot(workplace, { fresh: true })
    if (made.revision !== head || rootOf(made) !== commits.at(-1)?.tree) {
      throw new FairleadError('HostInvalid', `the commits that the host made on ${workplace} are not the planned ones`)
    }
    await use(head)
    return head
  } finally {
    await host.pullRequests.deleteBranch(workplace).catch((thrown) => {
      log.info({ repository: name, branch: workplace, code: asFairleadError(thrown).code }, 'branch was not deleted')
    })
  }
}

/** Undefined when there is no such branch any more. */
async function snapshotOf(branch: string, repository: GitRepository): Promise<BranchSnapshot | undefined> {
  try {
    return await repository.snapshot(branch, { fresh: true })
  } catch (thrown) {
    if (asFairleadError(thrown).code === 'BranchNotFound') return undefined
    throw thrown
  }
}

function rootOf(snapshot: BranchSnapshot): string {
  return renderObject('tree', snapshot.tree('') ?? new Uint8Array()).id
}
