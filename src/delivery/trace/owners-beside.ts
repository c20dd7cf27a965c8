import { normaliseRepositoryUrl } from '../../core/change/repository-url.ts'
import type { GitBranch } from '../../core/manifest/applier.ts'
import type { ApplicationOwner, EngineObjects, KustomizationOwner } from '../../core/manifest/origin.ts'
import { followedBy } from '../../core/sync/argo-revision.ts'
import { orRefusal } from '../../errors.ts'

/** Another object of an engine, and a folder that it reads of the same branch. */
export interface OwnerBeside {
  /** `Kind/namespace/name` */
  name: string
  path: string
}

/** The others of the cluster that read the same branch; what they build of it is only known from the files. */
export function kustomizationsBeside(
  { kustomization: own, place }: KustomizationOwner,
  engine: EngineObjects,
): OwnerBeside[] {
  const isOurs = sameRepositoryAs(place.repository)
  return [...engine.kustomizations()].flatMap(({ namespace, name, path, sourceRef }) => {
    if (namespace === own.namespace && name === own.name) return []
    const source = engine.source(sourceRef.kind, `${sourceRef.namespace}/${sourceRef.name}`)
    const isSame = source?.branch === place.branch && isOurs(source.url)
    return isSame ? [{ name: `Kustomization/${namespace}/${name}`, path }] : []
  })
}

/**
 * The others that read a folder of the same branches; those that Git declares are known from there, too. `branches` are
 * its sources as they were opened; what HEAD names is asked for, for one may say HEAD and the other the branch.
 */
export async function applicationsBeside(
  { application: own }: ApplicationOwner,
  branches: readonly (GitBranch | undefined)[],
  engine: EngineObjects,
  defaultBranch: (repository: string) => Promise<string>,
): Promise<OwnerBeside[]> {
  const ours = branches.flatMap((branch, index) => {
    const url = own.sources[index]?.repoUrl
    return branch === undefined || url === undefined ? [] : [{ branch, isRepository: sameRepositoryAs(url) }]
  })
  const beside: OwnerBeside[] = []
  for (const { namespace, name, sources } of engine.allApplications()) {
    if (namespace === own.namespace && name === own.name) continue
    for (const source of sources) {
      const followed = followedBy(source)
      const same = ours.filter(({ isRepository }) => isRepository(source.repoUrl))
      if (followed.kind === 'pinned' || same.length === 0) continue
      const read = followed.kind === 'branch' ? followed.branch : await defaultBranch(source.repoUrl)
      if (!same.some(({ branch }) => branch.name === read)) continue
      beside.push({ name: `Application/${namespace}/${name}`, path: source.path })
    }
  }
  return beside
}

/** Tells other spellings of an address too; one that is none is nobody's repository, and must not stop others. */
function sameRepositoryAs(own: string): (url: string) => boolean {
  const normalised = normalOrNone(own)
  // Nearly always it is the same source, so the same words: this is asked of every owner for every workload.
  return (url) => url === own || (normalised !== undefined && normalOrNone(url) === normalised)
}

function normalOrNone(url: string): string | undefined {
  return orRefusal(
    () => normaliseRepositoryUrl(url),
    () => undefined,
  )
}
