import type { KubernetesObject } from '../../api/kubernetes.ts'
import { fluxCondition } from '../sync/flux-condition.ts'
import type { Sync } from '../sync/sync-state.ts'

/**
 * What keeps a rollback from landing, with its remedy; every other state is told as it is. An engine that still waits for
 * the health of what failed takes up no newer commit: Argo CD retries the revision of its operation (argo-cd#11494), Flux
 * runs its health checks to their end (kustomize-controller#701). `object` is the one that the state is about.
 */
export function explainLanding(sync: Sync, object: KubernetesObject | undefined): Sync {
  if (sync.reason === 'PreviousSyncStillRunning') return { ...sync, reason: 'RollbackBlockedByRunningSync' }
  const isHeld = sync.reason === 'HealthCheckRunning' || sync.state === 'pending' || sync.state === 'seen'
  const checked = object && isHeld ? healthChecked(object) : undefined
  if (checked === undefined) return sync
  const message = `${sync.object} still runs health checks for ${checked} and takes up no newer commit before they time out`
  const remedy =
    'shorten its spec.timeout, or start kustomize-controller with --feature-gates=CancelHealthCheckOnNewRevision=true (1.7)'
  return { ...sync, state: 'blocked', reason: 'RollbackBlockedByHealthCheck', message: `${message}; ${remedy}` }
}

/** The revision whose health a Kustomization waits for now. Source: kustomize-controller, its own progress message. */
function healthChecked(object: KubernetesObject): string | undefined {
  const words = ['Reconciling', 'Healthy'].map((type) => fluxCondition(object, type)?.message ?? '')
  return words
    .map((one) => /^Running health checks for revision (\S+) /.exec(one)?.[1])
    .find((one) => one !== undefined)
}
