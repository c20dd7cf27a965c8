import { rfc3339 } from '../../api/condition.ts'
import type { Phase, PhaseName } from './phase.ts'
import type { RolloutReason, RolloutState } from './rollout-state.ts'

/** When a phase is decided. */
export interface Moment {
  now: Date
  deadlineMs: number
}

/** The state with a phase that was decided just now. */
export function applyPhase(state: RolloutState, phase: Phase, moment: Moment): RolloutState {
  if (phase.phase !== 'rolling_out') return close(state, phase, moment)
  const { pausedAt, deadlineAt, cause: _cause, ...rest } = state
  const { reason, message, clock } = phase
  if (clock === 'stopped') {
    return { ...rest, phase: 'rolling_out', reason, message, clock, pausedAt: pausedAt ?? rfc3339(moment.now) }
  }
  return {
    ...rest,
    phase: 'rolling_out',
    reason,
    message,
    clock,
    deadlineAt: renderDeadline(deadlineAt, state, moment),
  }
}

/** So far off, a deadline was not reckoned imprecisely: the wall clock was set. */
const jumpMs = 30_000

/**
 * Set when the clock starts to run, and kept, so that it does not move with every look. When the wall clock was set
 * meanwhile, the deadline has another name on it.
 */
function renderDeadline(kept: string | undefined, state: RolloutState, moment: Moment): string {
  const falls = Math.min(moment.now.getTime() + moment.deadlineMs - state.elapsedMs, maxTime)
  if (kept !== undefined && Math.abs(Date.parse(kept) - falls) < jumpMs) return kept
  return rfc3339(new Date(falls))
}

/** End of the year 9999: RFC 3339 has four digits for the year. */
const maxTime = Date.parse('9999-12-31T23:59:59Z')

/** The rollout is over; what only an open one has goes. */
export function close(
  state: RolloutState,
  end: { phase: PhaseName; reason: RolloutReason; message: string },
  moment: Moment,
): RolloutState {
  const { pausedAt: _paused, deadlineAt: _deadline, cause: _cause, ...rest } = state
  const { phase, reason, message } = end
  const succeeded = phase === 'success' ? { succeededRevision: state.revision } : {}
  return { ...rest, ...succeeded, phase, reason, message, clock: 'stopped', finishedAt: rfc3339(moment.now) }
}

/** Without a deadline that was reckoned from another length. */
export function withoutStaleDeadline(state: RolloutState, previous: RolloutState): RolloutState {
  const { deadlineAt: _, ...rest } = state
  return state.deadlineMs === previous.deadlineMs ? state : rest
}
