import { annotationPrefix } from '../../api/annotation.ts'
import { parseDuration } from '../change/duration.ts'
import { defaultDeadlineMs } from './phase.ts'
import type { Workload } from './workload.ts'

/** A year. No rollout that is still wanted takes longer, and every time reckoned with it has four digits for its year. */
export const longestDeadlineMs = 365 * 86_400_000

/**
 * How long the workload's rollout may take, in milliseconds of unpaused time: its `fairlead.dev/deadline`, or what is
 * configured for all; a year at most. `auto` is 15 minutes, or `progressDeadlineSeconds` when that is longer. An
 * annotation that is no duration counts as absent here; that it is wrong is reported where annotations are read.
 */
export function deadlineMs(workload: Workload, configured: number | 'auto' = defaultDeadlineMs): number {
  const written = workload.annotations[`${annotationPrefix}deadline`] ?? ''
  const wanted = written === 'auto' ? 'auto' : parseDuration(written) || configured
  if (wanted !== 'auto') return Math.min(wanted, longestDeadlineMs)
  const least = configured === 'auto' ? defaultDeadlineMs : configured
  return Math.min(Math.max(least, (workload.progressDeadlineSeconds ?? 0) * 1000), longestDeadlineMs)
}
