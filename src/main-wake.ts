import { isDeepStrictEqual } from 'node:util'
import { objectKey } from './api/kubernetes.ts'
import { finalPhases, type UpdateRequest } from './api/update-request.ts'
import type { ImageWatch } from './controllers/image-update/watch.ts'
import { isApplied } from './controllers/update-request/decide.ts'
import type { FluxHelmRelease, FluxKustomization, FluxSource } from './core/sync/flux-object.ts'
import { keyOfWorkload, type Stores, siblingsOf } from './main-stores.ts'
import type { Leader } from './runtime/leader.ts'
import type { WorkQueue } from './runtime/queue.ts'

/** How long a superseded decision rests before it is looked at again. */
const decideAgainMs = 250

type OwnerFacts = FluxKustomization | FluxHelmRelease

/** One queue per controller. */
export type Queues = Record<'workload' | 'image-update' | 'update-request', WorkQueue>

/** What wakes whom. A store calls only for objects that really changed. */
export function wake({ stores, leader }: { stores: Stores; leader: Leader }, queues: Queues, images: ImageWatch): void {
  const wakeUnsettled = (requests: Iterable<UpdateRequest>) => {
    for (const request of requests) {
      if (isUnsettled(request)) queues['update-request'].add(`${request.metadata.namespace}/${request.metadata.name}`)
    }
  }
  const wakeAllUnsettled = () => wakeUnsettled(stores.requests.values())
  for (const store of stores.workloads) {
    store.subscribe((_, before, after) => {
      const key = keyOfWorkload(before, after)
      queues.workload.add(key)
      images.changed(key, after === undefined ? undefined : stores.workload(key))
      wakeUnsettled(stores.requests.byIndex('workload', key))
    })
  }
  stores.requests.subscribe((key, before, after) => {
    queues['update-request'].add(key)
    // An older one for the same slot gives way.
    if (before === undefined && after !== undefined) wakeUnsettled(siblingsOf(after, stores))
    if (after?.status?.phase !== 'Superseded' || before?.status?.phase === 'Superseded') return
    // Not at once: should two parts of us disagree about it, they must not keep each other busy.
    for (const target of after.spec.targets) images.wake(objectKey(target), decideAgainMs)
  })
  // Every status of the engine matters to what was delivered; what still waits looks at Git, and that is slower.
  const wakeDelivered = () => {
    wakeUnsettled([...stores.requests.values()].filter(({ status }) => status?.phase === 'Completed'))
  }
  const ownerMoved = (_: string, before: OwnerFacts | undefined, after: OwnerFacts | undefined) => {
    wakeDelivered()
    // What it lists and where it points decides who can be traced.
    const isSame = before?.object.metadata.generation === after?.object.metadata.generation
    if (isSame && before?.inventory.size === after?.inventory.size) return
    images.wakeAll()
    wakeAllUnsettled()
  }
  stores.kustomizations.subscribe(ownerMoved)
  stores.helmReleases.subscribe((key, before, after) => {
    ownerMoved(key, before, after)
    // Its annotations are those of its workloads.
    if (isDeepStrictEqual(before?.object.metadata.annotations, after?.object.metadata.annotations)) return
    for (const owned of stores.ownedBy(`HelmRelease/${key}`)) {
      images.changed(objectKey(owned), stores.workload(objectKey(owned)))
    }
  })
  const sourceMoved = (_: string, before: FluxSource | undefined, after: FluxSource | undefined) => {
    wakeDelivered()
    if (before?.revision === after?.revision) return
    images.wakeAll()
    wakeAllUnsettled()
  }
  stores.sources.subscribe(sourceMoved)
  stores.ociSources.subscribe(sourceMoved)
  const imagesMoved = () => {
    images.wakeAll()
    wakeAllUnsettled()
  }
  stores.imagePolicies.subscribe(imagesMoved)
  stores.imageAutomations.subscribe(imagesMoved)
  leader.onChange((leading) => {
    if (leading) imagesMoved()
  })
}

function isUnsettled(request: UpdateRequest): boolean {
  const phase = request.status?.phase
  return phase === undefined || !finalPhases.includes(phase) || (phase === 'Completed' && !isApplied(request))
}
