import { objectKey } from '../../api/kubernetes.ts'
import type { UpdateTarget } from '../../api/update-request.ts'
import type { FairleadError } from '../../errors.ts'

/** Nobody can tell how far an engine has come with a commit, for there is nothing to ask any more. */
export interface LostSight {
  state: 'unknown'
  /** `WorkloadGone`, or the code of the refusal. */
  reason: string
  message: string
}

/** No container is left that the commit could change; when it comes back, it is followed again. */
export const workloadGone = 'WorkloadGone'

/**
 * Why a commit cannot be followed: no workload of its targets is there (`isLive` by `Kind/namespace/name`) or has its
 * container any more, or `refusal` says why whoever deploys them is not known, e.g. because its Kustomization or
 * Application was deleted.
 */
export function lostSight(
  targets: readonly UpdateTarget[],
  { isLive, refusal }: { isLive: (workload: string) => boolean; refusal: FairleadError | undefined },
): LostSight {
  if (refusal !== undefined) return { state: 'unknown', reason: refusal.code, message: refusal.message }
  const words = targets.map((target) => {
    const workload = objectKey(target)
    return isLive(workload) ? `${workload} has lost container ${target.container}` : `${workload} is gone`
  })
  return { state: 'unknown', reason: workloadGone, message: [...new Set(words)].join('; ') }
}
