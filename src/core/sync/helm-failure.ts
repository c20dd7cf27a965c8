import type { KubernetesObject } from '../../api/kubernetes.ts'
import { count, text } from '../workload/field.ts'
import { fluxCondition } from './flux-condition.ts'
import { failedSnapshot } from './helm-history.ts'

/** An attempt of Helm at the present configuration of a HelmRelease, which failed. */
export interface ReleaseFailure {
  /** helm-controller's: `UpgradeFailed`, `InstallFailed`, `TestFailed`, or how it was remediated where no more is known. */
  reason: string
  message: string
  /** When the attempt began, by the history of the release; milliseconds since 1970. */
  beganMs: number
  /** When it had failed; undefined when the same was said about an earlier attempt, which keeps the condition's time. */
  failedMs: number | undefined
  /** Helm has put back what ran before, or is about to: what failed runs no longer. */
  isTakenBack: boolean
  /** It is not tried again before somebody changes the configuration. */
  isGivenUp: boolean
}

/**
 * Why Helm could not make what a HelmRelease asks for; undefined while it is not known to have failed. Only an attempt that
 * helm-controller counts (`status.upgradeFailures`, reset by every change of the configuration) and keeps in the history
 * is one: an error before Helm has stored a release changed nothing, and is tried again. `Remediated` is a failure
 * although the release is well again. Source: fluxcd/helm-controller, internal/reconcile/{atomic_release,upgrade,test,release}.go.
 */
export function releaseFailure(release: KubernetesObject): ReleaseFailure | undefined {
  const { status } = release
  const said = (type: string, value: string) => {
    const condition = fluxCondition(release, type)
    return condition?.status === value ? condition : undefined
  }
  const remediated = said('Remediated', 'True')
  // A test whose failure is ignored leaves it ready.
  if (remediated === undefined && said('Ready', 'True') !== undefined) return undefined
  if (fluxCondition(release, 'Ready')?.reason === 'HealthCheckCanceled') return undefined
  const attempts = (count(status, 'upgradeFailures') ?? 0) + (count(status, 'installFailures') ?? 0)
  const found = (attempts > 0 ? said('Released', 'False') : undefined) ?? said('TestSuccess', 'False') ?? remediated
  const beganMs = attemptMs(status)
  if (found === undefined || beganMs === undefined) return undefined
  const saidMs = Date.parse(found.since)
  return {
    reason: found.reason,
    message: found.message,
    beganMs,
    failedMs: saidMs >= beganMs ? saidMs : undefined,
    isTakenBack: remediated !== undefined || isRemediating(release),
    isGivenUp: said('Stalled', 'True') !== undefined,
  }
}

/** Remediation begins after the failure was written down. */
function isRemediating(release: KubernetesObject): boolean {
  return /^Running '(?:rollback|uninstall)' action/.test(fluxCondition(release, 'Reconciling')?.message ?? '')
}

/** When Helm began with the newest release that failed, or whose test did. */
function attemptMs(status: unknown): number | undefined {
  const time = Date.parse(text(failedSnapshot(status), 'lastDeployed') ?? '')
  return Number.isNaN(time) ? undefined : time
}
