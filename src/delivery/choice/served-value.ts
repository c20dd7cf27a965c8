import { chartAt } from '../../core/image/chart-place.ts'
import { tagOfChartVersion } from '../../core/image/chart-version.ts'
import { parseImageReference } from '../../core/image/reference.ts'
import { readSlotReference } from '../../core/image/slot-reference.ts'
import { chartListing } from '../../core/manifest/chart/listing.ts'
import type { Trace } from '../../core/manifest/trace.ts'
import type { TagSource } from '../../runtime/tag-source.ts'
import type { ListingDeps } from './listing.ts'

export interface ServedValueDeps extends ListingDeps {
  tags: Pick<TagSource, 'get' | 'failure' | 'refresh'>
}

/**
 * Whether an older value of a slot is still there: undefined when the registry or the index does not have it any more, else
 * its digest, which a chart in an index has not. Asked anew; rejects while nobody answers, with the refusals of `chartListing`.
 */
export async function findServed(
  trace: Pick<Trace, 'chart'>,
  value: string,
  { registry, chartSources, tags }: ServedValueDeps,
): Promise<{ digest: string | undefined } | undefined> {
  if (trace.chart === undefined) {
    const image = parseImageReference(value)
    return served(await registry.digest(image, image.digest ?? image.tag ?? 'latest'))
  }
  const listing = chartListing(trace.chart, chartSources)
  const { tag: version = '' } = readSlotReference(value, { isChart: true })
  const chart = chartAt(listing)
  if (chart?.type === 'oci') return served(await registry.digest(chart, tagOfChartVersion(version)))
  await tags.refresh(listing)
  const failure = tags.failure(listing)
  if (failure !== undefined) throw failure
  return tags.get(listing)?.tags.includes(version) === true ? { digest: undefined } : undefined
}

function served(digest: string | undefined): { digest: string } | undefined {
  return digest === undefined ? undefined : { digest }
}
