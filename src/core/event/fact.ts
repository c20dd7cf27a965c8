import { sanitiseLine } from '../change/text.ts'
import type { Transition } from './transition.ts'

/** Longest message of a cluster or engine that is passed on. */
const messageLimit = 1024

/** Why a rollout failed, as one clean line of at most 1,024 characters; its reason when nobody said more. */
export function failureMessage({ reason, message }: Pick<Transition, 'reason' | 'message'>): string {
  return sanitiseLine(message, messageLimit) || sanitiseLine(reason)
}

/**
 * The labels that leave the cluster: Kubernetes' recommended ones (`app.kubernetes.io/…`), which say what the workload
 * is. Any other may hold what is nobody else's business. At most 63 characters each, as label values are.
 */
export function sentLabels(labels: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(labels)
      .filter((entry): entry is [string, string] => typeof entry[1] === 'string' && recommended.test(entry[0]))
      .map(([key, value]) => [key, sanitiseLine(value, 63)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )
}

const recommended = /^app\.kubernetes\.io\/[a-z-]{1,63}$/

/** Whole seconds from the beginning to the end; undefined while it goes on, or when the clock was set back. */
export function durationSeconds({
  startedAt,
  finishedAt,
}: Pick<Transition, 'startedAt' | 'finishedAt'>): number | undefined {
  const seconds = Math.round((Date.parse(finishedAt ?? '') - Date.parse(startedAt ?? '')) / 1000)
  return seconds >= 0 ? seconds : undefined
}
