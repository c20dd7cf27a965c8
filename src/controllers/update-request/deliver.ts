import type { UpdateRequest, UpdateRequestPhase } from '../../api/update-request.ts'
import type { Destination } from '../../delivery/destination.ts'
import { asFairleadError } from '../../errors.ts'
import type { Log } from '../../ports.ts'
import type { Metrics } from '../../runtime/metrics.ts'
import { planRequest, requestId } from './plan.ts'
import { type Progress, type StatusFacts, waitingForEngine } from './status.ts'

export interface DeliverDeps {
  /** Template of the commit message, and the cluster's name in it. */
  words: { template: string; cluster: string }
  log: Log
  metrics: Metrics
}

/**
 * Puts the change on the branch and says what came of it. A terminal refusal ends the request; a transient error is
 * thrown, for delivering again is always safe.
 */
export async function deliverRequest(
  request: UpdateRequest,
  destination: Destination,
  { words, log, metrics }: DeliverDeps,
): Promise<{ status: StatusFacts; progress: Progress }> {
  const { branch } = request.spec.change
  try {
    const { kind, commit } = await destination.repository.queue(branch).submit({
      id: requestId(request),
      date: new Date(request.metadata.creationTimestamp ?? 0),
      plan: planRequest(request, destination, words),
    })
    metrics.updates.inc({ result: kind })
    const message = kind === 'pushed' ? `pushed to ${branch}` : `${branch} holds it already`
    const status: StatusFacts = { phase: 'Completed', message, ...(commit === undefined ? {} : { commit }) }
    return { status, progress: waitingForEngine(message) }
  } catch (thrown) {
    const error = asFairleadError(thrown)
    if (error.kind !== 'terminal') throw error
    metrics.updates.inc({ result: error.code })
    log.warn({ request: request.metadata.name, code: error.code, evidence: error.evidence }, error.message)
    // Who changed the value has decided; everything else is a failure that somebody has to look at.
    const phase: UpdateRequestPhase = error.code === 'ValueChanged' ? 'Superseded' : 'Failed'
    const { code: reason, message } = error
    return { status: { phase, message }, progress: { status: 'False', reason, message, degraded: phase === 'Failed' } }
  }
}
