import type { UpdateRequest } from '../../api/update-request.ts'
import { normaliseRepositoryUrl } from '../../core/change/repository-url.ts'
import type { EngineObjects, GitPlace, KustomizationOwner, Owner } from '../../core/manifest/origin.ts'
import { isWithin } from '../../core/manifest/repository-path.ts'
import type { Ancestry } from '../../core/sync/ancestry.ts'
import { decideDependentSync } from '../../core/sync/dependent.ts'
import { decideSync, fluxRevisions, type Sync } from '../../core/sync/flux.ts'
import { decideHelmSync } from '../../core/sync/helm.ts'
import { ownerChain } from '../../delivery/owner-chain.ts'
import type { Repositories } from '../../delivery/repositories.ts'

export interface FollowDeps {
  engine: EngineObjects
  repositories: Repositories
}

/**
 * How far the engine has come with the commit of a request, from its objects as they are now: first the object that
 * reads the changed file, by ancestry; then those on the way to the workload, each when the one before has applied.
 */
export async function followCommit(
  { spec: { change } }: UpdateRequest,
  { commit, owner, now }: { commit: string; owner: Owner; now: Date },
  deps: FollowDeps,
): Promise<Sync> {
  const chain = ownerChain(owner, deps.engine)
  const reader = readerOf(chain, change)
  const [reading, ...after] = chain.slice(0, reader + 1).reverse()
  let sync = reading?.kind === 'Kustomization' ? await followSource(reading, commit, now, deps) : undefined
  for (const next of reading?.kind === 'Kustomization' ? after : chain.slice(0, 1)) {
    if (next.kind === 'HelmRelease') sync = decideHelmSync(next.release.object, sync, now)
    else if (sync !== undefined) sync = decideDependentSync(next.kustomization.object, sync, now)
  }
  return sync ?? decideSync({ commit, ancestryOf: () => 'unknown', now })
}

/** Position of the nearest owner that reads the changed file: in its folder, or else from its branch. */
function readerOf(chain: readonly Owner[], change: UpdateRequest['spec']['change']): number {
  const reads = ({ repository, branch }: GitPlace) =>
    normaliseRepositoryUrl(repository) === change.repository && branch === change.branch
  const ofBranch = chain.map((one) => one.kind === 'Kustomization' && reads(one.place))
  const inFolder = chain.findIndex((one, index) => {
    return ofBranch[index] === true && one.kind === 'Kustomization' && isWithin(one.kustomization.path, change.path)
  })
  return inFolder === -1 ? ofBranch.indexOf(true) : inFolder
}

async function followSource(
  { kustomization, source, place }: KustomizationOwner,
  commit: string,
  now: Date,
  { repositories }: FollowDeps,
): Promise<Sync> {
  const { git } = repositories.find(place.repository)
  const answers = new Map<string, Ancestry>()
  for (const revision of fluxRevisions([kustomization.object, source.object])) {
    answers.set(revision, await git.ancestry(commit, revision))
  }
  return decideSync({
    kustomization: kustomization.object,
    source: source.object,
    commit,
    ancestryOf: (revision) => answers.get(revision) ?? 'unknown',
    now,
  })
}
