import { objectKey } from '../../api/kubernetes.ts'
import { finalPhases, isRollback, sequenceOf, type UpdateRequest } from '../../api/update-request.ts'
import { carriesImage } from '../../core/change/carried-image.ts'
import { type BreakerWait, isAutomaticRollback } from '../../core/rollback/breaker.ts'
import type { Workload } from '../../core/workload/workload.ts'
import type { Proposals } from '../../delivery/proposals.ts'
import type { Clock } from '../../ports.ts'
import type { RolloutStates } from '../../runtime/rollout-states.ts'
import type { RequestFacts } from './decide.ts'
import { requestKey } from './journal.ts'
import type { Situation } from './situation.ts'

export interface FactsDeps {
  /** All requests for the same slot, in any phase. */
  siblings: (request: UpdateRequest) => readonly UpdateRequest[]
  /** Mode, approval and destination as the live workload and the configuration have them now. */
  situation: (request: UpdateRequest) => Promise<Situation>
  /** How pull requests stand. */
  proposals: Proposals
  /** Two different identities must approve. */
  fourEyes: boolean
  /** Of all rollbacks there are; only asked for one that nobody asked for. */
  breaker: (request: UpdateRequest, now: Date) => BreakerWait | undefined
  /** By `Kind/namespace/name`, as the next. */
  rollouts: Pick<RolloutStates, 'get'>
  liveWorkload: (key: string) => Workload | undefined
  clock: Clock
}

/** A request with all that its next step is decided from. */
export interface ObservedRequest extends Pick<Situation, 'owner' | 'destination' | 'slot'> {
  facts: RequestFacts
}

/** Looks at a request, its siblings and its situation. */
export async function observeRequest(request: UpdateRequest, deps: FactsDeps): Promise<ObservedRequest> {
  const { owner, destination, slot, ...rest } = await deps.situation(request)
  const newer = deps.siblings(request).filter((one) => isOpen(one) && isNewer(one, request))
  const hasHost = destination?.repository.host !== undefined
  const proposal = deps.proposals.outcome(requestKey(request))
  const { fourEyes, clock } = deps
  const now = clock.now()
  const isWaiting = isAutomaticRollback(request) && isOpen(request)
  const turn = isWaiting ? { breaker: deps.breaker(request, now), recovered: recoveredWorkload(request, deps) } : {}
  return {
    // One pair of eyes is enough for the way back.
    facts: { request, newer, now, fourEyes: fourEyes && !isRollback(request), hasHost, proposal, ...turn, ...rest },
    owner,
    destination,
    slot,
  }
}

/** What is put back does not give way to an update that waits; that is about a value which is to go. */
function isNewer(one: UpdateRequest, request: UpdateRequest): boolean {
  return sequenceOf(one) > sequenceOf(request) && (isRollback(one) || !isRollback(request))
}

/** The first of its workloads when all of them got well with what was to go; undefined while one is not, or unknown. */
function recoveredWorkload({ spec }: UpdateRequest, deps: FactsDeps): string | undefined {
  const isWell = spec.targets.every((target) => {
    const key = objectKey(target)
    const state = deps.rollouts.get(key)?.state
    const runs = deps.liveWorkload(key)?.containers.find(({ name }) => name === target.container)?.image
    const isThere = runs !== undefined && carriesImage(runs, { to: spec.change.from })
    return isThere && state?.phase === 'success' && state.liveRevision === state.revision
  })
  const [first] = spec.targets
  return isWell && first !== undefined ? objectKey(first) : undefined
}

/** It has not come to an end. */
export function isOpen({ status }: UpdateRequest): boolean {
  return status?.phase === undefined || !finalPhases.includes(status.phase)
}
