import { FairleadError } from '../../src/errors.ts'
import type { ChartRepository, ChartSource } from '../../src/ports.ts'

/** Helm repositories in memory, for tests of what reads them. */
export interface FakeChartRepository extends ChartRepository {
  publish(source: ChartSource, versions: readonly string[]): void
  /** Every call rejects with this until it is called with undefined. */
  failWith(error: FairleadError | undefined): void
}

export function createFakeChartRepository(): FakeChartRepository {
  const published = new Map<string, readonly string[]>()
  let failure: FairleadError | undefined
  const keyOf = (source: ChartSource) =>
    source.type === 'http' ? `${source.url} ${source.chart}` : `${source.registry}/${source.repository}`

  return {
    publish(source, versions) {
      published.set(keyOf(source), versions)
    },
    failWith(error) {
      failure = error
    },
    async versions(source) {
      if (failure !== undefined) throw failure
      const versions = published.get(keyOf(source))
      if (versions === undefined) throw new FairleadError('RegistryNotFound', `no chart ${keyOf(source)}`)
      if (versions.length === 0) throw new FairleadError('RegistryUnavailable', `no version of ${keyOf(source)}`)
      return versions.map((version) => ({ version }))
    },
  }
}
