import type { KubernetesObject } from '../../../src/api/kubernetes.ts'

/** What a Canary's status says; the times are RFC 3339. */
export interface CanaryParts {
  phase: string
  /** When the phase began, and when the status was written last. */
  since?: string
  written?: string
  message?: string
  applied?: string
  promoted?: string
  suspend?: boolean
  kind?: string
}

/** The Canary `prod/web` of the Deployment `web`, as Flagger 1.44 keeps it. */
export function canaryObject(parts: CanaryParts): KubernetesObject {
  const { phase, since = '2026-03-01T09:00:00Z', written = since, applied = 'h1', promoted = 'h1' } = parts
  const { message = `${phase}.`, suspend = false, kind = 'Deployment' } = parts
  const condition = { type: 'Promoted', status: 'Unknown', reason: phase, message }
  return {
    apiVersion: 'flagger.app/v1beta1',
    kind: 'Canary',
    metadata: { name: 'web', namespace: 'prod' },
    spec: { targetRef: { apiVersion: 'apps/v1', kind, name: 'web' }, analysis: { interval: '10s' }, suspend },
    status: {
      phase,
      lastAppliedSpec: applied,
      lastPromotedSpec: promoted,
      lastTransitionTime: written,
      conditions: [{ ...condition, lastUpdateTime: since, lastTransitionTime: since }],
    },
  }
}
