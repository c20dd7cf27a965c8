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
import type { Ancestry } from '../../core/sync/ancestry.ts'
import { argoRevisions } from '../../core/sync/argo-evidence.ts'
import { withMask } from '../../core/sync/argo-mask.ts'
import { withLateRefresh } from '../../core/sync/argo-refresh.ts'
import { decideArgoSync } from '../../core/sync/argocd.ts'
import { decideDependentSync } from '../../core/sync/dependent.ts'
import { decideSync, fluxRevisions, type Sync } from '../../core/sync/flux.ts'
import { fluxCommit } from '../../core/sync/flux-revision.ts'
import { decideHelmSync } from '../../core/sync/helm.ts'
import { syncedObject } from '../../core/sync/sync-state.ts'
import type { Workload } from '../../core/workload/workload.ts'
import { findCommit } from '../../delivery/find-commit.ts'
import type { Repositories } from '../../delivery/repositories.ts'
import { ownerChain } from '../../delivery/trace/owner-chain.ts'

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
    sync = decideDependent(next, sync, { now, leaves: next === owner ? leaves : undefined })
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
  const folders = chain.map((one) => foldersOf(one).filter(({ place }) => reads(place)))
  const inFolder = folders.findIndex((ours) => ours.some(({ path }) => isWithin(path, change.path)))
  return inFolder === -1 ? folders.findIndex((ours) => ours.length > 0) : inFolder
}

function foldersOf(owner: Owner): { place: GitPlace; path: string }[] {
  switch (owner.kind) {
    case 'Kustomization':
      return [{ place: owner.place, path: owner.kustomization.path }]
    case 'HelmRelease':
      return owner.chart === undefined ? [] : [owner.chart]
    case 'Application':
      return owner.places.flatMap((place, index) => {
        const path = owner.application.sources[index]?.path ?? ''
        return place === undefined ? [] : [{ place, path }]
      })
  }
}

/** What the object that reads the changed file itself says about the commit. */
async function followSource(
  owner: Owner,
  { commit, change, isLive, now }: FollowedCommit,
  { repositories }: FollowDeps,
): Promise<Sync> {
  const { git } = repositories.find(change.repository)
  const object = ownerObject(owner)
  const source =
    owner.kind === 'Kustomization' ? owner.source : owner.kind === 'HelmRelease' ? owner.chart?.source : undefined
  const objects = source === undefined ? [object] : [object, source.object]
  const answers = new Map<string, Ancestry>()
  const revisions = owner.kind === 'Application' ? argoRevisions(objects) : fluxRevisions(objects)
  for (const revision of revisions) answers.set(revision, await git.ancestry(commit, revision))
  const ancestryOf = (revision: string): Ancestry => answers.get(revision) ?? 'unknown'
  // What runs was not replaced before it was applied, whatever has become of it since.
  const later = isLive ? [] : revisions.filter((one) => one !== commit && answers.get(one) === 'yes')
  const replaced = new Set<string>()
  for (const one of later) {
    const changes = await git.history(one, change.path, changeLimit)
    if (isValueReplaced(changes, { commit, ...change })) replaced.add(one)
  }
  const question = { commit, ancestryOf, isReplaced: (revision: string) => replaced.has(revision), now }
  if (owner.kind === 'Application') return decideArgoSync(object, question)
  const kustomization = owner.kind === 'Kustomization' ? object : undefined
  const sync = decideSync({ ...question, kustomization, source: source?.object })
  if (owner.kind === 'Kustomization') return sync
  // A chart in Git: once its source holds the commit, the release's own generation and state tell.
  return decideHelmSync(object, sync.state === 'seen' ? { ...sync, state: 'applied' } : sync, now)
}

/** Some container that the change is about runs what it wants. */
function runsSomewhere({ spec }: UpdateRequest, { liveWorkload }: FollowDeps): boolean {
  return spec.targets.some((target) => {
    const image = liveWorkload(objectKey(target))?.containers.find(({ name }) => name === target.container)?.image
    return image !== undefined && carriesImage(image, spec.change)
  })
}

/** `leaves` is the version of its chart that the commit leaves behind, where that is what was changed. */
function decideDependent(owner: Owner, before: Sync, { now, leaves }: { now: Date; leaves: string | undefined }): Sync {
  if (owner.kind === 'HelmRelease') return decideHelmSync(owner.release.object, before, now, leaves)
  const { object } = owner.kind === 'Application' ? owner.application : owner.kustomization
  return decideDependentSync(object, before, now, leaves)
}
