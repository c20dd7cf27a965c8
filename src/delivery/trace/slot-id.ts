import { siblingKey } from '../../core/change/claim.ts'
import { targetId } from '../../core/change/identity.ts'
import { slotTargets } from '../../core/manifest/slot/target.ts'
import type { Trace } from '../../core/manifest/trace.ts'
import type { Destination } from '../destination.ts'

/** Id of the slot that a trace found. */
export function slotId({ destination, trace }: { destination: Destination; trace: Trace }): string {
  return targetId({
    repository: destination.repository.url,
    branch: destination.branch,
    file: trace.file,
    keyPath: trace.keyPath,
  })
}

/** Key under which the requests for a traced slot are found. `namespace` is that of the traced workload. */
export function slotSiblings(namespace: string, slot: { destination: Destination; trace: Trace }): string {
  const [first] = slotTargets(slot.trace, namespace)
  return siblingKey(first?.namespace ?? namespace, slotId(slot))
}
