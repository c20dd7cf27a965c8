import type { Workload, WorkloadCondition } from './workload.ts'

/** A Deployment's `ProgressDeadlineExceeded` as it was seen last. */
export interface Verdict {
  /** When it was given, as the condition says; empty when it does not. */
  at: string
  /** It was there before the rollout that is under way, so it is about an earlier template. */
  isStale: boolean
}

/** The condition that says `ProgressDeadlineExceeded`, if there is one. */
export function givenVerdict(workload: Workload): WorkloadCondition | undefined {
  const progressing = workload.conditions.find((condition) => condition.type === 'Progressing')
  return progressing?.reason === 'ProgressDeadlineExceeded' ? progressing : undefined
}

/**
 * The verdict after another look. The Deployment controller (kubernetes pkg/controller/deployment/progress.go) takes
 * the condition away only when a pod moves forward: a new template that has not got that far is observed with the verdict
 * about the one before. The same condition, before and after the rollout `opens`, is therefore stale until it changes.
 * After a restart nobody remembers the condition, and its time tells: one from `staleUntil` (RFC 3339) or earlier is stale.
 */
export function nextVerdict(
  before: Verdict | undefined,
  workload: Workload,
  { opens, staleUntil }: { opens: boolean; staleUntil: string | undefined },
): Verdict | undefined {
  const given = givenVerdict(workload)
  if (given === undefined) return undefined
  const at = given.updatedAt
  if (before?.at === at) return { at, isStale: opens || before.isStale }
  return { at, isStale: Date.parse(at) <= Date.parse(staleUntil ?? '') }
}
