import type { PendingEvent, WorkloadRef, WorkloadRolloutStateStatus } from '../../api/workload-rollout-state.ts'
import type { FairleadError } from '../../errors.ts'
import { imageTag } from '../workload/version.ts'
import { isWorkloadKind } from '../workload/workload.ts'
import { rolloutId, type ToldTransition, type Transition } from './transition.ts'

interface PendingFacts {
  cluster: string
  /** Those that the workload has now. */
  labels: Readonly<Record<string, string>>
  /** As it is kept. */
  slackMessage?: WorkloadRolloutStateStatus['slackMessage']
}

/** What is kept of a transition, whole again. */
export function pendingTransition(
  { id: _, sinks: __, recovered, rollback, image, ...event }: PendingEvent,
  workload: WorkloadRef,
  { cluster, labels, slackMessage }: PendingFacts,
): ToldTransition {
  const { kind, namespace, name, uid } = workload
  const digest = image === undefined ? undefined : imageTag(image).digest
  const transition: Transition = {
    cluster,
    workload: { kind: isWorkloadKind(kind) ? kind : 'Deployment', namespace, name, uid, labels },
    ...event,
    recovered: recovered === true,
    rollback: rollback === true,
    ...(image !== undefined && { image }),
    ...(digest !== undefined && { digest }),
  }
  if (slackMessage?.rollout !== rolloutId(transition)) return transition
  return { ...transition, toldAt: { channel: slackMessage.channel, ts: slackMessage.ts } }
}

/** So long after it happened nobody is told any more: a sink that comes back is not flooded with what was. */
const maxAgeMs = 24 * 3_600_000

export function isTooOld({ at }: Pick<PendingEvent, 'at'>, now: Date): boolean {
  return now.getTime() - Date.parse(at) > maxAgeMs
}

/** What to do after a sink did not take some events. */
export type NextAttempt =
  /** One of them is refused: send each alone, to find which. */
  | { kind: 'split' }
  /** It will never be taken. */
  | { kind: 'drop' }
  | { kind: 'wait'; ms: number }

const firstPauseMs = 1_000
const longestPauseMs = 5 * 60_000
/** Whoever asks for more silence than this gets this much. */
const longestRetryAfterMs = 3_600_000

/** `failures`: how many attempts in a row failed, this one included. `random`: 0..1. */
export function nextAttempt(
  error: FairleadError,
  { size, failures, random }: { size: number; failures: number; random: number },
): NextAttempt {
  if (error.kind === 'terminal') return size > 1 ? { kind: 'split' } : { kind: 'drop' }
  const exponential = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(failures - 1, 20)) * (0.5 + random / 2)
  const asked = Math.min(longestRetryAfterMs, error.retryAfterMs ?? 0)
  return { kind: 'wait', ms: Math.max(exponential, asked) }
}
