import { sequenceOf, type UpdateRequest, type UpdateRequestPhase } from '../../api/update-request.ts'
import type { Owner } from '../../core/manifest/origin.ts'
import type { Sync } from '../../core/sync/flux.ts'
import type { Destination } from '../../delivery/destination.ts'
import type { Explanation } from '../../delivery/explanation.ts'
import { FairleadError } from '../../errors.ts'
import type { Clock } from '../../ports.ts'
import type { Controller } from '../../runtime/loop.ts'
import { decideRequest, type RequestDecision, type RequestFacts } from './decide.ts'
import { type CarriedOut, type DeliverDeps, deliverRequest } from './deliver.ts'
import { type FollowDeps, followCommit } from './follow.ts'
import { createJournal, type JournalDeps, requestKey } from './journal.ts'
import type { Situation } from './situation.ts'
import { nextStatus, pushedCondition } from './status.ts'

export interface UpdateRequestDeps extends DeliverDeps, JournalDeps, FollowDeps {
  /** All requests for the same slot, in any phase. */
  siblings: (request: UpdateRequest) => readonly UpdateRequest[]
  /** Mode, approval and destination as the live workload and the configuration have them now. */
  situation: (request: UpdateRequest) => Promise<Situation>
  /** How the decision was reached, as far as it is still known. */
  explanation: (request: UpdateRequest) => Explanation | undefined
  /** Two different identities must approve. */
  fourEyes: boolean
  /** Only the holder of the lease carries decisions out. */
  isLeader: () => boolean
  clock: Clock
}

interface Observed {
  facts: RequestFacts
  owner: Owner | undefined
  destination: Destination | undefined
  slot: Situation['slot']
}
interface Decided extends Observed {
  decision: RequestDecision
}
type Proposed = Decided & CarriedOut
type Verified = Proposed & { sync: Sync | undefined }

/** Decision with nothing in its way → change on the branch → seen applied by the engine. */
export function createUpdateRequestController(
  deps: UpdateRequestDeps,
): Controller<Observed, Decided, Proposed, Verified> {
  const journal = createJournal(deps)
  return {
    name: 'update-request',
    async observe(key) {
      const request = journal.read(key)
      if (request === undefined || !deps.isLeader()) return undefined
      const situation = await deps.situation(request)
      const newer = deps.siblings(request).filter((one) => isOpen(one) && sequenceOf(one) > sequenceOf(request))
      const { owner, destination, slot, ...rest } = situation
      const { fourEyes, clock } = deps
      return { facts: { request, newer, now: clock.now(), fourEyes, ...rest }, owner, destination, slot }
    },
    decide: (observed) => ({ ...observed, decision: decideRequest(observed.facts) }),
    propose: async (decided) => ({ ...decided, ...(await carryOut(decided, deps)) }),
    async verify(proposed) {
      const { facts, decision, owner } = proposed
      const commit = facts.request.status?.commit
      // A fresh delivery is first written down; its status wakes us again.
      if (decision.kind !== 'follow' || commit === undefined || owner === undefined) {
        return { ...proposed, sync: undefined }
      }
      return { ...proposed, sync: await followCommit(facts.request, { commit, owner, now: facts.now }, deps) }
    },
    async report({ facts: { request, now }, decision, status, progress, delivered, retryAfterMs, sync }) {
      const explained = request.status?.verdicts === undefined ? deps.explanation(request) : undefined
      const next = nextStatus(request, { status: { ...explained, ...status }, progress, delivered, sync, now })
      if (next !== request.status && decision.kind !== 'nothing') {
        await journal.write(request, next)
        await journal.forget(deps.siblings(request))
        if (sync?.state === 'applied') observeLag(request, sync, now)
        if (next.phase !== request.status?.phase || next.message !== request.status?.message) {
          deps.log.info({ request: requestKey(request), phase: next.phase, commit: next.commit }, next.message ?? '')
        }
      }
      const requeueAfterMs = decision.kind === 'wait' ? decision.untilMs : retryAfterMs
      return requeueAfterMs === undefined ? {} : { requeueAfterMs }
    },
  }

  function observeLag(request: UpdateRequest, { engine }: Sync, now: Date) {
    const pushed = request.status?.conditions?.find((one) => one.type === pushedCondition)
    const seconds = (now.getTime() - Date.parse(pushed?.lastTransitionTime ?? '')) / 1000
    if (seconds >= 0) deps.metrics.syncLag.observe({ engine }, seconds)
  }
}

/** Does what was decided, and says what the status has to say about it. */
async function carryOut({ facts, destination, slot, decision }: Decided, deps: DeliverDeps): Promise<CarriedOut> {
  const { request, refusal } = facts
  const quiet = { delivered: undefined } as const
  switch (decision.kind) {
    case 'deliver':
      if (destination === undefined || slot === undefined) {
        throw new FairleadError('Internal', 'a delivery without a destination')
      }
      return deliverRequest(request, { destination, slot }, deps)
    case 'finish': {
      const { phase, message, reason } = decision
      return { ...quiet, status: { phase, message }, progress: { status: 'False', reason, message, degraded: false } }
    }
    case 'wait': {
      const { message, reason } = decision
      const phase = decision.phase ?? request.status?.phase ?? 'Pending'
      const degraded = refusal !== undefined
      return { ...quiet, status: { phase, message }, progress: { status: 'True', reason, message, degraded } }
    }
    case 'acknowledge': {
      const message = acknowledgement(decision.phase)
      const progress = { status: 'False', reason: decision.phase, message, degraded: false } as const
      return { ...quiet, status: { message }, progress }
    }
    default:
      return { ...quiet, status: {}, progress: undefined }
  }
}

function acknowledgement(phase: UpdateRequestPhase): string {
  if (phase === 'Rejected') return 'refused; a newer version will be offered when there is one'
  return `ended as ${phase} by somebody else; delete it to have it decided again`
}

function isOpen(request: UpdateRequest): boolean {
  const phase = request.status?.phase
  return phase === undefined || phase === 'Pending' || phase === 'Approved'
}
