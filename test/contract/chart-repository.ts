import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ChartRepository, ChartSource } from '../../src/ports.ts'

/** A Helm repository that can be filled, whatever stands behind it. */
export interface ChartWorld {
  charts: ChartRepository
  /** Where a chart of that name lies. */
  source(chart: string): ChartSource
  publish(chart: string, versions: readonly string[]): Promise<void>
  close(): Promise<void>
}

/** What everybody who uses the ChartRepository port may rely on. */
export function describeChartRepository(name: string, start: () => Promise<ChartWorld>): void {
  describe(`ChartRepository port: ${name}`, () => {
    let world: ChartWorld
    const versions = async (chart: string) => {
      const found = await world.charts.versions(world.source(chart))
      return found.map(({ version }) => version).sort()
    }
    beforeAll(async () => {
      world = await start()
    })
    afterAll(() => world?.close())

    it('lists the versions of a chart, and of no other', async () => {
      await world.publish('web', ['1.0.0', '1.1.0', '2.0.0-rc.1'])
      await world.publish('web-extra', ['9.0.0'])
      expect(await versions('web')).toEqual(['1.0.0', '1.1.0', '2.0.0-rc.1'])
    })

    it('spells build metadata with a plus', async () => {
      await world.publish('built', ['1.0.0+20240506.1'])
      expect(await versions('built')).toEqual(['1.0.0+20240506.1'])
    })

    it('lists a version as soon as it is published', async () => {
      await world.publish('growing', ['1.0.0'])
      expect(await versions('growing')).toEqual(['1.0.0'])
      await world.publish('growing', ['1.0.0', '1.0.1'])
      expect(await versions('growing')).toEqual(['1.0.0', '1.0.1'])
    })

    it('rejects a chart that is not there', async () => {
      await expect(versions('nowhere')).rejects.toMatchObject({ code: 'RegistryNotFound' })
    })

    it('rejects a chart that has no version, for nothing is decided from that', async () => {
      await world.publish('empty', [])
      await expect(versions('empty')).rejects.toMatchObject({ kind: 'transient' })
    })
  })
}
