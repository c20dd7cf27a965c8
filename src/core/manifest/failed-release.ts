import type { FluxHelmRelease } from '../sync/flux-object.ts'
import type { ReleaseFailure } from '../sync/helm-failure.ts'
import { type EngineFailure, failureOfRelease } from '../workload/engine-failure.ts'
import { type Applied, type EngineObjects, lists, type Nomination, nominatedOwner, nominationName } from './origin.ts'

/** Where releases are looked up. */
type Releases = Pick<EngineObjects, 'helmRelease'>

/** How the release that a workload belongs to has failed; undefined when it has not, or does not list the workload. */
export function releaseFailureOf(applied: Applied, engine: Releases): ReleaseFailure | undefined {
  const owner = nominatedOwner(applied)
  return owner && failedRelease(applied, owner, engine)?.failure
}

/**
 * The same as far as it is about what runs, for one whose nomination is known. Asked at every event of every workload: it
 * costs one look-up while nothing has failed.
 */
export function engineFailureOf(applied: Applied, owner: Nomination, engine: Releases): EngineFailure | undefined {
  return failureOfRelease(nominationName(owner), failedRelease(applied, owner, engine)?.failure)
}

function failedRelease(
  applied: Applied,
  { kind, namespace, name }: Nomination,
  engine: Releases,
): FluxHelmRelease | undefined {
  const release = kind === 'HelmRelease' ? engine.helmRelease(`${namespace}/${name}`) : undefined
  if (release?.failure === undefined || release.hasKubeConfig || !lists(release, applied)) return undefined
  return release
}
