import type { UpdateRequest } from '../../api/update-request.ts'
import { workloadGone } from '../sync/lost-sight.ts'
import { pushedAtMs } from './carrier.ts'
import { conditionOf, isApplied, isRolledOut } from './rolled-out.ts'

/** What an UpdateRequest waits for that somebody may have to look after. */
export const waitedFor = ['approval', 'sync', 'rollback'] as const

export type WaitedFor = (typeof waitedFor)[number]

export interface Waiting {
  what: WaitedFor
  /** Milliseconds since 1970. */
  sinceMs: number
}

/** By the reasons of those that wait before they are delivered. */
const waits: ReadonlyMap<string, WaitedFor> = new Map([
  ['ApprovalRequired', 'approval'],
  ['RollbackBreaker', 'rollback'],
])

/** Reasons for which nobody needs the commit to be applied. */
const unneeded: ReadonlySet<string> = new Set(['Superseded', workloadGone])

/**
 * What a request waits for now: for approval or, too many rollbacks being there, for its turn since it was made, or, once
 * its commit is on the branch, for the engine since then. Undefined for one that waits for neither, e.g. for a window.
 */
export function waitingOf(request: UpdateRequest): Waiting | undefined {
  const phase = request.status?.phase ?? 'Pending'
  if (phase === 'Pending') {
    const sinceMs = Date.parse(request.metadata.creationTimestamp ?? '')
    const what = waits.get(conditionOf(request, 'Progressing')?.reason ?? '')
    return what !== undefined && !Number.isNaN(sinceMs) ? { what, sinceMs } : undefined
  }
  const isNeeded = !unneeded.has(conditionOf(request, 'Applied')?.reason ?? '')
  const isOver = isApplied(request) || isRolledOut(request) || !isNeeded
  if (phase !== 'Completed' || isOver) return undefined
  const sinceMs = pushedAtMs(request)
  return sinceMs === undefined ? undefined : { what: 'sync', sinceMs }
}
