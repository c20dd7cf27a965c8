import { chartContainer } from '../../api/update-request.ts'
import { FairleadError } from '../../errors.ts'
import type { ChartPlace } from '../image/chart-place.ts'
import { chartReference } from '../image/slot-reference.ts'
import { type ArgoApplication, argoChartAddress } from '../sync/argo-application.ts'
import type { FluxHelmRelease } from '../sync/flux-object.ts'
import { field, text } from '../workload/field.ts'
import { ownAnnotations } from '../workload/inherited.ts'
import { type ChartSourceObjects, chartListing } from './chart/listing.ts'
import type { ChartSource } from './chart/version.ts'
import type { Applied } from './origin.ts'

/** What updates are decided for: a workload with its containers, or a release whose chart stands for the only one. */
export interface UpdateSubject extends Applied {
  /** Absent for workloads: `apps/v1`. */
  apiVersion?: string
  uid: string
  annotations: Readonly<Record<string, string>>
  /** `image` of a chart is `podinfo:6.5.4`, as the live object says, or only its name. */
  containers: readonly { name: string; image: string }[]
  /** Set for a release; its chart is listed nowhere while that is not known. */
  chart?: { place: ChartPlace | undefined }
}

/**
 * A HelmRelease or an Application as what its chart is decided for; undefined when it has none with versions to choose
 * from.
 */
export function chartSubject(
  release: FluxHelmRelease | ArgoApplication,
  sources: ChartSourceObjects,
): UpdateSubject | undefined {
  const { namespace, name, object } = release
  const chart = 'sources' in release ? applicationChart(release) : releaseChart(release)
  if (chart === undefined) return undefined
  const { apiVersion, kind, metadata } = object
  const { labels = {}, uid = '', annotations = {} } = metadata
  const [group = ''] = apiVersion.split('/')
  return {
    apiVersion,
    group,
    kind,
    namespace,
    name,
    uid,
    labels,
    annotations: ownAnnotations(annotations, [chartContainer]),
    containers: [{ name: chartContainer, image: liveReference(chart) }],
    chart: { place: placeOf(chart, sources) },
  }
}

interface LiveChart {
  name: string
  source: ChartSource
  version: string
}

/** As the live release names it: a chart of a HelmRepository, or an OCIRepository that is the chart. */
function releaseChart({ object, namespace }: FluxHelmRelease): LiveChart | undefined {
  const spec = field(field(object.spec, 'chart'), 'spec')
  const reference = field(object.spec, 'chartRef') ?? field(spec, 'sourceRef')
  const kind = text(reference, 'kind')
  if (kind !== 'HelmRepository' && kind !== 'OCIRepository') return undefined
  const at = { namespace: text(reference, 'namespace') ?? namespace, name: text(reference, 'name') ?? '' }
  return { name: text(spec, 'chart') ?? '', source: { kind, ...at }, version: text(spec, 'version') ?? '' }
}

/** The first of several, which tracing refuses. */
function applicationChart({ sources }: ArgoApplication): LiveChart | undefined {
  const source = sources.find(({ chart }) => chart !== '')
  if (source === undefined) return undefined
  const { chart, repoUrl, targetRevision } = source
  return { name: chart, source: { kind: 'url', url: argoChartAddress(repoUrl) }, version: targetRevision }
}

/** Without a version where the release does not hold it: that of an OCIRepository stands there. */
function liveReference({ name, source, version }: LiveChart): string {
  const chart = name || (source.kind === 'url' ? source.url : source.name)
  return version === '' ? chart : chartReference(chart, version)
}

/** What is wrong with the address is said when the chart is looked at. */
function placeOf(chart: LiveChart, sources: ChartSourceObjects): ChartPlace | undefined {
  try {
    return chartListing(chart, sources)
  } catch (thrown) {
    if (thrown instanceof FairleadError) return undefined
    throw thrown
  }
}
