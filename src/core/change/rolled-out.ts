import type { Condition } from '../../api/condition.ts'
import type { UpdateRequest, WorkloadRollout } from '../../api/update-request.ts'
import { isFinalRollout } from './outcome.ts'

/** The condition that tells what became of a delivered change. */
export const rolledOutCondition = 'RolledOut'

const finalReasons: ReadonlySet<string> = new Set(['Success', 'Failed', 'Superseded'])

/** Whoever waits longer for a rollout has forgotten it: paused for good, or never applied to what is live. */
const followMs = 7 * 86_400_000

/**
 * What became of a change altogether. As long as one workload is not at its end, neither is it. Superseded is `Unknown`:
 * nobody will know how it would have ended.
 */
export function summariseRollouts(
  rollouts: readonly WorkloadRollout[],
): Pick<Condition, 'type' | 'status' | 'reason' | 'message'> {
  const type = rolledOutCondition
  const words = (phases: readonly WorkloadRollout['phase'][]) =>
    rollouts
      .filter(({ phase }) => phases.includes(phase))
      .map(({ workload, message }) => `${workload}: ${message ?? 'rolls out'}`)
      .join('; ')
  if (!rollouts.every(isFinalRollout)) {
    const isRolling = rollouts.some(({ phase }) => phase !== 'waiting')
    const reason = isRolling ? 'RollingOut' : 'WaitingForSync'
    return { type, status: 'Unknown', reason, message: words(['waiting', 'rolling_out', 'failed', 'superseded']) }
  }
  const failed = words(['failed'])
  if (failed !== '') return { type, status: 'False', reason: 'Failed', message: failed }
  const superseded = words(['superseded'])
  if (superseded !== '') return { type, status: 'Unknown', reason: 'Superseded', message: superseded }
  return { type, status: 'True', reason: 'Success', message: 'every workload runs it' }
}

/** True when the engine was seen to have applied the commit. */
export function isApplied(request: UpdateRequest): boolean {
  return conditionOf(request, 'Applied')?.status === 'True'
}

/** Why the engine has not applied the commit of a request; undefined when it has, and before anybody has looked. */
export function notApplied(request: UpdateRequest): Pick<Condition, 'reason' | 'message'> | undefined {
  const applied = conditionOf(request, 'Applied')
  if (applied === undefined || applied.status === 'True') return undefined
  return { reason: applied.reason, message: applied.message }
}

/** The outcome is known: it is not looked at again. */
export function isRolledOut(request: UpdateRequest): boolean {
  return finalReasons.has(conditionOf(request, rolledOutCondition)?.reason ?? '')
}

/** Its outcome is known, or it was applied and nobody waits for it any more. */
export function isSettled(request: UpdateRequest, now: Date): boolean {
  if (isRolledOut(request)) return true
  if (!isApplied(request)) return false
  const appliedMs = Date.parse(conditionOf(request, 'Applied')?.lastTransitionTime ?? '')
  return now.getTime() - appliedMs > followMs
}

/** A condition of a request by its type. */
export function conditionOf({ status }: UpdateRequest, type: string): Condition | undefined {
  return status?.conditions?.find((one) => one.type === type)
}
