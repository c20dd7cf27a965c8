import { normaliseRepositoryUrl } from '../core/change/repository-url.ts'
import type { ApplicationOwner, EngineObjects, GitPlace, KustomizationOwner } from '../core/manifest/origin.ts'
import { followedBy } from '../core/sync/argo-revision.ts'
import { orRefusal } from '../errors.ts'

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
  return [...engine.kustomizations()].flatMap(({ namespace, name, path, sourceRef }) => {
    if (namespace === own.namespace && name === own.name) return []
    const source = engine.source(sourceRef.kind, `${sourceRef.namespace}/${sourceRef.name}`)
    const isSame = source?.branch === place.branch && isSameRepository(source.url, place.repository)
    return isSame ? [{ name: `Kustomization/${namespace}/${name}`, path }] : []
  })
}

/** The others that read a folder of the same branch; those that Git declares are known from there, too. */
export function applicationsBeside(
  { application: own, places }: ApplicationOwner,
  engine: EngineObjects,
): OwnerBeside[] {
  return [...engine.allApplications()].flatMap(({ namespace, name, sources }) => {
    if (namespace === own.namespace && name === own.name) return []
    return sources.flatMap((source) => {
      const followed = followedBy(source)
      const branch = followed.kind === 'branch' ? followed.branch : ''
      const reads = (place: GitPlace | undefined) =>
        place !== undefined && place.branch === branch && isSameRepository(place.repository, source.repoUrl)
      return followed.kind !== 'pinned' && places.some(reads)
        ? [{ name: `Application/${namespace}/${name}`, path: source.path }]
        : []
    })
  })
}

/** An address that is none is nobody's repository, and must not stop others. */
function isSameRepository(one: string, other: string): boolean {
  return orRefusal(
    () => normaliseRepositoryUrl(one) === normaliseRepositoryUrl(other),
    () => false,
  )
}
