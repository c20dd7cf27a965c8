import { chartAt } from '../core/image/chart-place.ts'
import type { ChartRepository, Registry } from '../ports.ts'

/** Lists what can be chosen at a place: tags of an image, or versions of a chart (see `ChartPlace`). */
export function createVersionList(registry: Pick<Registry, 'tags'>, charts: ChartRepository): Pick<Registry, 'tags'> {
  return {
    async tags(place) {
      const chart = chartAt(place)
      return chart === undefined ? registry.tags(place) : (await charts.versions(chart)).map(({ version }) => version)
    },
  }
}
