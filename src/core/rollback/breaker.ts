import { finalPhases, isRollback, type UpdateRequest } from '../../api/update-request.ts'
import { conditionOf } from '../change/rolled-out.ts'

/** Reason of an automatic rollback that waits because there were so many of them. */
export const breakerReason = 'RollbackBreaker'

const hourMs = 3_600_000
/** A landing so far ahead of now was noted before the clock was set back; beyond that it was never right. */
const clockJumpMs = 3 * hourMs

/** What is waited for; without `untilMs` nobody knows how long. */
export interface BreakerWait {
  message: string
  untilMs?: number
}

/** Of whom there are so many: automatic ones; people are trusted to know how many they want. */
export function isAutomaticRollback(request: UpdateRequest): boolean {
  return isRollback(request) && request.spec.requestedBy === undefined
}

/**
 * Why an automatic rollback has to wait; undefined when it may go. In an hour so many may land; those that wait go in the
 * order in which they were made. When many versions fail at once, it is rarely the versions. Pure.
 */
export function breakerWait(
  request: UpdateRequest,
  { all, perHour, now }: { all: Iterable<UpdateRequest>; perHour: number; now: Date },
): BreakerWait | undefined {
  const others = [...all].filter((one) => isAutomaticRollback(one) && keyOf(one) !== keyOf(request))
  const landed = others.flatMap((one) => landedWithinHour(one, now) ?? []).sort((a, b) => a - b)
  const ahead = others.filter((one) => isNext(one) && keyOf(one) < keyOf(request)).length
  if (landed.length + ahead < perHour) return undefined
  const message = `${landed.length} rollbacks landed within an hour and ${ahead} come before it; rollback.perHour is ${perHour}`
  const [oldest] = landed
  const untilMs = oldest === undefined ? {} : { untilMs: Math.min(hourMs, oldest + hourMs - now.getTime()) }
  return { message: `${message}; approve it to have it at once`, ...untilMs }
}

/** Whether a rollback counts for `perHour` now, so that its request has to be kept. Pure. */
export function countsForBreaker(request: UpdateRequest, now: Date): boolean {
  return isAutomaticRollback(request) && landedWithinHour(request, now) !== undefined
}

/** When it landed, in milliseconds; undefined when that was not within an hour. */
function landedWithinHour(request: UpdateRequest, now: Date): number | undefined {
  const pushed = conditionOf(request, 'Pushed')
  const time = Date.parse(pushed?.status === 'True' ? pushed.lastTransitionTime : '')
  const agoMs = now.getTime() - time
  return agoMs < hourMs && agoMs > -clockJumpMs ? time : undefined
}

/** Nothing else holds it: it would land next. */
function isNext(request: UpdateRequest): boolean {
  const { phase } = request.status ?? {}
  if (phase !== undefined && finalPhases.includes(phase)) return false
  const reason = conditionOf(request, 'Progressing')?.reason
  return reason === undefined || reason === breakerReason
}

/** Oldest first. */
function keyOf({ metadata }: UpdateRequest): string {
  return `${metadata.creationTimestamp ?? ''} ${metadata.namespace ?? ''}/${metadata.name}`
}
