import type { Pool } from './rate.ts'

/**
 * Who goes first when not everything can: what takes a bad version back, what brings a change nearer to its merge, and
 * then everything that only looks or tells.
 */
export const lanes = ['rollback', 'merge', 'read'] as const
export type Lane = (typeof lanes)[number]

/** A request that wants to be sent. */
export interface Ask {
  lane: Lane
  writes: boolean
  pool: Pool
}

/** What is known about one login's requests. Times are milliseconds of a clock that never jumps. */
export interface Budget {
  /** How many reads are under way. */
  reading: number
  /** A write is under way. */
  writing: boolean
  /** When the last write ended. */
  lastWriteAt: number
  /** Nothing goes out before. */
  silentUntil: number
  allowances: Readonly<Partial<Record<Pool, { limit: number; remaining: number; resetsAt: number }>>>
}

/** What to do next about those who wait; `at` is a position among them. */
export type Turn =
  | { kind: 'go'; at: number }
  | { kind: 'refuse'; at: number; waitMs: number }
  /** Nobody can go now. Undefined: until something that is under way ends. */
  | { kind: 'wait'; ms: number | undefined }

/** Far below the 100 at once that GitHub's documents allow to all programs of one login. */
const readsAtOnce = 10
/** GitHub's documents, "Best practices for using the REST API": one after the other, and at least a second between them. */
const betweenWritesMs = 1000
/** Which part of an hour's requests is left for those who go before. */
const kept: Record<Lane, number> = { rollback: 0, merge: 0.01, read: 0.05 }

export const unusedBudget: Budget = {
  reading: 0,
  writing: false,
  lastWriteAt: Number.NEGATIVE_INFINITY,
  silentUntil: Number.NEGATIVE_INFINITY,
  allowances: {},
}

/** The next turn; those who wait are in the order in which they came. */
export function nextTurn(budget: Budget, waiting: readonly Ask[], now: number): Turn {
  if (waiting.length === 0) return { kind: 'wait', ms: undefined }
  if (budget.silentUntil > now) return { kind: 'refuse', at: 0, waitMs: budget.silentUntil - now }
  const order = lanes.flatMap((lane) => waiting.flatMap((ask, at) => (ask.lane === lane ? [{ ask, at }] : [])))
  for (const { ask, at } of order) {
    const waitMs = untilReset(budget, ask, now)
    if (waitMs !== undefined) return { kind: 'refuse', at, waitMs }
  }
  const canWrite = !budget.writing && now >= budget.lastWriteAt + betweenWritesMs
  const canRead = budget.reading < readsAtOnce
  const next = order.find(({ ask }) => (ask.writes ? canWrite : canRead))
  if (next !== undefined) return { kind: 'go', at: next.at }
  const pausing = !budget.writing && waiting.some((ask) => ask.writes)
  return { kind: 'wait', ms: pausing ? budget.lastWriteAt + betweenWritesMs - now : undefined }
}

/** How long to the reset, when what is left is kept for others; undefined when there is enough. */
function untilReset(budget: Budget, { pool, lane }: Ask, now: number): number | undefined {
  const allowance = budget.allowances[pool]
  if (allowance === undefined || allowance.resetsAt <= now) return undefined
  const left = allowance.remaining - budget.reading - (budget.writing ? 1 : 0)
  return left > allowance.limit * kept[lane] ? undefined : allowance.resetsAt - now
}
