import type { UpdateRequest, UpdateRequestPhase, WorkloadRollout } from '../../api/update-request.ts'
import { isApproved } from '../../core/change/approval.ts'
import { supersedeRollouts } from '../../core/change/outcome.ts'
import { lateRefreshMs } from '../../core/sync/argo-refresh.ts'
import type { Sync } from '../../core/sync/flux.ts'
import { type LostSight, lostSight } from '../../core/sync/lost-sight.ts'
import type { Explanation } from '../../delivery/choice/explanation.ts'
import { FairleadError } from '../../errors.ts'
import type { BranchMove } from '../../ports-engine.ts'
import type { Controller } from '../../runtime/loop.ts'
import { decideRequest, type RequestDecision, type RequestFacts } from './decide.ts'
import { type CarriedOut, type DeliverDeps, deliverRequest } from './deliver.ts'
import { type FactsDeps, type ObservedRequest, observeRequest } from './facts.ts'
import { type FollowDeps, followCommit } from './follow.ts'
import { placeOf } from './group.ts'
import { createJournal, type JournalDeps, requestKey } from './journal.ts'
import { observeLeadTimes } from './lead-time.ts'
import { failedRollouts, followRollouts, lastGoodOf, type OutcomeDeps } from './outcome.ts'
import { concludeProposal, showProposal } from './propose.ts'
import { nextStatus, pushedCondition } from './status.ts'

export interface UpdateRequestDeps extends DeliverDeps, JournalDeps, FollowDeps, FactsDeps, OutcomeDeps {
  /** How the decision was reached, as far as it is still known. */
  explanation: (request: UpdateRequest) => Explanation | undefined
  /** Only the holder of the lease carries decisions out. */
  isLeader: () => boolean
  /** Told of merges; those who push tell themselves. */
  moved: (move: BranchMove) => void
}

interface Decided extends ObservedRequest {
  decision: RequestDecision
}
type Proposed = Decided & CarriedOut
type Verified = Proposed & { sync: Sync | LostSight | undefined; rollouts: readonly WorkloadRollout[] | undefined }

/** Decision with nothing in its way → change on the branch → seen applied by the engine. */
export function createUpdateRequestController(
  deps: UpdateRequestDeps,
): Controller<ObservedRequest, Decided, Proposed, Verified> {
  const journal = createJournal(deps)
  return {
    name: 'update-request',
    async observe(key) {
      const request = journal.read(key)
      if (request === undefined) deps.proposals.leave(key)
      if (request === undefined || !deps.isLeader()) return undefined
      return observeRequest(request, deps)
    },
    decide: (observed) => ({ ...observed, decision: decideRequest(observed.facts) }),
    propose: async (decided) => ({ ...decided, ...(await carryOut(decided, deps)) }),
    async verify(proposed) {
      const { facts, decision, owner } = proposed
      const commit = facts.request.status?.commit
      // A fresh delivery is first written down; its status wakes us again. So it is with what was just applied.
      if (decision.kind !== 'follow') return { ...proposed, sync: undefined, rollouts: undefined }
      const rollouts = followRollouts(facts.request, facts.now, deps)
      const isWaiting = rollouts?.some(({ phase }) => phase === 'waiting') ?? true
      if (!isWaiting || commit === undefined) return { ...proposed, sync: undefined, rollouts }
      if (owner === undefined) return { ...proposed, sync: rollouts === undefined ? lost(facts) : undefined, rollouts }
      const sync = await followCommit(facts.request, { commit, owner, now: facts.now }, deps)
      const failed = failedRollouts(facts.request, { sync, owner, now: facts.now }, deps)
      // What was applied stays so; what takes its place before it runs ends it.
      const shown = rollouts === undefined ? sync : undefined
      if (sync.state !== 'superseded') return { ...proposed, sync: shown, rollouts: rollouts ?? failed }
      return { ...proposed, sync: shown, rollouts: supersedeRollouts(facts.request, sync.message, facts.now) }
    },
    async report({ facts, decision, status, progress, delivered, retryAfterMs, sync, rollouts }) {
      const { request, now } = facts
      const next = nextStatus(request, {
        status: { ...remembered(request, delivered), ...status },
        progress,
        delivered,
        sync,
        rollouts,
        now,
      })
      if (next !== request.status && decision.kind !== 'nothing') {
        await journal.write(request, next)
        await journal.forget(deps.siblings(request), now)
        if (delivered === 'Merged') {
          deps.metrics.updates.inc({ result: 'merged' })
          tellMerge(request, next.commit)
        }
        if (sync?.state === 'applied') observeLag(request, sync, now)
        await observeLeadTimes(request, { ...request, status: next }, deps)
        if (next.phase !== request.status?.phase || next.message !== request.status?.message) {
          deps.log.info({ request: requestKey(request), phase: next.phase, commit: next.commit }, next.message ?? '')
        }
      }
      tellStanding(decision, facts)
      const requeueAfterMs = decision.kind === 'wait' ? decision.untilMs : (retryAfterMs ?? lateMs(sync))
      return requeueAfterMs === undefined ? {} : { requeueAfterMs }
    },
  }

  function lost({ request, refusal }: RequestFacts): LostSight {
    return lostSight(request.spec.targets, { isLive: (key) => deps.liveWorkload(key) !== undefined, refusal })
  }

  /** What is known now and would be lost later. */
  function remembered(request: UpdateRequest, delivered: CarriedOut['delivered']) {
    const explained = request.status?.verdicts === undefined ? deps.explanation(request) : undefined
    return { ...explained, ...(delivered === undefined ? {} : lastGoodOf(request, deps)) }
  }

  /** A pull request looks again when something changes about one of its requests. */
  function tellStanding({ kind }: RequestDecision, facts: RequestFacts) {
    const { request, hasHost, requireApproval, window, suspended, hold } = facts
    const key = requestKey(request)
    if (kind === 'nothing' || kind === 'follow') deps.proposals.leave(key)
    if (!hasHost || (kind !== 'propose' && kind !== 'wait')) return
    const standing = [kind, isApproved(request, facts.fourEyes), requireApproval, window.isOpen, suspended, hold]
    deps.proposals.stand(key, placeOf(request, deps), JSON.stringify(standing))
  }

  function tellMerge({ spec: { change } }: UpdateRequest, after: string | undefined) {
    const { repository, branch } = change
    if (after !== undefined) deps.moved({ repository, branch, before: '', after, files: [] })
  }

  function observeLag(request: UpdateRequest, { engine }: Sync, now: Date) {
    const pushed = request.status?.conditions?.find((one) => one.type === pushedCondition)
    const seconds = (now.getTime() - Date.parse(pushed?.lastTransitionTime ?? '')) / 1000
    if (seconds >= 0) deps.metrics.syncLag.observe({ engine }, seconds)
  }
}

/** That an engine does not look wakes nobody. */
function lateMs(sync: Sync | LostSight | undefined): number | undefined {
  return sync?.reason === 'NotFetched' ? lateRefreshMs : undefined
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
    case 'propose':
      return showProposal(request, decision.proposal)
    case 'conclude':
      return concludeProposal(request, decision.proposal)
    case 'finish': {
      const { phase, message, reason } = decision
      return { ...quiet, status: { phase, message }, progress: { status: 'False', reason, message, degraded: false } }
    }
    case 'wait': {
      const { message, reason } = decision
      const phase = decision.phase ?? request.status?.phase ?? 'Pending'
      const degraded = refusal !== undefined || decision.degraded === true
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
