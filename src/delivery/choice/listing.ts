import { chartAt } from '../../core/image/chart-place.ts'
import { tagOfChartVersion } from '../../core/image/chart-version.ts'
import type { UpdateSettings } from '../../core/image/settings.ts'
import { readSlotReference } from '../../core/image/slot-reference.ts'
import { type ChartSourceObjects, chartListing } from '../../core/manifest/chart/listing.ts'
import type { Trace } from '../../core/manifest/trace.ts'
import { FairleadError } from '../../errors.ts'
import type { ImageRepository, Registry } from '../../ports.ts'

export interface ListingDeps {
  registry: Pick<Registry, 'digest'>
  chartSources: ChartSourceObjects
}

/** What is asked for: the slot as Git has it, and by which policy. */
interface Listed {
  trace: Pick<Trace, 'image' | 'chart'>
  settings: Pick<UpdateSettings, 'policy'>
}

/** Where what can be chosen is listed: the repository of the image, or the place of the chart. */
export function listingOf({ trace, settings }: Listed, deps: Pick<ListingDeps, 'chartSources'>): ImageRepository {
  if (trace.chart === undefined) return readSlotReference(trace.image, settings.policy)
  return chartListing(trace.chart, deps.chartSources)
}

/**
 * What a tag or version points to; undefined only for a chart that an index lists, of which nothing can be told.
 * `RegistryUnavailable` while it has no manifest.
 */
export async function digestOf(question: Listed, tag: string, deps: ListingDeps): Promise<string | undefined> {
  const listing = listingOf(question, deps)
  const chart = chartAt(listing)
  if (chart?.type === 'http') return undefined
  const digest =
    chart === undefined
      ? await deps.registry.digest(listing, tag)
      : await deps.registry.digest(chart, tagOfChartVersion(tag))
  if (digest !== undefined) return digest
  // Registries list a tag before they serve it; a tag that was deleted will be missing from the next list.
  const message = `${question.trace.image}: ${tag} is listed, but has no manifest (yet, or any more)`
  throw new FairleadError('RegistryUnavailable', message)
}
