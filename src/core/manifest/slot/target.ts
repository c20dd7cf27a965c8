import type { UpdateTarget } from '../../../api/update-request.ts'
import { FairleadError } from '../../../errors.ts'
import { maxTargets, orderedTargets } from '../../change/claim.ts'
import type { Trace } from '../trace.ts'

/**
 * The containers that a traced slot decides, as a request names them. A manifest without a namespace lands where the
 * traced workload is. `NotEditable` when they are more than a request can name: those beyond would have no say.
 */
export function slotTargets(trace: Trace, namespace: string): UpdateTarget[] {
  const { containers } = trace
  if (containers.length > maxTargets) {
    const message = `${trace.file} ${trace.keyPath} decides ${containers.length} containers, and a change names at most ${maxTargets}`
    throw new FairleadError('NotEditable', `${message}; split it.`)
  }
  return orderedTargets(containers.map((one) => ({ ...one, namespace: one.namespace || namespace })))
}

/** Where the containers are that a traced slot decides, that of the traced workload included. */
export function slotNamespaces(trace: Trace, namespace: string): Set<string> {
  return new Set([namespace, ...slotTargets(trace, namespace).map((one) => one.namespace)])
}
