import { type ChartVersion, chartVersionOfTag } from '../../core/image/chart-version.ts'
import { FairleadError } from '../../errors.ts'
import type { ChartRepository, Registry } from '../../ports.ts'
import { type ChartIndexDependencies, createChartIndexReader } from './chart-index.ts'

/** Reads chart versions from repositories with an index, and from OCI registries by their tags. */
export function createChartRepository(
  registry: Pick<Registry, 'tags'>,
  dependencies: ChartIndexDependencies,
): ChartRepository {
  const readIndexVersions = createChartIndexReader(dependencies)

  return {
    async versions(source) {
      if (source.type === 'http') {
        return requireSome(await readIndexVersions(source.url, source.chart), `${source.chart} in ${source.url}`)
      }
      const found = (await registry.tags(source)).flatMap((tag): ChartVersion[] => {
        const version = chartVersionOfTag(tag)
        return version === undefined ? [] : [{ version }]
      })
      return requireSome(found, `${source.registry}/${source.repository}`)
    },
  }
}

/** As with images: a chart that is in use has versions, and a list without any decides nothing. */
function requireSome(versions: readonly ChartVersion[], what: string): readonly ChartVersion[] {
  if (versions.length > 0) return versions
  throw new FairleadError('RegistryUnavailable', `no version of the chart ${what} is listed just now`)
}
