import { resources } from '../../api/kubernetes.ts'
import {
  sequenceOf,
  type UpdateRequest,
  type UpdateRequestPhase,
  type UpdateRequestStatus,
} from '../../api/update-request.ts'
import type { Ancestry } from '../../core/sync/ancestry.ts'
import { decideSync, fluxRevisions, type Sync } from '../../core/sync/flux.ts'
import type { Destination } from '../../delivery/destination.ts'
import type { Explanation } from '../../delivery/explanation.ts'
import { asFairleadError, FairleadError } from '../../errors.ts'
import type { Clock, EventRecorder, Log, OwnObjects } from '../../ports.ts'
import type { Controller } from '../../runtime/loop.ts'
import type { Metrics } from '../../runtime/metrics.ts'
import { decideRequest, type RequestDecision, type RequestFacts } from './decide.ts'
import { planRequest, requestId } from './plan.ts'
import { outdatedRequests } from './retention.ts'
import type { Situation } from './situation.ts'
import { nextStatus, type Progress, type StatusFacts, waitingForEngine } from './status.ts'

export interface UpdateRequestDeps {
  request: (key: string) => UpdateRequest | undefined
  /** All requests for the same slot, in any phase. */
  siblings: (request: UpdateRequest) => readonly UpdateRequest[]
  /** Mode, approval and destination as the live workload and the configuration have them now. */
  situation: (request: UpdateRequest) => Promise<Situation>
  /** How the decision was reached, as far as it is still known. */
  explanation: (request: UpdateRequest) => Explanation | undefined
  own: OwnObjects
  events: EventRecorder
  isLeader: () => boolean
  words: { template: string; cluster: string }
  clock: Clock
  log: Log
  metrics: Metrics
}

interface Observed {
  facts: RequestFacts
  destination: Destination | undefined
}
interface Decided extends Observed {
  decision: RequestDecision
}
interface Proposed extends Decided {
  /** Facts to add to the status; what is absent stays. */
  status: StatusFacts
  progress: Progress | undefined
}
interface Verified extends Proposed {
  sync: Sync | undefined
}

/** Approved decision → change on the branch → seen applied by the engine. */
export function createUpdateRequestController(
  deps: UpdateRequestDeps,
): Controller<Observed, Decided, Proposed, Verified> {
  const { log, clock, metrics } = deps

  const deliver = async (decided: Decided): Promise<Proposed> => {
    const { request } = decided.facts
    const { change } = request.spec
    const { destination } = decided
    if (destination === undefined) throw new FairleadError('Internal', 'a delivery without a destination')
    try {
      const delivered = await destination.repository.queue(change.branch).submit({
        id: requestId(request),
        date: new Date(request.metadata.creationTimestamp ?? 0),
        plan: planRequest(request, destination, deps.words),
      })
      metrics.updates.inc({ result: delivered.kind })
      const commit = delivered.commit === undefined ? {} : { commit: delivered.commit }
      const message = delivered.kind === 'pushed' ? `pushed to ${change.branch}` : `${change.branch} holds it already`
      return { ...decided, status: { phase: 'Completed', message, ...commit }, progress: waitingForEngine(message) }
    } catch (thrown) {
      const error = asFairleadError(thrown)
      if (error.kind !== 'terminal') throw error
      metrics.updates.inc({ result: error.code })
      const phase: UpdateRequestPhase = error.code === 'ValueChanged' ? 'Superseded' : 'Failed'
      log.warn({ request: request.metadata.name, code: error.code, evidence: error.evidence }, error.message)
      const progress: Progress = {
        status: 'False',
        reason: error.code,
        message: error.message,
        degraded: phase === 'Failed',
      }
      return { ...decided, status: { phase, message: error.message }, progress }
    }
  }

  const follow = async ({ facts, destination }: Proposed, commit: string | undefined): Promise<Sync | undefined> => {
    if (commit === undefined || destination === undefined) return undefined
    const { kustomization, source, repository } = destination
    const objects = [kustomization.object, ...(source === undefined ? [] : [source.object])]
    const answers = new Map<string, Ancestry>()
    for (const revision of fluxRevisions(objects))
      answers.set(revision, await repository.git.ancestry(commit, revision))
    return decideSync({
      kustomization: kustomization.object,
      source: source?.object,
      commit,
      ancestryOf: (revision) => answers.get(revision) ?? 'unknown',
      now: facts.now,
    })
  }

  /** What we wrote and the watch has not shown yet, with the resourceVersion it replaced. */
  const ahead = new Map<string, { replaced: string | undefined; request: UpdateRequest }>()

  /** The newest of what the watch has shown and what we wrote: nothing is decided from older than our own write. */
  const read = (key: string): UpdateRequest | undefined => {
    const shown = deps.request(key)
    const written = ahead.get(key)
    if (written === undefined || shown?.metadata.resourceVersion === written.replaced) return written?.request ?? shown
    ahead.delete(key)
    return shown
  }

  const write = async (request: UpdateRequest, next: UpdateRequestStatus) => {
    const written = await deps.own.updateStatus(resources.updateRequest, { ...request, status: next })
    const replaced = request.metadata.resourceVersion
    ahead.set(requestKey(request), { replaced, request: { ...request, metadata: written.metadata, status: next } })
    if (next.phase === request.status?.phase || next.phase === 'Pending') return
    const about = { ...request.metadata, namespace: request.metadata.namespace ?? '', uid: request.metadata.uid ?? '' }
    const type = next.phase === 'Failed' ? 'Warning' : 'Normal'
    const message = `${request.spec.change.to}: ${next.message ?? ''}`
    await deps.events.record(
      { ...about, kind: request.kind, apiVersion: request.apiVersion },
      { type, reason: next.phase ?? 'Pending', message },
    )
  }

  return {
    name: 'update-request',
    async observe(key) {
      const request = read(key)
      if (request === undefined || !deps.isLeader()) return undefined
      const situation = await deps.situation(request)
      const newer = deps.siblings(request).filter((one) => isOpen(one) && sequenceOf(one) > sequenceOf(request))
      return { facts: { request, newer, now: clock.now(), ...situation }, destination: situation.destination }
    },
    decide: (observed) => ({ ...observed, decision: decideRequest(observed.facts) }),
    async propose(decided) {
      const { decision } = decided
      switch (decision.kind) {
        case 'deliver':
          return deliver(decided)
        case 'finish': {
          const { phase, message, reason } = decision
          return {
            ...decided,
            status: { phase, message },
            progress: { status: 'False', reason, message, degraded: false },
          }
        }
        case 'wait': {
          const phase = decided.facts.request.status?.phase ?? 'Pending'
          const { message, reason } = decision
          const degraded = decided.facts.refusal !== undefined
          return { ...decided, status: { phase, message }, progress: { status: 'True', reason, message, degraded } }
        }
        default:
          return { ...decided, status: {}, progress: undefined }
      }
    },
    async verify(proposed) {
      const { commit } = proposed.facts.request.status ?? {}
      // A fresh delivery is first written down; its status wakes us again.
      return { ...proposed, sync: proposed.decision.kind === 'follow' ? await follow(proposed, commit) : undefined }
    },
    async report(verified) {
      const { request, now } = verified.facts
      const explained = request.status?.verdicts === undefined ? deps.explanation(request) : undefined
      const next = nextStatus(request, { ...verified, status: { ...explained, ...verified.status }, now })
      if (next !== request.status && verified.decision.kind !== 'nothing') {
        await write(request, next)
        if (verified.sync?.state === 'applied') observeLag(request, now)
        await forgetOutdated(request)
        if (next.phase !== request.status?.phase) {
          log.info({ request: requestKey(request), phase: next.phase, commit: next.commit }, next.message ?? '')
        }
      }
      return verified.decision.kind === 'wait' && verified.decision.untilMs !== undefined
        ? { requeueAfterMs: verified.decision.untilMs }
        : {}
    },
  }

  async function forgetOutdated(request: UpdateRequest) {
    for (const { metadata } of outdatedRequests(deps.siblings(request))) {
      await deps.own.delete(resources.updateRequest, metadata.namespace ?? '', metadata.name)
    }
  }

  function observeLag(request: UpdateRequest, now: Date) {
    const seconds = (now.getTime() - Date.parse(request.metadata.creationTimestamp ?? '')) / 1000
    if (seconds >= 0) metrics.syncLag.observe({ engine: 'flux' }, seconds)
  }
}

function isOpen(request: UpdateRequest): boolean {
  const phase = request.status?.phase
  return phase === undefined || phase === 'Pending' || phase === 'Approved'
}

function requestKey({ metadata }: UpdateRequest): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`
}
