import type { UpdateTarget } from '../../api/update-request.ts'
import { orderedTargets } from '../change/claim.ts'
import type { Trace } from './trace.ts'

/**
 * The containers that a traced slot decides, as a request names them. A manifest without a namespace lands where the
 * traced workload is.
 */
export function slotTargets(trace: Trace, namespace: string): UpdateTarget[] {
  return orderedTargets(trace.containers.map((one) => ({ ...one, namespace: one.namespace || namespace })))
}
