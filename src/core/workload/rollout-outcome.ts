import type { RolloutState } from './rollout-state.ts'

/** How a rollout ended. `recovered` comes after `failed`, for the same rollout; every other end is its only one. */
export const rolloutOutcomes = ['success', 'failed', 'superseded', 'recovered'] as const

export type RolloutOutcome = (typeof rolloutOutcomes)[number]

/**
 * Which ends of rollouts lie between two looks at a workload, oldest first: at most that of the one before, which another
 * took the place of, and that of the present one. Nothing is said about what had ended when first seen.
 */
export function endedBetween(before: RolloutState | undefined, after: RolloutState): RolloutOutcome[] {
  if (before === undefined || before.uid !== after.uid) return []
  const isOther = isOtherRollout(before, after)
  const ended: RolloutOutcome[] = isOther && before.phase === 'rolling_out' ? ['superseded'] : []
  if (after.phase === 'rolling_out' || (!isOther && before.phase === after.phase)) return ended
  if (after.phase === 'failed') return [...ended, 'failed']
  return [...ended, after.recovered ? 'recovered' : 'success']
}

/** A revision alone does not tell: it is renewed silently when only the served template reads differently. */
function isOtherRollout(before: RolloutState, after: RolloutState): boolean {
  return before.startedAt !== after.startedAt || before.previousRevision !== after.previousRevision
}
