import { fluxHelmLabels, fluxKustomizeLabels } from '../../api/annotation.ts'
import { FairleadError } from '../../errors.ts'
import type { FluxHelmRelease, FluxKustomization, FluxSource } from '../sync/flux-object.ts'

/** An object in the cluster, as far as its origin matters. */
export interface Applied {
  /** API group; a workload's is `apps`. */
  group?: string
  kind: string
  namespace: string
  name: string
  labels: Readonly<Record<string, string>>
  annotations?: Readonly<Record<string, string>>
}

/** The objects of the GitOps engines as they are now, by `namespace/name`. */
export interface EngineObjects {
  kustomization(key: string): FluxKustomization | undefined
  helmRelease(key: string): FluxHelmRelease | undefined
  source(kind: string, key: string): FluxSource | undefined
}

/** A branch that an engine reads: where a change has to land. */
export interface GitPlace {
  /** URL as the engine has it. */
  repository: string
  branch: string
}

/** The GitOps object that applied something, proved by what it lists. */
export type Owner = KustomizationOwner | HelmReleaseOwner

export interface KustomizationOwner {
  kind: 'Kustomization'
  kustomization: FluxKustomization
  source: FluxSource
  place: GitPlace
}

export interface HelmReleaseOwner {
  kind: 'HelmRelease'
  release: FluxHelmRelease
  /** Of a chart that lies in Git, on a branch. */
  chart: { source: FluxSource; place: GitPlace; path: string } | undefined
}

/** What a workload's labels nominate; undefined when no GitOps engine applied it. */
export function nominatedOwner({ labels }: Pick<Applied, 'labels'>): { kind: Owner['kind']; key: string } | undefined {
  const nominate = (kind: Owner['kind'], keys: { name: string; namespace: string }) => {
    const [name, namespace] = [labels[keys.name], labels[keys.namespace]]
    return name === undefined || namespace === undefined ? undefined : { kind, key: `${namespace}/${name}` }
  }
  // A release that a Kustomization applied passes its labels on to nothing, so both at once are somebody's own doing.
  return nominate('HelmRelease', fluxHelmLabels) ?? nominate('Kustomization', fluxKustomizeLabels)
}

/** `Kind/namespace/name` of an owner. */
export function ownerName(owner: Owner): string {
  const { namespace, name } = owner.kind === 'Kustomization' ? owner.kustomization : owner.release
  return `${owner.kind}/${namespace}/${name}`
}

/**
 * Who applied an object. Labels only nominate; the owner's inventory proves. Throws a named refusal with evidence
 * otherwise. Inventory ids: `<namespace>_<name>_<group>_<kind>` (fluxcd/kustomize-controller, api/v1).
 */
export function findOwner(applied: Applied, engine: EngineObjects): Owner {
  const nominated = nominatedOwner(applied)
  const who = `${applied.kind}/${applied.namespace}/${applied.name}`
  if (nominated === undefined) {
    const message = `${who}: carries no label of a GitOps engine; fairlead only changes what an engine applies`
    throw new FairleadError('NotTraced', message)
  }
  const { kind, key } = nominated
  const found = kind === 'Kustomization' ? engine.kustomization(key) : engine.helmRelease(key)
  const owner = `${kind}/${key}`
  if (found === undefined) {
    throw new FairleadError('OwnerElsewhere', `${who}: its labels name ${owner}, which cannot be read here`)
  }
  if (found.hasKubeConfig) {
    throw new FairleadError('OwnerElsewhere', `${who}: ${owner} applies to another cluster (spec.kubeConfig)`)
  }
  if (!lists(found, applied)) {
    if (!found.isSettled) {
      throw new FairleadError('OwnerNotReady', `${who}: ${owner} is still applying; its inventory does not list it yet`)
    }
    const evidence = [`${owner} status.inventory has ${found.inventory.size} entries, not this one`]
    throw new FairleadError('NotOwned', `${who}: ${owner} does not list it in its inventory`, { evidence })
  }
  return 'release' in found ? releaseOwner(who, found, engine) : kustomizationOwner(who, found, engine)
}

function lists(owner: FluxKustomization | FluxHelmRelease, applied: Applied): boolean {
  const { group = 'apps', kind, namespace, name, annotations = {} } = applied
  if (owner.inventory.has(`${namespace}_${name}_${group}_${kind}`)) return true
  if (!('release' in owner) || owner.inventory.size > 0) return false
  // An older helm-controller keeps no inventory; Helm itself marks what belongs to a release.
  const [release, home] = [annotations['meta.helm.sh/release-name'], annotations['meta.helm.sh/release-namespace']]
  return release === owner.release.name && home === owner.release.namespace
}

function kustomizationOwner(who: string, kustomization: FluxKustomization, engine: EngineObjects): KustomizationOwner {
  const { kind, namespace, name } = kustomization.sourceRef
  const source = engine.source(kind, `${namespace}/${name}`)
  return { kind: 'Kustomization', kustomization, ...branchOf(who, kustomization.sourceRef, source) }
}

function releaseOwner(who: string, release: FluxHelmRelease, engine: EngineObjects): HelmReleaseOwner {
  if (release.chart === undefined) return { kind: 'HelmRelease', release, chart: undefined }
  const { path, sourceRef } = release.chart
  const source = engine.source(sourceRef.kind, `${sourceRef.namespace}/${sourceRef.name}`)
  return { kind: 'HelmRelease', release, chart: { path, ...branchOf(who, sourceRef, source) } }
}

function branchOf(
  who: string,
  { kind, namespace, name }: FluxKustomization['sourceRef'],
  source: FluxSource | undefined,
): { source: FluxSource; place: GitPlace } {
  const reference = `${kind}/${namespace}/${name}`
  if (kind !== 'GitRepository' && kind !== 'OCIRepository') {
    throw new FairleadError('PinnedRevision', `${who}: its source ${reference} is no branch of a Git repository`)
  }
  if (source === undefined)
    throw new FairleadError('OwnerElsewhere', `${who}: its source ${reference} cannot be read here`)
  if (source.branch === undefined) {
    throw new FairleadError('PinnedRevision', `${who}: ${reference} follows ${source.pinned}, not a branch`)
  }
  if (source.verifiesSignatures) {
    throw new FairleadError('SignatureRequired', `${who}: ${reference} verifies signatures (spec.verify); not met yet`)
  }
  return { source, place: { repository: source.url, branch: source.branch } }
}
