import type { Applier, GitBranch, GitFolder, HelmReleaseApplier } from '../applier.ts'
import { declaredThrough } from '../declared-through.ts'
import { isWithin, resolvePath } from '../repository-path.ts'
import { enterAllMerged, type Merged, mergedText } from '../yaml/merged.ts'

/**
 * A release without its engine, as what applies it declares it. The source of its chart is taken for the same repository
 * when it is a GitRepository and the chart's folder is there. Refusals as in `declaredThrough`.
 */
export function releaseInFolder(
  declaredBy: Applier,
  release: { namespace: string; name: string },
  isSettled: boolean,
): HelmReleaseApplier {
  const { namespace, name } = release
  const identity = { group: 'helm.toolkit.fluxcd.io', kind: 'HelmRelease', namespace, name }
  const { merged, branch } = declaredThrough(declaredBy, identity)
  return { kind: 'HelmRelease', namespace, name, declaredBy, chart: chartIn(branch, merged), isSettled }
}

function chartIn(branch: GitBranch, release: Merged): GitFolder | undefined {
  const text = (...steps: string[]) => mergedText(enterAllMerged(release, 'spec', 'chart', 'spec', ...steps))
  const chart = text('chart')
  if (chart === undefined || text('sourceRef', 'kind') !== 'GitRepository') return undefined
  const path = resolvePath('', chart)
  const isThere = path !== undefined && branch.snapshot.paths.some((file) => isWithin(path, file))
  return isThere ? { branch, path } : undefined
}
