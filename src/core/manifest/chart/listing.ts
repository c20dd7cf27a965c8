import { FairleadError } from '../../../errors.ts'
import { type ChartPlace, chartPlace } from '../../image/chart-place.ts'
import type { ChartSource } from './version.ts'

/** The addresses of Flux sources as they are now. */
export interface ChartSourceObjects {
  /** `spec.url`; `key` is `namespace/name`. Undefined when there is no such object here. */
  address(kind: 'HelmRepository' | 'OCIRepository', key: string): string | undefined
}

/**
 * Where the versions of a chart are listed. `OwnerElsewhere` when the source that it names cannot be read here, and
 * `RegistryNotFound` for an address that is none.
 */
export function chartListing(
  { name, source }: { name: string; source: ChartSource },
  sources: ChartSourceObjects,
): ChartPlace {
  if (source.kind === 'url') return chartPlace(source.url, name)
  const key = `${source.namespace}/${source.name}`
  const address = sources.address(source.kind, key)
  if (address !== undefined) return chartPlace(address, name)
  const message = `the chart ${name || source.name} comes from ${source.kind} ${key}, which cannot be read here`
  throw new FairleadError('OwnerElsewhere', message)
}
