import { objectKey } from '../../api/kubernetes.ts'
import type { LastGood, UpdateRequest, UpdateRequestStatus, WorkloadRollout } from '../../api/update-request.ts'
import { sequenceOf } from '../../api/update-request.ts'
import { decideRollouts } from '../../core/change/outcome.ts'
import { decideFailedRelease } from '../../core/change/release-outcome.ts'
import { isApplied } from '../../core/change/rolled-out.ts'
import type { Owner } from '../../core/manifest/origin.ts'
import type { Sync } from '../../core/sync/flux.ts'
import { decideHelmSync } from '../../core/sync/helm.ts'
import type { Workload } from '../../core/workload/workload.ts'
import type { RolloutStates } from '../../runtime/rollout-states.ts'

export interface OutcomeDeps {
  /** By `Kind/namespace/name`. */
  liveWorkload: (key: string) => Workload | undefined
  rollouts: Pick<RolloutStates, 'get'>
  /** All requests for the same slot, in any phase. */
  siblings: (request: UpdateRequest) => readonly UpdateRequest[]
}

/** How the live workloads of a request stand; undefined before the engine has applied its commit. */
export function followRollouts(request: UpdateRequest, now: Date, deps: OutcomeDeps): WorkloadRollout[] | undefined {
  if (!isApplied(request)) return undefined
  const younger = deps.siblings(request).filter((one) => sequenceOf(one) > sequenceOf(request))
  return decideRollouts({
    request,
    now,
    isReplaced: younger.some(isApplied),
    live: (key) => ({ workload: deps.liveWorkload(key), state: deps.rollouts.get(key)?.state }),
  })
}

/**
 * How they stand when the engine could not apply the commit: they have failed with the release that holds it, where that is
 * why. `sync` is what was said about the objects as `owner` had them.
 */
export function failedRollouts(
  request: UpdateRequest,
  { sync, owner, now }: { sync: Sync; owner: Owner; now: Date },
  { rollouts }: Pick<OutcomeDeps, 'rollouts'>,
): WorkloadRollout[] | undefined {
  if (sync.state !== 'failed' || owner.kind !== 'HelmRelease' || owner.release.failure === undefined) return undefined
  // It may as well have failed before the commit came to the release; then that is what was said.
  const own = decideHelmSync(owner.release.object, { ...sync, state: 'applied' }, now)
  if (own.message !== sync.message) return undefined
  return decideFailedRelease(request, owner.release.failure, (workload) => rollouts.get(workload)?.state)
}

/** The templates of its workloads that ran well last, to be noted when it is delivered: what a rollback leads back to. */
export function lastGoodOf(
  { spec, status }: UpdateRequest,
  { rollouts }: Pick<OutcomeDeps, 'rollouts'>,
): Pick<UpdateRequestStatus, 'lastGood'> {
  if (status?.lastGood !== undefined) return {}
  const lastGood = [...new Set(spec.targets.map(objectKey))].flatMap((workload): LastGood[] => {
    const revision = rollouts.get(workload)?.state.succeededRevision
    return revision === undefined ? [] : [{ workload, revision }]
  })
  return lastGood.length === 0 ? {} : { lastGood }
}
