import { rfc3339 } from '../../api/condition.ts'
import { objectKey } from '../../api/kubernetes.ts'
import type { UpdateRequest, WorkloadRollout } from '../../api/update-request.ts'
import type { ReleaseFailure } from '../sync/helm-failure.ts'
import { unknownCause } from '../workload/rollout-cause.ts'
import type { RolloutState } from '../workload/rollout-state.ts'
import { pushedAtMs } from './carrier.ts'
import { isFinalRollout } from './outcome.ts'
import { sanitiseLine } from './text.ts'

/**
 * What became of a change whose release Helm could not make: it has failed in every workload of its targets, for they
 * belong to that release. Undefined for a failure of an attempt before the commit was on the branch. What was final stays
 * as it was. Pure.
 */
export function decideFailedRelease(
  request: UpdateRequest,
  failure: ReleaseFailure,
  stateOf: (workload: string) => RolloutState | undefined,
): WorkloadRollout[] | undefined {
  const pushedMs = pushedAtMs(request)
  const failedMs = failure.failedMs ?? failure.beganMs
  if (pushedMs === undefined || failedMs < pushedMs) return undefined
  const before = new Map((request.status?.rollouts ?? []).map((one) => [one.workload, one]))
  const finishedAt = rfc3339(new Date(failedMs))
  return [...new Set(request.spec.targets.map(objectKey))].map((workload): WorkloadRollout => {
    const known = before.get(workload)
    if (known !== undefined && isFinalRollout(known)) return known
    // Its pods may have said more, and there is not room for everything.
    const cause = stateOf(workload)?.cause ?? unknownCause
    const reason = cause === unknownCause ? failure.reason : `${failure.reason} (${cause})`
    const message = sanitiseLine(`${reason}: ${failure.message}`)
    return { workload, phase: 'failed', message, finishedAt }
  })
}
