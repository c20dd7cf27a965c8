import type { KubernetesObject } from '../../api/kubernetes.ts'
import { field, list, text } from '../workload/field.ts'

/** The conditions of a Flux object that say something about now. */
export interface FluxCondition {
  status: string
  reason: string
  message: string
  /** RFC 3339; empty when absent. */
  since: string
}

/** The condition of one type; undefined when it is missing or speaks of an older generation of the object. */
export function fluxCondition(object: KubernetesObject, type: string): FluxCondition | undefined {
  const found = list(field(object.status, 'conditions')).find((condition) => text(condition, 'type') === type)
  if (found === undefined) return undefined
  const observed = field(found, 'observedGeneration')
  const { generation } = object.metadata
  if (typeof observed === 'number' && typeof generation === 'number' && observed < generation) return undefined
  return {
    status: text(found, 'status') ?? 'Unknown',
    reason: text(found, 'reason') ?? '',
    message: (text(found, 'message') ?? '').slice(0, 1024),
    since: text(found, 'lastTransitionTime') ?? '',
  }
}

/** `spec.suspend`: the object keeps its old status until somebody resumes it. */
export function isSuspended(object: KubernetesObject): boolean {
  return field(object.spec, 'suspend') === true
}

/** The message, with how long it has been so. */
export function withAge(condition: FluxCondition, now: Date | undefined): string {
  const minutes = now === undefined ? Number.NaN : Math.floor((now.getTime() - Date.parse(condition.since)) / 60_000)
  return minutes >= 1 ? `${condition.message} (for ${minutes} min)` : condition.message
}
