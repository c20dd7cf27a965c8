import { objectKey } from '../../api/kubernetes.ts'
import { isAboutChart, isRollback, type UpdateRequest } from '../../api/update-request.ts'
import { carriesImage } from '../../core/change/carried-image.ts'
import { pushedAtMs } from '../../core/change/carrier.ts'
import { requestId } from '../../core/change/claim.ts'
import { isValueReplaced } from '../../core/change/replaced-value.ts'
import { normaliseRepositoryUrl } from '../../core/change/repository-url.ts'
import { readSlotReference } from '../../core/image/slot-reference.ts'
import { type EngineObjects, type GitPlace, type Owner, ownerObject } from '../../core/manifest/origin.ts'
import { isWithin } from '../../core/manifest/repository-path.ts'
import { explainLanding } from '../../core/rollback/landing.ts'
import { withMask } from '../../core/sync/argo-mask.ts'
import { withLateRefresh } from '../../core/sync/argo-refresh.ts'
import { decideSync, type Sync } from '../../core/sync/flux.ts'
import { fluxCommit } from '../../core/sync/flux-revision.ts'
import { syncedObject } from '../../core/sync/sync-state.ts'
import type { Workload } from '../../core/workload/workload.ts'
import { findCommit } from '../../delivery/find-commit.ts'
import type { Repositories } from '../../delivery/repositories.ts'
import { ownerChain } from '../../delivery/trace/owner-chain.ts'
import { dependentSync, ownerFolders, ownerSync } from '../../delivery/trace/owner-sync.ts'

export interface FollowDeps {
  engine: EngineObjects
  repositories: Repositories
  /** By `Kind/namespace/name`. */
  liveWorkload: (key: string) => Workload | undefined
}

/** A commit whose way is followed, and whether what it wants runs somewhere already. */
interface FollowedCommit {
  commit: string
  change: UpdateRequest['spec']['change']
  isLive: boolean
  now: Date
}

/** Changes of a file that are looked through for the one that took the place of ours. */
const changeLimit = 20

/**
 * How far the engine has come with the commit of a request, from its objects as they are now: first the object that
 * reads the changed file, by ancestry; then those on the way to the workload, each when the one before has applied.
 */
export async function followCommit(
  request: UpdateRequest,
  { commit, owner, now }: { commit: string; owner: Owner; now: Date },
  deps: FollowDeps,
): Promise<Sync> {
  const { change } = request.spec
  const leaves = isAboutChart(request) ? readSlotReference(change.from, { isChart: true }).tag : undefined
  const chain = ownerChain(owner, deps.engine)
  const reader = chain[readerOf(chain, change)]
  if (reader === undefined) return decideSync({ commit, ancestryOf: () => 'unknown', now })
  const isLive = runsSomewhere(request, deps)
  const follow = async (one: string) => {
    const found = await followSource(reader, { commit: one, change, isLive, now }, deps)
    if (reader.kind !== 'Application') return found
    const { object } = reader.application
    const late = withLateRefresh(found, object, { pushedMs: pushedAtMs(request), now })
    return isAboutChart(request) ? late : withMask(late, object, change)
  }
  let sync = await follow(commit)
  if (sync.state !== 'applied') {
    const place = await findPlace(request, { commit, seen: sync.revision }, deps)
    if (place.kind === 'moved') sync = await follow(place.commit)
    if (place.kind === 'lost' && sync.state !== 'superseded') {
      sync = { ...sync, state: 'failed', reason: 'CommitLost', message: place.message }
    }
  }
  for (const next of chain.slice(0, chain.indexOf(reader)).reverse()) {
    sync = dependentSync(next, sync, { now, leaves: next === owner ? leaves : undefined })
  }
  if (!isRollback(request)) return sync
  return explainLanding(
    sync,
    chain.map(ownerObject).find((one) => syncedObject(one) === sync.object),
  )
}

type Place = { kind: 'stays' } | { kind: 'moved'; commit: string } | { kind: 'lost'; message: string }

/**
 * Where the change is after somebody has rewritten the branch: its commit may have another id there, found by its
 * `Fairlead-Id`, or none. The branch is asked for when what the engine has, or what is known of the branch, lies beside
 * the commit; what is merely older says nothing.
 */
async function findPlace(
  request: UpdateRequest,
  { commit, seen }: { commit: string; seen: string },
  { repositories }: FollowDeps,
): Promise<Place> {
  const { repository, branch } = request.spec.change
  const { git } = repositories.find(repository)
  const isBeside = async (one: string) =>
    (await git.ancestry(commit, one)) === 'no' && (await git.ancestry(one, commit)) === 'no'
  const known = (await git.snapshot(branch, { fresh: false })).revision
  if (!(await isBeside(known)) && !(await isBeside(fluxCommit(seen) ?? commit))) return { kind: 'stays' }
  const { revision } = await git.snapshot(branch, { fresh: true })
  if (!(await isBeside(revision))) return { kind: 'stays' }
  const again = await findCommit(git, requestId(request), revision)
  if (again !== undefined) return { kind: 'moved', commit: again }
  const message = `${branch} was rewritten and does not contain ${commit} any more; it will not be applied`
  return { kind: 'lost', message }
}

/** Position of the nearest owner that reads the changed file: from its folder, or else from its branch. */
function readerOf(chain: readonly Owner[], change: UpdateRequest['spec']['change']): number {
  const reads = ({ repository, branch }: GitPlace) =>
    normaliseRepositoryUrl(repository) === change.repository && (branch === '' || branch === change.branch)
  const folders = chain.map((one) => ownerFolders(one).filter(({ place }) => reads(place)))
  const inFolder = folders.findIndex((ours) => ours.some(({ path }) => isWithin(path, change.path)))
  return inFolder === -1 ? folders.findIndex((ours) => ours.length > 0) : inFolder
}

/** What the object that reads the changed file itself says about the commit. */
function followSource(
  owner: Owner,
  { commit, change, isLive, now }: FollowedCommit,
  { repositories }: FollowDeps,
): Promise<Sync> {
  const { git } = repositories.find(change.repository)
  const isReplacedBy = async (revision: string) =>
    isValueReplaced(await git.history(revision, change.path, changeLimit), { commit, ...change })
  // What runs was not replaced before it was applied, whatever has become of it since.
  return ownerSync(owner, { commit, now, ...(isLive ? {} : { isReplacedBy }) }, git)
}

/** Some container that the change is about runs what it wants. */
function runsSomewhere({ spec }: UpdateRequest, { liveWorkload }: FollowDeps): boolean {
  return spec.targets.some((target) => {
    const image = liveWorkload(objectKey(target))?.containers.find(({ name }) => name === target.container)?.image
    return image !== undefined && carriesImage(image, spec.change)
  })
}
