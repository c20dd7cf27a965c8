import { finalPhases, sequenceOf, type UpdateRequest } from '../../api/update-request.ts'
import type { Proposals } from '../../delivery/proposals.ts'
import type { Clock } from '../../ports.ts'
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
  clock: Clock
}

/** A request with all that its next step is decided from. */
export interface ObservedRequest extends Pick<Situation, 'owner' | 'destination' | 'slot'> {
  facts: RequestFacts
}

/** Looks at a request, its siblings and its situation. */
export async function observeRequest(request: UpdateRequest, deps: FactsDeps): Promise<ObservedRequest> {
  const { owner, destination, slot, ...rest } = await deps.situation(request)
  const newer = deps.siblings(request).filter((one) => isOpen(one) && sequenceOf(one) > sequenceOf(request))
  const hasHost = destination?.repository.host !== undefined
  const proposal = deps.proposals.outcome(requestKey(request))
  const { fourEyes, clock } = deps
  return {
    facts: { request, newer, now: clock.now(), fourEyes, hasHost, proposal, ...rest },
    owner,
    destination,
    slot,
  }
}

/** It has not come to an end. */
export function isOpen({ status }: UpdateRequest): boolean {
  return status?.phase === undefined || !finalPhases.includes(status.phase)
}
