import { FairleadError } from '../../errors.ts'
import type { Build, BuildSource } from './kustomize/build.ts'
import { allSources, likelySources, writtenName } from './kustomize/name-index.ts'
import { objectLayers } from './kustomize/object-layer.ts'
import { groupVersionOf } from './kustomize/patched-object.ts'
import type { Snapshot } from './snapshot.ts'
import { objectsOf } from './workload-manifest.ts'
import type { Merged } from './yaml/merged.ts'
import { enter, enterAll, type Place, textOf, whereIs } from './yaml/place.ts'
import { readYaml } from './yaml/source.ts'

/** Live identity of an object; `namespace` `''` when it is not known. */
export interface ObjectIdentity {
  /** API group, e.g. `helm.toolkit.fluxcd.io`. */
  group: string
  kind: string
  namespace: string
  name: string
}

/** An object that a root declares: its manifest, and what it is after all patches. */
export interface DeclaredObject {
  manifest: Place
  source: BuildSource
  merged: Merged
}

/**
 * The one manifest from which a root deploys an object of a custom kind (a HelmRelease, an Application, a Flux
 * Kustomization, a ConfigMap). `targetNamespace` is what the engine forces on everything. `NotTraced` when there is none,
 * `Ambiguous` when several fit; or the refusal of a file that names it and cannot be read.
 */
export function findDeclared(
  snapshot: Snapshot,
  build: Build,
  identity: ObjectIdentity,
  targetNamespace?: string,
): DeclaredObject {
  const search = (sources: readonly BuildSource[]) => searchIn(snapshot, sources, identity, targetNamespace)
  const likely = search(likelySources(snapshot, build, identity.name))
  const { found, problems } = likely.found.length > 0 ? likely : search(allSources(snapshot, build, identity.name))
  const [only, second] = found
  if (only !== undefined && second === undefined) return only
  const text = `${identity.kind} ${identity.namespace === '' ? '' : `${identity.namespace}/`}${identity.name}`
  const root = build.root === '' ? 'the root of the repository' : build.root
  if (second !== undefined) {
    const evidence = found.map(({ manifest }) => whereIs(manifest))
    throw new FairleadError('Ambiguous', `${text} is declared ${found.length} times under ${root}.`, { evidence })
  }
  const [problem] = problems
  if (problem !== undefined) throw problem
  const evidence = [...build.unfollowed, ...build.generated].slice(0, 20)
  throw new FairleadError('NotTraced', `${text} is not declared under ${root}.`, { evidence })
}

/** What was found, and the refusals of files that name it and cannot be read. */
interface Search {
  found: DeclaredObject[]
  problems: FairleadError[]
}

function searchIn(
  snapshot: Snapshot,
  sources: readonly BuildSource[],
  identity: ObjectIdentity,
  targetNamespace: string | undefined,
): Search {
  const result: Search = { found: [], problems: [] }
  for (const source of sources) {
    try {
      result.found.push(...declaredIn(snapshot, source, identity, targetNamespace))
    } catch (thrown) {
      if (!(thrown instanceof FairleadError)) throw thrown
      result.problems.push(thrown)
    }
  }
  return result
}

function declaredIn(
  snapshot: Snapshot,
  source: BuildSource,
  { group, kind, namespace, name }: ObjectIdentity,
  targetNamespace: string | undefined,
): DeclaredObject[] {
  const text = snapshot.text(source.file)
  const written = writtenName(source, name)
  if (text === undefined || written === undefined) return []
  return objectsOf(readYaml(source.file, text)).flatMap((manifest): DeclaredObject[] => {
    if (
      textOf(enter(manifest, 'kind')) !== kind ||
      groupVersionOf(textOf(enter(manifest, 'apiVersion')) ?? '').group !== group
    )
      return []
    if (textOf(enterAll(manifest, 'metadata', 'name')) !== written) return []
    const own = textOf(enterAll(manifest, 'metadata', 'namespace')) ?? ''
    const layered = source.layers.findLast((layer) => layer.namespace !== '')?.namespace ?? own
    const lands = targetNamespace ?? layered
    // Without a namespace anywhere it lands where its applier says, which is not known here.
    if (namespace !== '' && lands !== '' && lands !== namespace) return []
    const { version } = groupVersionOf(textOf(enter(manifest, 'apiVersion')) ?? '')
    const object = { group, version, kind, ids: [{ name: written, namespace: own }] }
    return [{ manifest, source, merged: objectLayers(snapshot, source, manifest, object) }]
  })
}
