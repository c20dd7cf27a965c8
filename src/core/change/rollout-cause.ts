import type { UpdateRequest } from '../../api/update-request.ts'
import type { Workload } from '../workload/workload.ts'
import { carrierOf } from './carrier.ts'
import { requestId } from './claim.ts'

/** The change in Git that brought what a workload runs. */
export interface RolloutCause {
  commit: string
  /** Its `Fairlead-Id`. */
  changeId: string
}

/** Undefined when none of these requests brought it: then somebody else changed it, and nobody knows by which commit. */
export function rolloutCause(workload: Workload, requests: readonly UpdateRequest[]): RolloutCause | undefined {
  const request = carrierOf(workload, requests)
  const commit = request?.status?.commit
  return request === undefined || commit === undefined ? undefined : { commit, changeId: requestId(request) }
}
