import type { KubernetesObject } from '../../api/kubernetes.ts'
import { count, field, list, text } from '../workload/field.ts'
import { type FluxCondition, fluxCondition, isSuspended, withAge } from './flux-condition.ts'
import { fluxVerdicts, type Sync, syncedObject } from './sync-state.ts'

/**
 * How far a HelmRelease has come with a commit. It knows no commit itself: the Kustomization that applied it does, and
 * from then on the release's own generation tells. `owner` is that Kustomization's state. Ready=Unknown, which it shows
 * during every upgrade, is `seen`; a release that was rolled back (`Remediated`) is a failure although it is ready again.
 * `leaves` is the version of the chart that the commit leaves behind: where the chart is a source of its own, nothing in
 * the release changes, so it has not followed while it runs that one.
 */
export function decideHelmSync(release: KubernetesObject, owner: Sync | undefined, now?: Date, leaves?: string): Sync {
  const object = syncedObject(release)
  const revision = owner?.revision ?? ''
  const verdict = fluxVerdicts(release, revision)
  if (owner === undefined) {
    return verdict('unknown', 'OwnerUnknown', 'the Kustomization that applied the HelmRelease is not known')
  }
  if (owner.state !== 'applied') return { ...owner, object, message: `${owner.object}: ${owner.message}` }
  if (isSuspended(release)) return verdict('blocked', 'Suspended', 'the HelmRelease is suspended; resume it')
  const observed = count(release.status, 'observedGeneration') ?? 0
  const attempted = count(release.status, 'lastAttemptedGeneration') ?? observed
  const generation = count(release.metadata, 'generation') ?? 0
  const failure = failureOf(release)
  if (failure?.reason === 'DependencyNotReady') return verdict('blocked', failure.reason, withAge(failure, now))
  if (failure !== undefined) return verdict('failed', failure.reason, withAge(failure, now))
  const running = field(release.spec, 'chartRef') === undefined ? undefined : runningChart(release)
  if (leaves !== undefined && running === bareVersion(leaves)) {
    return verdict('seen', 'Progressing', `chart version ${running} runs still`)
  }
  const ready = fluxCondition(release, 'Ready')
  if (ready?.status === 'True' && Math.max(observed, attempted) >= generation) {
    return verdict('applied', ready.reason, ready.message)
  }
  return verdict(
    'seen',
    ready?.reason || 'Progressing',
    ready?.message || `generation ${generation} is not released yet`,
  )
}

/** Version of the chart in the newest release; helm-controller puts the digest of an OCI artifact behind a plus. */
function runningChart({ status }: KubernetesObject): string | undefined {
  const version = text(list(field(status, 'history'))[0], 'chartVersion')
  return version === undefined ? undefined : bareVersion(version)
}

function bareVersion(version: string): string {
  return version.replace(/^v/, '').replace(/\+.*$/, '')
}

/**
 * The first of Stalled, a failed release or test, Remediated, and any other Ready=False, at this generation. A test whose
 * failure is ignored leaves the release ready (helm-controller, `summarize`).
 */
function failureOf(release: KubernetesObject): FluxCondition | undefined {
  if (field(release.status, 'conditions') === undefined) return undefined
  const isReady = fluxCondition(release, 'Ready')?.status === 'True'
  const bad: readonly (readonly [type: string, status: string])[] = [
    ['Stalled', 'True'],
    ['Released', 'False'],
    ...(isReady ? [] : [['TestSuccess', 'False'] as const]),
    ['Remediated', 'True'],
    ['Ready', 'False'],
  ]
  return bad
    .map(([type, status]) => ({ status, condition: fluxCondition(release, type) }))
    .find(({ status, condition }) => condition?.status === status)?.condition
}
