import { annotationPrefix } from '../../api/annotation.ts'
import { parseDuration } from '../change/duration.ts'
import type { Workload } from './workload.ts'

/**
 * How long the workload's rollout may take, in milliseconds of unpaused time: its `fairlead.dev/deadline`, or
 * `defaultMs`. `auto` takes `progressDeadlineSeconds` when that is larger. A value that is no duration counts as absent
 * here; that it is wrong is reported where annotations are read.
 */
export function deadlineMs(workload: Workload, defaultMs: number): number {
  const written = workload.annotations[`${annotationPrefix}deadline`]
  if (written === 'auto') return Math.max(defaultMs, (workload.progressDeadlineSeconds ?? 0) * 1000)
  const parsed = written === undefined ? undefined : parseDuration(written)
  return parsed === undefined || parsed === 0 ? defaultMs : parsed
}
