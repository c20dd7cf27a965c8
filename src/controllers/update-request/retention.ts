import { finalPhases, sequenceOf, type UpdateRequest } from '../../api/update-request.ts'
import { countsForBreaker } from '../../core/rollback/breaker.ts'

/** Finished requests kept per slot, beside its rejections. */
const kept = 5

/**
 * Requests for one slot that have served their time: finished ones beyond the newest five. A rejection is kept until a
 * newer version has landed, for it is an answer to remember, and a rollback as long as `rollback.perHour` counts it.
 */
export function outdatedRequests(siblings: readonly UpdateRequest[], now: Date): UpdateRequest[] {
  const finished = siblings
    .filter(({ status }) => status?.phase !== undefined && finalPhases.includes(status.phase))
    .sort((a, b) => sequenceOf(b) - sequenceOf(a))
  const newestLanded = finished.find(({ status }) => status?.phase === 'Completed')
  return finished
    .filter((one) => !isRejection(one) || (newestLanded !== undefined && sequenceOf(one) < sequenceOf(newestLanded)))
    .slice(kept)
    .filter((one) => !countsForBreaker(one, now))
}

function isRejection({ status }: UpdateRequest): boolean {
  return status?.phase === 'Rejected'
}
