import { isDeepStrictEqual } from 'node:util'
import { type KubernetesObject, objectKey } from './api/kubernetes.ts'
import type { ImageWatch } from './controllers/image-update/watch.ts'
import type { FluxKustomization, FluxSource } from './core/sync/flux-object.ts'
import type { Stores } from './main-stores.ts'

/** Whom the engine's objects wake. */
export interface EngineWakes {
  /** What was delivered is followed: every status matters to it. */
  delivered(): void
  /** What waits for a workload or release, by `Kind/namespace/name`. */
  requestsOf(key: string): void
  /** A release failed, is tried again or is well, and these workloads name it as theirs; `Kind/namespace/name` each. */
  released(release: string, workloads: readonly string[]): void
  /** What may be traced, or to where, has changed. */
  everything(): void
}

/** What applied a workload from values that may be ahead of what runs. */
interface Composed {
  isSettled: boolean
  /** Of a release. */
  isDeployed?: boolean
  object: KubernetesObject
}

/** Wakes those who depend on the objects of Flux and Argo CD. */
export function wakeByEngine(
  stores: Stores,
  images: ImageWatch,
  { delivered, everything, released, requestsOf }: EngineWakes,
): void {
  const { engine } = stores
  engine.kustomizations.subscribe((_, before, after) => {
    delivered()
    // What it lists and where it points decides who can be traced.
    if (!isSameSpec(before?.object, after?.object) || inventorySize(before) !== inventorySize(after)) everything()
  })
  const composedMoved = (owners: readonly string[], before: Composed | undefined, after: Composed | undefined) => {
    delivered()
    // Its annotations are those of its workloads, and only a settled one tells which value decides what runs.
    const isSame =
      isSameSpec(before?.object, after?.object) &&
      before?.isSettled === after?.isSettled &&
      before?.isDeployed === after?.isDeployed &&
      isDeepStrictEqual(before?.object.metadata.annotations, after?.object.metadata.annotations)
    if (isSame) return
    for (const owned of owners.flatMap((owner) => stores.ownedBy(owner))) {
      images.changed(objectKey(owned), stores.workload(objectKey(owned)))
    }
  }
  const releaseMoved = (key: string) => {
    images.changed(key, stores.subject(key))
    requestsOf(key)
  }
  engine.helmReleases.subscribe((key, before, after) => {
    composedMoved([`HelmRelease/${key}`], before, after)
    if (!isDeepStrictEqual(before?.failure, after?.failure)) {
      const release = `HelmRelease/${key}`
      released(release, stores.ownedBy(release).map(objectKey))
    }
    if (!isSameWord(before?.object, after?.object)) releaseMoved(`HelmRelease/${key}`)
  })
  engine.applications.subscribe((key, before, after) => {
    // Workloads name an Application in Argo CD's own namespace by its name alone.
    composedMoved([`Application/${key}`, `Application/${key.replace(/^[^/]*/, '')}`], before, after)
    if (!isSameWord(before?.object, after?.object)) releaseMoved(`Application/${key}`)
    if (before?.resources.size !== after?.resources.size) everything()
    else if (!isDeepStrictEqual(before?.revisions, after?.revisions)) everything()
  })
  // Where a chart is listed may be known only now, or be another place.
  const chartsMoved = () => {
    for (const { namespace, name } of engine.helmReleases.values()) releaseMoved(`HelmRelease/${namespace}/${name}`)
  }
  engine.helmRepositories.subscribe((_, before, after) => {
    if (before?.url !== after?.url) chartsMoved()
  })
  engine.ociSources.subscribe((_, before, after) => {
    if (!isSameSpec(before?.object, after?.object)) chartsMoved()
  })
  const sourceMoved = (_: string, before: FluxSource | undefined, after: FluxSource | undefined) => {
    delivered()
    if (before?.revision !== after?.revision) everything()
  }
  engine.sources.subscribe(sourceMoved)
  engine.ociSources.subscribe(sourceMoved)
  engine.imagePolicies.subscribe(everything)
  engine.imageAutomations.subscribe(everything)
  engine.imageUpdaters.subscribe(everything)
}

/** Kinds without a status subresource count every change as a generation, so the spec itself is compared. */
function isSameSpec(before: KubernetesObject | undefined, after: KubernetesObject | undefined): boolean {
  return isDeepStrictEqual(before?.spec, after?.spec)
}

/** What people wrote is the same: the spec, and what else tells how a chart may be changed. */
function isSameWord(before: KubernetesObject | undefined, after: KubernetesObject | undefined): boolean {
  const marks = ({ metadata }: KubernetesObject) => [metadata.labels, metadata.annotations]
  return isSameSpec(before, after) && isDeepStrictEqual(before && marks(before), after && marks(after))
}

function inventorySize(owner: FluxKustomization | undefined): number | undefined {
  return owner?.inventory.size
}
