import { objectKey } from '../../api/kubernetes.ts'
import type { UpdateRequest } from '../../api/update-request.ts'
import { slotNamespaces, slotTargets } from '../../core/manifest/slot/target.ts'
import type { LiveContainer } from '../../core/manifest/trace.ts'
import { type AppliedTrace, traceThrough } from '../../core/manifest/trace-through.ts'
import type { UpdateSubject } from '../../core/manifest/update-subject.ts'
import type { Workload } from '../../core/workload/workload.ts'
import { asFairleadError, type FairleadError } from '../../errors.ts'
import { type Destination, destinationOn } from '../destination.ts'
import { type OpenApplierDeps, openApplier } from './open-applier.ts'
import { slotId, slotSiblings } from './slot-id.ts'

export interface TraceSlotsDeps extends OpenApplierDeps {
  /** Live containers of workloads that belong to the same release or Application. */
  alongside: (workload: UpdateSubject) => readonly LiveContainer[]
  requests: {
    /** For a slot, by `siblingKey`. */
    siblings(key: string): readonly UpdateRequest[]
  }
}

/** One place in Git that decides images of a workload, or the chart of a release, and where it lies. */
export interface TracedSlot<Of extends UpdateSubject = Workload> {
  workload: Of
  /** Of this workload; the first is the one it was traced for. */
  containers: readonly string[]
  /** As that one runs it. */
  image: string
  trace: AppliedTrace
  destination: Destination
  /** Requests for it that are known. */
  siblings: readonly UpdateRequest[]
}

/**
 * The places that decide the images of a workload, or the one of a release's chart, as Git has them now. A container that cannot be traced is left out; when
 * none can, the first refusal is thrown.
 */
export async function traceSlots<Of extends UpdateSubject>(
  workload: Of,
  deps: TraceSlotsDeps,
): Promise<TracedSlot<Of>[]> {
  const slots = new Map<string, TracedSlot<Of>>()
  const chart = workload.chart === undefined ? {} : { chart: true as const }
  let refusal: FairleadError | undefined
  for (const { name: container, image } of workload.containers) {
    try {
      const { kind, namespace, name } = workload
      const query = { kind, namespace, name, container, image, alongside: deps.alongside(workload), ...chart }
      const trace = traceThrough(await openApplier(workload, deps), query)
      const destination = destinationOn(trace.branch, slotNamespaces(trace, namespace), deps.repositories)
      const siblings = deps.requests.siblings(slotSiblings(namespace, { destination, trace }))
      const others = slotTargets(trace, namespace).filter((target) => objectKey(target) === objectKey(workload))
      const containers = [...new Set([container, ...others.map((target) => target.container)])]
      const id = slotId({ destination, trace })
      if (!slots.has(id)) slots.set(id, { workload, containers, image, trace, destination, siblings })
    } catch (thrown) {
      const error = asFairleadError(thrown)
      if (error.kind !== 'terminal') throw error
      refusal ??= error
    }
  }
  if (slots.size === 0 && refusal !== undefined) throw refusal
  return [...slots.values()]
}
