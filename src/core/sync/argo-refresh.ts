import type { KubernetesObject } from '../../api/kubernetes.ts'
import { text } from '../workload/field.ts'
import type { Sync } from './sync-state.ts'

/**
 * Twice as long as Argo CD takes to look by itself: `timeout.reconciliation` of 120 s and a jitter of up to 60 s (its
 * docs/operator-manual/argocd-cm.yaml). Whatever is not seen by then was not waited for in the usual way.
 */
export const lateRefreshMs = 2 * 180_000

/**
 * The state of an Application that has not compared with a commit for longer than it should take. Either it was not
 * refreshed since the push, or it was, with what Argo CD remembered of the branch. Pure.
 */
export function withLateRefresh(
  sync: Sync,
  application: KubernetesObject,
  { pushedMs, now }: { pushedMs: number | undefined; now: Date },
): Sync {
  const isWaiting = sync.state === 'pending' && sync.reason === 'NotFetched'
  if (!isWaiting || pushedMs === undefined || now.getTime() - pushedMs < lateRefreshMs) return sync
  const reconciledMs = Date.parse(text(application.status, 'reconciledAt') ?? '')
  const isRefreshed = reconciledMs > pushedMs
  const reason = isRefreshed ? 'RefreshDropped' : 'WebhookMissing'
  const why = isRefreshed
    ? 'it was refreshed since the push and did not see the commit'
    : 'nothing has refreshed it since the push'
  const remedy = `argocd app get ${application.metadata.name} --hard-refresh; notify.argocdWebhook makes it look at once`
  return { ...sync, reason, message: `${sync.message}; ${why}: ${remedy}` }
}
