import type { Cause } from './pod-cause.ts'
import type { RolloutState } from './rollout-state.ts'

/** The reason of a cause that nobody could find out. */
export const unknownCause = 'Unknown'

/**
 * Is it time to ask the pods why this rollout does not get on? Once more than half of its deadline has passed, and when
 * it has failed just now: `previous` is the state before. Whatever was reverted or is paused has no such cause.
 */
export function needsCause(previous: RolloutState | undefined, state: RolloutState): boolean {
  if (state.liveRevision !== state.revision) return false
  switch (state.phase) {
    case 'success':
      return false
    case 'rolling_out':
      return state.clock === 'running' && state.elapsedMs * 2 >= state.deadlineMs
    case 'failed':
      return previous?.phase !== 'failed' || previous.revision !== state.revision || previous.uid !== state.uid
  }
}

/** The state that tells its cause, too. */
export function withCause(state: RolloutState, { reason, message }: Cause): RolloutState {
  const parts = [state.message, message].filter((part) => part !== '')
  return { ...state, cause: reason, message: parts.join('; ') }
}
