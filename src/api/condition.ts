/** One truth about an object, as `metav1.Condition`. */
export interface Condition {
  type: string
  status: 'True' | 'False' | 'Unknown'
  /** CamelCase, stable; an error code or a waiting reason. */
  reason: string
  /** For people; at most 1,024 characters. */
  message: string
  observedGeneration?: number
  /** RFC 3339. Moves only when `status` changes. */
  lastTransitionTime: string
}

/**
 * The list with `next` merged in: same type replaces, and `lastTransitionTime` is kept while the status stays.
 * Returns the same array when nothing changed, so that callers can skip the write.
 */
export function withCondition(
  conditions: readonly Condition[],
  next: Omit<Condition, 'lastTransitionTime'>,
  now: Date,
): readonly Condition[] {
  const old = conditions.find((condition) => condition.type === next.type)
  const message = next.message.slice(0, 1024)
  if (old !== undefined && old.status === next.status && old.reason === next.reason && old.message === message) {
    return conditions
  }
  const lastTransitionTime = old?.status === next.status ? old.lastTransitionTime : rfc3339(now)
  const merged: Condition = { ...next, message, lastTransitionTime }
  return old === undefined ? [...conditions, merged] : conditions.map((one) => (one === old ? merged : one))
}

/** Kubernetes times have whole seconds. */
export function rfc3339(date: Date): string {
  return date.toISOString().replace(/\.\d{3}Z$/, 'Z')
}
