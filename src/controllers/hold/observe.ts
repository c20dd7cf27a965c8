import type { Mode } from '../../api/annotation.ts'
import { type ObjectKey, objectKey } from '../../api/kubernetes.ts'
import { resolveDeclaredSettings } from '../../core/image/declared-settings.ts'
import { findKeptAway, type Quarantined } from '../../core/image/quarantine.ts'
import { stricterMode } from '../../core/image/settings.ts'
import type { Applier } from '../../core/manifest/applier.ts'
import { findHoldPlace, type HoldPlace } from '../../core/manifest/hold-place.ts'
import { slotNamespaces } from '../../core/manifest/slot/target.ts'
import { matchedImage } from '../../core/manifest/trace-through.ts'
import { type RollbackDefaults, resolveRollbackByPerson } from '../../core/rollback/settings.ts'
import type { Workload } from '../../core/workload/workload.ts'
import type { QuarantineReader } from '../../delivery/choice/quarantine.ts'
import { type Destination, destinationOn } from '../../delivery/destination.ts'
import { openApplier } from '../../delivery/trace/open-applier.ts'
import { type TracedSlot, type TraceSlotsDeps, traceSlots } from '../../delivery/trace/traced-slot.ts'
import { asFairleadError, FairleadError, orRefusal } from '../../errors.ts'

export interface ObserveDeps extends TraceSlotsDeps, RollbackDefaults {
  /** By `Kind/namespace/name`. */
  liveWorkload: (key: string) => Workload | undefined
  quarantine: QuarantineReader
  /** The general kill switch. */
  suspend: boolean
}

/** A workload, its manifest, and the places in Git that decide its images. */
export interface ObservedWorkload {
  workload: Workload
  applier: Applier
  place: HoldPlace
  destination: Destination
  /** As far as they can be traced; what cannot be is not updated either. */
  slots: readonly TracedSlot[]
  /** Of every workload that is concerned. */
  namespaces: ReadonlySet<string>
  mode: Mode
}

/**
 * Undefined when there is no such workload. The refusals of `findHoldPlace` and of `openApplier`; `NothingWritten` where
 * the configuration forbids every write.
 */
export async function observeHold(key: ObjectKey, deps: ObserveDeps): Promise<ObservedWorkload | undefined> {
  const workload = deps.liveWorkload(objectKey(key))
  if (workload === undefined) return undefined
  const applier = await openApplier(workload, deps)
  const place = findHoldPlace(applier, workload)
  const slots = await traceable(workload, deps)
  const own = slots.flatMap(({ trace }) => [...slotNamespaces(trace, workload.namespace)])
  const namespaces = new Set([workload.namespace, ...own])
  const destination = destinationOn(place.branch, namespaces, deps.repositories)
  const mode = modeOf({ workload, slots, destination }, deps)
  const observed = { workload, applier, place, slots, namespaces, destination, mode }
  requireWritable(observed, deps)
  return observed
}

async function traceable(workload: Workload, deps: ObserveDeps): Promise<TracedSlot[]> {
  try {
    return await traceSlots(workload, deps)
  } catch (thrown) {
    if (asFairleadError(thrown).kind === 'terminal') return []
    throw thrown
  }
}

/** The strictest of its containers and of the repository, as for what people roll back. */
function modeOf(
  { workload, slots, destination }: Pick<ObservedWorkload, 'workload' | 'slots' | 'destination'>,
  deps: ObserveDeps,
): Mode {
  const { mode: ofRepository } = destination.repository.rules
  const own = slots.map(({ trace, containers, image }) => {
    const subject = { ...workload, container: containers[0] ?? '', image: matchedImage(trace.image, image) }
    return resolveRollbackByPerson(subject, trace.declared, deps).settings.mode
  })
  const modes = [...(own.length === 0 ? [deps.mode] : own), ...(ofRepository === undefined ? [] : [ofRepository])]
  return modes.reduce(stricterMode)
}

function requireWritable({ place, destination, mode }: ObservedWorkload, { suspend }: ObserveDeps): void {
  const isSuspended = suspend || destination.repository.rules.suspend
  if (!isSuspended && mode !== 'observe') return
  const why = isSuspended ? 'suspend is set' : 'mode is observe'
  const message = `${why}, so fairlead writes nothing to ${destination.repository.url}`
  throw new FairleadError('NothingWritten', `${message}; edit ${place.file}:${place.line} yourself.`)
}

/** A slot of a workload and the versions that its history keeps away from it, newest first. */
export interface QuarantinedSlot {
  slot: TracedSlot
  versions: readonly Quarantined[]
}

/** The slots from which something is kept away now. Rejects while their history cannot be read. */
export async function quarantinedSlots(
  { workload, slots }: Pick<ObservedWorkload, 'workload' | 'slots'>,
  deps: ObserveDeps,
): Promise<QuarantinedSlot[]> {
  const found: QuarantinedSlot[] = []
  for (const slot of slots) {
    const { trace, destination, containers, image } = slot
    const subject = { ...workload, container: containers[0] ?? '', image: matchedImage(trace.image, image) }
    // With a policy that cannot be read nothing is chosen, and nothing kept away.
    const settings = orRefusal(
      () => resolveDeclaredSettings(subject, trace.declared, deps.rules, deps.mode),
      () => undefined,
    )
    if (settings === undefined) continue
    const question = { trace, settings, destination, namespace: workload.namespace }
    const versions = findKeptAway(await deps.quarantine(question, {}), trace.image, settings.policy)
    if (versions.length > 0) found.push({ slot, versions })
  }
  return found
}
