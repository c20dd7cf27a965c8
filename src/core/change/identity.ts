import { createHash } from 'node:crypto'

/** Where one image slot lives. */
export interface SlotPlace {
  /** Normalised URL. */
  repository: string
  branch: string
  file: string
  keyPath: string
}

/** First 12 hex of sha256 over repository, branch, file and slot key path: one slot, one target. */
export function targetId(place: SlotPlace): string {
  return shortHash([place.repository, place.branch, place.file, place.keyPath], 12)
}

/** What a change does. */
export const actions = [
  'update',
  'rollback',
  'rollout-start',
  'rollout-step',
  'rollout-promote',
  'rollout-abort',
  'rollout-cleanup',
  'hold',
  'release',
] as const

export type Action = (typeof actions)[number]

/** First 16 hex over target, from, to, action and step. Names a change; the compare-and-swap prevents doubling it. */
export function fairleadId(change: {
  target: string
  from: string
  to: string
  action: Action
  step?: string
}): string {
  return shortHash([change.target, change.from, change.to, change.action, change.step ?? ''], 16)
}

/** Name of the UpdateRequest for a decision: the target id and eight hex of the wanted reference. */
export function updateRequestName(target: string, to: string): string {
  return `${target}-${shortHash([to], 8)}`
}

/**
 * Name of the UpdateRequest that puts an older value back. Both values are in it: the way back is another decision than the
 * update that once led to the same value, and the same way back is the same decision.
 */
export function rollbackRequestName(target: string, { from, to }: { from: string; to: string }): string {
  return `${target}-${shortHash(['rollback', from, to], 8)}`
}

/** NUL cannot stand in any of the parts, so joining by it keeps different lists apart. */
function shortHash(parts: readonly string[], length: number): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, length)
}
