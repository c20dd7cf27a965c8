import { FairleadError } from '../../../errors.ts'
import type { Applier, HelmReleaseApplier } from '../applier.ts'
import { type ChartSource, type ChartTrace, chartVersionSlot } from '../chart/version.ts'
import { type DeclaredThrough, declaredThrough } from '../declared-through.ts'
import { decidingPlace, enterAllMerged, type Merged, mergedText } from '../yaml/merged.ts'
import { releaseManifests } from './release-index.ts'
import { policyOfRelease } from './release-policy.ts'
import { undeclared } from './release-values.ts'
import { refuseSharedValues } from './shared-values.ts'

/**
 * Finds what decides the version of the chart that a HelmRelease deploys: its `spec.chart.spec.version`, or the tag of the
 * OCIRepository that its `spec.chartRef` names. Refusals as in `declaredThrough` and `chartVersionSlot`; `NotTraced` for a
 * chart that comes from Git or a bucket, where there are no versions to choose from.
 */
export function traceChartVersion(applier: HelmReleaseApplier): ChartTrace {
  const { declaredBy, namespace, name } = applier
  if (declaredBy === undefined) throw undeclared(applier)
  const who = `HelmRelease ${namespace}/${name}`
  const release = declaredThrough(declaredBy, { group: 'helm.toolkit.fluxcd.io', kind: 'HelmRelease', namespace, name })
  const chartRef = sourceOf(enterAllMerged(release.merged, 'spec', 'chartRef'), namespace)
  if (chartRef !== undefined) return inSource(declaredBy, chartRef, { release, who, name, namespace })
  const spec = enterAllMerged(release.merged, 'spec', 'chart', 'spec')
  const reference = sourceOf(enterAllMerged(spec, 'sourceRef'), namespace)
  if (reference?.kind !== 'HelmRepository') throw noVersions(who, reference)
  const found = chartVersionSlot(decidingPlace(enterAllMerged(spec, 'version')), who)
  const { branch } = release
  refuseSharedValues(release, declaredBy, found.slot.file, { branch }, versionWords)
  const chart = mergedText(enterAllMerged(spec, 'chart')) ?? ''
  const declared = policyOfRelease(release)
  return { chart, source: { ...reference, kind: reference.kind }, branch, ...found, declared, others: [] }
}

const versionWords = { what: 'version of the chart', remedy: 'patch the version in the overlay of each' }

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
function inSource(
  declaredBy: Applier,
  { kind, namespace, name }: SourceReference,
  by: { release: DeclaredThrough; who: string; namespace: string; name: string },
): ChartTrace {
  const { who, release } = by
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
  refuseSharedValues(declared, declaredBy, found.slot.file, { branch }, versionWords)
  const others = othersWith(source, declared, by)
  return { chart: '', source, branch, ...found, declared: policyOfRelease(release), others }
}

/** The releases of the same root that name the source, too; one without a namespace lands in that of the asking one. */
function othersWith(
  source: SourceReference,
  { branch, build }: DeclaredThrough,
  asking: { namespace: string; name: string },
): ChartTrace['others'] {
  const files = new Set(build.sources.map(({ file }) => file))
  return releaseManifests(branch.snapshot, [source.name]).flatMap(({ file, name, namespace, chartRef }) => {
    const home = namespace ?? asking.namespace
    const isSame = chartRef?.kind === source.kind && chartRef.name === source.name
    const isThere = files.has(file) && (chartRef?.namespace ?? asking.namespace) === source.namespace
    const isOther = name !== asking.name || home !== asking.namespace
    return isSame && isThere && isOther ? [{ namespace: home, name }] : []
  })
}

function noVersions(who: string, reference: SourceReference | undefined): FairleadError {
  const from =
    reference === undefined ? 'an unknown source' : `${reference.kind} ${reference.namespace}/${reference.name}`
  const message = `${who} takes its chart from ${from}, which lists no versions; only HelmRepository and OCIRepository do`
  return new FairleadError('NotTraced', `${message}.`)
}
