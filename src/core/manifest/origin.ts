import { fluxHelmLabels, fluxKustomizeLabels } from '../../api/annotation.ts'
import type { KubernetesObject } from '../../api/kubernetes.ts'
import { FairleadError } from '../../errors.ts'
import { type ArgoApplication, argoResourceId } from '../sync/argo-application.ts'
import { followedBy } from '../sync/argo-revision.ts'
import type { FluxHelmRelease, FluxKustomization, FluxSource } from '../sync/flux-object.ts'
import { argoTracking, type NominatedApplication, nominatedApplication, proveManaged } from './argocd/owner.ts'

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
  kustomizations(): Iterable<FluxKustomization>
  helmRelease(key: string): FluxHelmRelease | undefined
  source(kind: string, key: string): FluxSource | undefined
  /** All Applications of a name; one that names no namespace is in Argo CD's own, which nobody tells us. */
  applications(name: string): readonly ArgoApplication[]
  allApplications(): Iterable<ArgoApplication>
  /** The ApplicationSet as an applied object: what declares its Applications is what declares it. */
  applicationSet(key: string): Applied | undefined
  /** The project of an Application demands signed commits. */
  demandsSignatures(projectKey: string): boolean
}

/** A branch that an engine reads: where a change has to land. */
export interface GitPlace {
  /** URL as the engine has it. */
  repository: string
  /** `''` is the repository's default branch, whatever its name. */
  branch: string
}

/** The GitOps object that applied something, proved by what it lists. */
export type Owner = KustomizationOwner | HelmReleaseOwner | ApplicationOwner

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

export interface ApplicationOwner {
  kind: 'Application'
  application: ArgoApplication
  /** By position in its sources; undefined for one that is no branch of a Git repository. */
  places: readonly (GitPlace | undefined)[]
}

/** What an object says about who applied it. The namespace of an Application may be missing: `''`. */
export interface Nomination {
  kind: Owner['kind']
  namespace: string
  name: string
}

/** What a workload's labels and annotations nominate; undefined when no GitOps engine applied it. */
export function nominatedOwner(applied: Applied): Nomination | undefined {
  const nominate = (kind: Owner['kind'], keys: { name: string; namespace: string }): Nomination | undefined => {
    const [name, namespace] = [applied.labels[keys.name], applied.labels[keys.namespace]]
    return name === undefined || namespace === undefined ? undefined : { kind, namespace, name }
  }
  // A release that a Kustomization applied passes its labels on to nothing, so both at once are somebody's own doing.
  const flux = nominate('HelmRelease', fluxHelmLabels) ?? nominate('Kustomization', fluxKustomizeLabels)
  if (flux !== undefined) return flux
  const application = nominatedApplication(tracked(applied))
  return application === undefined ? undefined : { kind: 'Application', ...application }
}

/** Asked several times for every workload: what is not needed is not copied. */
function tracked({ group = 'apps', kind, namespace, name, labels, annotations = {} }: Applied) {
  return { group, kind, namespace, name, labels, annotations }
}

/** `Kind/namespace/name` of what is nominated. */
export function nominationName({ kind, namespace, name }: Nomination): string {
  return `${kind}/${namespace}/${name}`
}

/** `Kind/namespace/name` of an owner. */
export function ownerName(owner: Owner): string {
  const { kind, metadata } = ownerObject(owner)
  return `${kind}/${metadata.namespace ?? ''}/${metadata.name}`
}

/** The owner as it is served. */
export function ownerObject(owner: Owner): KubernetesObject {
  if (owner.kind === 'Kustomization') return owner.kustomization.object
  return owner.kind === 'HelmRelease' ? owner.release.object : owner.application.object
}

/**
 * Who applied an object. Labels only nominate; the owner's inventory proves. Throws a named refusal with evidence
 * otherwise. Inventory ids: `<namespace>_<name>_<group>_<kind>` (fluxcd/kustomize-controller, api/v1).
 */
export function findOwner(applied: Applied, engine: EngineObjects): Owner {
  const nominated = nominatedOwner(applied)
  const who = `${applied.kind}/${applied.namespace}/${applied.name}`
  if (nominated === undefined) throw unmarked(who)
  const { kind } = nominated
  if (kind === 'Application') return applicationOwner(applied, nominated, engine)
  const key = `${nominated.namespace}/${nominated.name}`
  const found = kind === 'Kustomization' ? engine.kustomization(key) : engine.helmRelease(key)
  const owner = nominationName(nominated)
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

function unmarked(who: string): FairleadError {
  const message = `${who}: carries no mark of a GitOps engine; fairlead only changes what an engine applies`
  return new FairleadError('NotTraced', message)
}

/** The Application that lists the object, of those that have the name. */
function applicationOwner(applied: Applied, nominated: NominatedApplication, engine: EngineObjects): ApplicationOwner {
  const object = tracked(applied)
  const named = engine
    .applications(nominated.name)
    .filter(({ namespace }) => nominated.namespace === '' || namespace === nominated.namespace)
  const listing = named.find(({ resources }) => resources.has(argoResourceId(object))) ?? named[0]
  const who = `${applied.kind}/${applied.namespace}/${applied.name}`
  // Charts set the instance label too: without an Application of that name it says nothing about Argo CD.
  if (listing === undefined && object.annotations[argoTracking.annotation] === undefined) throw unmarked(who)
  const application = proveManaged(object, nominated, listing)
  const { namespace, project } = application
  if (engine.demandsSignatures(`${namespace}/${project}`)) {
    const message = `${who}: AppProject/${namespace}/${project} demands GPG signatures (spec.signatureKeys), which fairlead cannot make`
    throw new FairleadError('SignatureRequired', message)
  }
  return { kind: 'Application', application, places: placesOf(who, application) }
}

/** `PinnedRevision` when no source is a branch. */
function placesOf(who: string, application: ArgoApplication): (GitPlace | undefined)[] {
  const pinned: string[] = []
  const places = application.sources.map((source): GitPlace | undefined => {
    const followed = followedBy(source)
    if (followed.kind === 'branch') return { repository: source.repoUrl, branch: followed.branch }
    if (followed.kind === 'default-branch') return { repository: source.repoUrl, branch: '' }
    pinned.push(`${source.repoUrl} follows ${followed.what}`)
    return undefined
  })
  if (places.some((place) => place !== undefined)) return places
  const message = `${who}: no source of Application/${application.namespace}/${application.name} follows a branch`
  throw new FairleadError('PinnedRevision', message, { evidence: pinned })
}

/** Whether what an object nominates lists it, too. */
export function lists(owner: FluxKustomization | FluxHelmRelease, applied: Applied): boolean {
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
