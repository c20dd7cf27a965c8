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
 */
export function nextVerdict(before: Verdict | undefined, workload: Workload, opens: boolean): Verdict | undefined {
  const given = givenVerdict(workload)
  if (given === undefined) return undefined
  const isSame = before !== undefined && before.at === given.updatedAt
  return { at: given.updatedAt, isStale: isSame && (opens || before.isStale) }
}
