import { FairleadError } from '../../../errors.ts'
import type { Applier, HelmReleaseApplier } from '../applier.ts'
import { type ChartSource, type ChartVersion, chartVersionSlot } from '../chart-version.ts'
import { declaredThrough } from '../declared-through.ts'
import { decidingPlace, enterAllMerged, type Merged, mergedText } from '../merged.ts'
import { undeclared } from './release-values.ts'
import { refuseSharedValues } from './shared-values.ts'

/**
 * Finds what decides the version of the chart that a HelmRelease deploys: its `spec.chart.spec.version`, or the tag of the
 * OCIRepository that its `spec.chartRef` names. Refusals as in `declaredThrough` and `chartVersionSlot`; `NotTraced` for a
 * chart that comes from Git or a bucket, where there are no versions to choose from.
 */
export function traceChartVersion(applier: HelmReleaseApplier): ChartVersion {
  const { declaredBy, namespace, name } = applier
  if (declaredBy === undefined) throw undeclared(applier)
  const who = `HelmRelease ${namespace}/${name}`
  const release = declaredThrough(declaredBy, { group: 'helm.toolkit.fluxcd.io', kind: 'HelmRelease', namespace, name })
  const chartRef = sourceOf(enterAllMerged(release.merged, 'spec', 'chartRef'), namespace)
  if (chartRef !== undefined) return inSource(declaredBy, chartRef, who)
  const spec = enterAllMerged(release.merged, 'spec', 'chart', 'spec')
  const reference = sourceOf(enterAllMerged(spec, 'sourceRef'), namespace)
  if (reference?.kind !== 'HelmRepository') throw noVersions(who, reference)
  const found = chartVersionSlot(decidingPlace(enterAllMerged(spec, 'version')), who)
  const { branch } = release
  refuseSharedValues(release, declaredBy, found.slot.file, { branch })
  const chart = mergedText(enterAllMerged(spec, 'chart')) ?? ''
  return { chart, source: { ...reference, kind: reference.kind }, branch, ...found }
}

/** An object that another one names, in the namespace of that one unless it says otherwise. */
interface SourceReference {
  kind: string
  namespace: string
  name: string
}

function sourceOf(reference: Merged, namespace: string): SourceReference | undefined {
  const text = (key: string) => mergedText(enterAllMerged(reference, key))
  const [kind, name] = [text('kind'), text('name')]
  return kind === undefined || name === undefined
    ? undefined
    : { kind, name, namespace: text('namespace') ?? namespace }
}

/** An OCIRepository is the chart itself; of its `ref` the digest wins over a range, and that over the tag. */
function inSource(declaredBy: Applier, { kind, namespace, name }: SourceReference, who: string): ChartVersion {
  if (kind !== 'OCIRepository') throw noVersions(who, { kind, namespace, name })
  const source: ChartSource = { kind, namespace, name }
  const declared = declaredThrough(declaredBy, { group: 'source.toolkit.fluxcd.io', ...source })
  const ref = enterAllMerged(declared.merged, 'spec', 'ref')
  for (const key of ['digest', 'semver']) {
    const value = mergedText(enterAllMerged(ref, key))
    if (value === undefined) continue
    const message = `${who}: ${kind} ${namespace}/${name} follows the ${key} ${value}, and no tag that could be changed`
    throw new FairleadError('PinnedRevision', `${message}; set spec.ref.tag instead.`)
  }
  const found = chartVersionSlot(decidingPlace(enterAllMerged(ref, 'tag')), who)
  const { branch } = declared
  refuseSharedValues(declared, declaredBy, found.slot.file, { branch })
  return { chart: '', source, branch, ...found }
}

function noVersions(who: string, reference: SourceReference | undefined): FairleadError {
  const from =
    reference === undefined ? 'an unknown source' : `${reference.kind} ${reference.namespace}/${reference.name}`
  const message = `${who} takes its chart from ${from}, which lists no versions; only HelmRepository and OCIRepository do`
  return new FairleadError('NotTraced', `${message}.`)
}
