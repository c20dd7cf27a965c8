import type { UpdateRequest, UpdateRequestPhase } from '../../api/update-request.ts'
import { requestId } from '../../core/change/claim.ts'
import type { ImageSource } from '../../core/image/image-source.ts'
import type { Delivery } from '../../delivery/delivery.ts'
import type { Destination } from '../../delivery/destination.ts'
import { asFairleadError, type FairleadError } from '../../errors.ts'
import type { Log } from '../../ports.ts'
import type { Metrics } from '../../runtime/metrics.ts'
import { type ConfirmDeps, confirmChoice } from './confirm.ts'
import { planRequest } from './plan.ts'
import type { Situation } from './situation.ts'
import { type Delivery as DeliveredAs, type Progress, type StatusFacts, waitingForEngine } from './status.ts'

/** Where the change goes and what decides it, as Git has them now. */
export interface Deliverable {
  destination: Destination
  slot: NonNullable<Situation['slot']>
}

export interface DeliverDeps extends ConfirmDeps {
  /** Template of the commit message, and the cluster's name in it. */
  words: { template: string; cluster: string }
  log: Log
  metrics: Metrics
}

/** What came of carrying out a decision. */
export interface CarriedOut {
  status: StatusFacts
  progress: Progress | undefined
  delivered: DeliveredAs | undefined
  /** When to try again although nothing seems to change. */
  retryAfterMs?: number
}

/** How long a refusal waits for the world to change without us being told. */
const refusedRecheckMs = 600_000

/**
 * Puts the change on the branch and says what came of it. A refusal waits for its cause to go; only what the host itself
 * refused ends the request. A transient error is thrown, for delivering again is always safe.
 */
export async function deliverRequest(
  request: UpdateRequest,
  { destination, slot }: Deliverable,
  deps: DeliverDeps,
): Promise<CarriedOut> {
  const { words, log, metrics } = deps
  const { branch } = destination
  try {
    const source = await confirmChoice(request, { ...slot, destination }, deps)
    const delivery = deliveryOf(request, { destination, slot, source }, words)
    const { kind, commit, unsigned } = await destination.repository.queue(branch).submit(delivery)
    metrics.updates.inc({ result: kind })
    const pushed = unsigned === undefined ? `pushed to ${branch}` : `pushed to ${branch}, not signed: ${unsigned}`
    const message = kind === 'pushed' ? pushed : `${branch} holds it already`
    const status: StatusFacts = { phase: 'Completed', message, ...(commit === undefined ? {} : { commit }) }
    return { status, progress: waitingForEngine(message), delivered: kind === 'pushed' ? 'Pushed' : 'Settled' }
  } catch (thrown) {
    const error = asFairleadError(thrown)
    if (error.kind !== 'terminal') throw error
    metrics.updates.inc({ result: error.code })
    log.warn({ request: request.metadata.name, code: error.code, evidence: error.evidence }, error.message)
    return refused(request, error, destination)
  }
}

/** A request as the delivery queue takes it: everything that decides the bytes of its commit. */
export function deliveryOf(
  request: UpdateRequest,
  { destination, slot, source }: Deliverable & { source: ImageSource | undefined },
  words: { template: string; cluster: string },
): Delivery {
  return {
    id: requestId(request),
    date: new Date(request.metadata.creationTimestamp ?? 0),
    plan: planRequest(request, { destination, ...slot, source }, words),
  }
}

/** Who changed the value has decided; a host that said no was asked once; everything else can be put right. */
function refused(
  request: UpdateRequest,
  { code: reason, message }: FairleadError,
  { repository }: Destination,
): CarriedOut {
  if (reason === 'ValueChanged') return ended('Superseded', { reason, message, degraded: false })
  if (reason === 'PushRefused' && repository.host !== undefined) {
    const phase = request.status?.phase ?? 'Pending'
    const words = `${message}; it becomes a pull request`
    const progress: Progress = { status: 'True', reason, message: words, degraded: false }
    return { status: { phase, message: words }, progress, delivered: { refused: message } }
  }
  if (reason === 'PushRefused') {
    return ended('Failed', { reason, message: `${message}; delete this request to try again`, degraded: true })
  }
  const phase = request.status?.phase ?? 'Pending'
  const progress: Progress = { status: 'True', reason, message, degraded: true }
  return { status: { phase, message }, progress, delivered: undefined, retryAfterMs: refusedRecheckMs }
}

function ended(phase: UpdateRequestPhase, why: Omit<Progress, 'status'>): CarriedOut {
  return { status: { phase, message: why.message }, progress: { status: 'False', ...why }, delivered: undefined }
}
