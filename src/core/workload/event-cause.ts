import type { KubernetesObject } from '../../api/kubernetes.ts'
import { field, text } from './field.ts'
import { type Cause, causeOf } from './pod-cause.ts'

/**
 * What the newest Warning among the Events about one object says, e.g. `Unhealthy` (a probe failed), `FailedMount`, or
 * `FailedCreate` of a StatefulSet, which has no condition for it. Undefined when there is none.
 */
export function eventCause(events: readonly KubernetesObject[]): Cause | undefined {
  const warnings = events.filter((event) => text(event, 'type') === 'Warning' && text(event, 'reason') !== undefined)
  const newest = warnings.toSorted((a, b) => lastSeen(b).localeCompare(lastSeen(a)))[0]
  if (newest === undefined) return undefined
  const about = field(newest, 'involvedObject')
  const subject = `${(text(about, 'kind') ?? 'object').toLowerCase()} ${text(about, 'name') ?? ''}`
  const reason = text(newest, 'reason') ?? ''
  return causeOf(reason, `${subject}: ${reason}: ${text(newest, 'message') ?? ''}`)
}

/** RFC 3339 texts of one precision class sort as they are; writers of the new API leave the old field empty. */
function lastSeen(event: KubernetesObject): string {
  const ofSeries = text(field(event, 'series'), 'lastObservedTime')
  return ofSeries ?? text(event, 'lastTimestamp') ?? text(event, 'eventTime') ?? ''
}
