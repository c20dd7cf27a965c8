import type { UpdateRequest } from '../../api/update-request.ts'
import { pushedAtMs } from './carrier.ts'
import { conditionOf, isApplied } from './rolled-out.ts'

/** What an UpdateRequest waits for that somebody may have to look after. */
export const waitedFor = ['approval', 'sync'] as const

export type WaitedFor = (typeof waitedFor)[number]

export interface Waiting {
  what: WaitedFor
  /** Milliseconds since 1970. */
  sinceMs: number
}

/**
 * What a request waits for now: for approval since it was made, or, once its commit is on the branch, for the engine since
 * then. Undefined for one that waits for neither, e.g. for a window.
 */
export function waitingOf(request: UpdateRequest): Waiting | undefined {
  const phase = request.status?.phase ?? 'Pending'
  if (phase === 'Pending') {
    const sinceMs = Date.parse(request.metadata.creationTimestamp ?? '')
    const isAsked = conditionOf(request, 'Progressing')?.reason === 'ApprovalRequired'
    return isAsked && !Number.isNaN(sinceMs) ? { what: 'approval', sinceMs } : undefined
  }
  const isOver = isApplied(request) || conditionOf(request, 'Applied')?.reason === 'Superseded'
  if (phase !== 'Completed' || isOver) return undefined
  const sinceMs = pushedAtMs(request)
  return sinceMs === undefined ? undefined : { what: 'sync', sinceMs }
}
