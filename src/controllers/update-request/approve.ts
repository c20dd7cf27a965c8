import type { UpdateRequest, UpdateRequestPhase } from '../../api/update-request.ts'
import { recordApproval, recordRejection, type VoteResult } from '../../core/change/approval.ts'
import { writeContendedStatus } from '../../delivery/request/contended-status.ts'
import { asFairleadError } from '../../errors.ts'
import type { Clock, Cluster, EventRecorder, Log, OwnObjects } from '../../ports.ts'
import { requestKey } from './journal.ts'
import { nextStatus, type Progress } from './status.ts'

/**
 * Writes down what people decide. `request` is the object as its caller was allowed to decide it: when it was replaced or
 * decided meanwhile, the answer is `SeenDiffers` or `NotPending`, and nothing is written.
 */
export interface Approvals {
  /** `by` is the user name from the review. */
  approve(request: UpdateRequest, vote: { by: string }): Promise<UpdateRequest>
  reject(request: UpdateRequest, vote: { by: string; reason: string }): Promise<UpdateRequest>
}

export interface ApprovalsDeps {
  cluster: Pick<Cluster, 'get'>
  own: Pick<OwnObjects, 'updateStatus'>
  events: EventRecorder
  fourEyes: boolean
  clock: Clock
  log: Log
}

export function createApprovals(deps: ApprovalsDeps): Approvals {
  const { cluster, own, events, fourEyes, clock, log } = deps

  const write = (authorised: UpdateRequest, vote: (request: UpdateRequest) => VoteResult) =>
    writeContendedStatus(
      authorised,
      (request) => {
        const result = vote(request)
        const learnt = { progress: progressOf(result), delivered: undefined, sync: undefined, now: clock.now() }
        return nextStatus(request, { status: result, ...learnt })
      },
      { cluster, own },
    )

  /** The audit: who decided what, about which digest. A vote whose answer got lost is told as well. */
  const decide = async (authorised: UpdateRequest, by: string, vote: (request: UpdateRequest) => VoteResult) => {
    const { digest, to } = authorised.spec.change
    const audit = { request: requestKey(authorised), by, to, digest }
    let decided: Awaited<ReturnType<typeof write>>
    try {
      decided = await write(authorised, vote)
    } catch (thrown) {
      const { code, message } = asFairleadError(thrown)
      log.warn({ ...audit, code }, `a decision by a person was not recorded, as far as is known: ${message}`)
      throw thrown
    }
    const { phase, message = '' } = decided.status ?? {}
    log.info({ ...audit, phase }, message)
    await events.record(aboutOf(decided), {
      type: 'Normal',
      reason: reasonOf(phase),
      message: textOf(decided, message),
    })
    return decided
  }

  return {
    approve: (request, { by }) => decide(request, by, (one) => recordApproval(one, { by, now: clock.now(), fourEyes })),
    reject: (request, { by, reason }) =>
      decide(request, by, (one) => recordRejection(one, { by, reason, now: clock.now() })),
  }
}

function progressOf({ phase, message }: VoteResult): Progress {
  const status = phase === 'Rejected' ? 'False' : 'True'
  return { status, reason: phase === 'Pending' ? 'ApprovalRequired' : (phase ?? 'Pending'), message, degraded: false }
}

function reasonOf(phase: UpdateRequestPhase | undefined): string {
  return phase === 'Pending' || phase === undefined ? 'ApprovalRecorded' : phase
}

function textOf({ spec: { change } }: UpdateRequest, message: string): string {
  const digest = change.digest === undefined ? '' : ` (${change.digest})`
  return `${change.to}${digest}: ${message}`
}

function aboutOf({ apiVersion, kind, metadata: { namespace = '', name, uid = '' } }: UpdateRequest) {
  return { apiVersion, kind, namespace, name, uid }
}
