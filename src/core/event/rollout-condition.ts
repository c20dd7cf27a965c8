import { type Condition, withCondition } from '../../api/condition.ts'
import type { RolloutFacts } from '../workload/rollout-status.ts'

/** What the API takes as a condition's reason; one that was kept may have been edited since. */
const reasonWord = /^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/

const statuses = { rolling_out: 'Unknown', success: 'True', failed: 'False' } as const

/**
 * The phase as the condition `RolledOut`, for `kubectl wait`. Its time is that of the phase; `seenAt` is for a rollout that
 * was over when it was first seen. There is no `Ready`: nobody applies such an object, and without one kstatus takes it
 * for what it is, done.
 */
export function rolledOutConditions(
  kept: readonly Condition[] | undefined,
  { phase, reason, message, startedAt, finishedAt }: RolloutFacts,
  seenAt: string,
): Condition[] {
  const at = new Date(finishedAt ?? startedAt ?? seenAt)
  const condition = {
    type: 'RolledOut',
    status: statuses[phase],
    reason: reasonWord.test(reason) ? reason : 'Unknown',
    message,
  }
  return [...withCondition(kept ?? [], { ...condition, observedGeneration: 1 }, at)]
}
