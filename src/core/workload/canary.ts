import type { KubernetesObject } from '../../api/kubernetes.ts'
import { field, list, text } from './field.ts'

/** A Canary of Flagger, as far as it tells of the rollouts of its target. */
export interface Canary {
  namespace: string
  name: string
  /** `Kind/namespace/name` of the workload whose new templates it tries out. */
  target: string
  /** As Flagger writes it; `''` before it has written anything. */
  phase: string
  /** Flagger's words for the phase. */
  message: string
  /** When the phase began; undefined when Flagger does not say. Unlike `writtenMs` it does not move with every look. */
  sinceMs: number | undefined
  /** When Flagger wrote the status last; after a failure that is every time it looks at its target. */
  writtenMs: number | undefined
  /** The template of the target, as Flagger has noted it last, is the one that it has promoted. */
  isPromoted: boolean
  isSuspended: boolean
}

/** The Canary of a workload, beside what it has promoted. */
export interface TargetCanary extends Canary {
  /** The primary, which is what Flagger has promoted, runs the images of the target's template. */
  isCarried: boolean
}

/**
 * Undefined for one that is being deleted, or whose target has no pod template (a Service). Never throws. What each
 * field of the status means: fluxcd/flagger, pkg/canary/status.go and pkg/controller/scheduler.go (1.44).
 */
export function readCanary({ metadata, spec, status }: KubernetesObject): Canary | undefined {
  const ref = field(spec, 'targetRef')
  const [kind, target] = [text(ref, 'kind') ?? '', text(ref, 'name')]
  if (text(metadata, 'deletionTimestamp') !== undefined || target === undefined) return undefined
  if (kind !== 'Deployment' && kind !== 'DaemonSet') return undefined
  const [name, namespace] = [text(metadata, 'name') ?? '', text(metadata, 'namespace') ?? '']
  const phase = text(status, 'phase') ?? ''
  const promoted = list(field(status, 'conditions')).find((one) => text(one, 'type') === 'Promoted')
  const applied = text(status, 'lastAppliedSpec') ?? ''
  return {
    namespace,
    name,
    target: `${kind}/${namespace}/${target}`,
    phase,
    message: (text(promoted, 'message') ?? '').slice(0, 1024),
    sinceMs: text(promoted, 'reason') === phase ? time(promoted, 'lastUpdateTime') : undefined,
    writtenMs: time(status, 'lastTransitionTime'),
    isPromoted: applied !== '' && applied === text(status, 'lastPromotedSpec'),
    isSuspended: field(spec, 'suspend') === true,
  }
}

/** Name of what Flagger makes of a workload, to run what it has promoted. */
export function primaryName(name: string): string {
  return `${name}-primary`
}

/** Whether Flagger has made an object for one of its Canaries. */
export function isOfCanary(metadata: unknown): boolean {
  return list(field(metadata, 'ownerReferences')).some((owner) => {
    const isCanary = text(owner, 'kind') === 'Canary' && text(owner, 'apiVersion')?.startsWith('flagger.app/') === true
    return isCanary && field(owner, 'controller') === true
  })
}

function time(value: unknown, key: string): number | undefined {
  const found = Date.parse(text(value, key) ?? '')
  return Number.isNaN(found) ? undefined : found
}
