import { createRegistries } from '../../src/adapters/registry/registry.ts'
import type { ChartSource } from '../../src/ports.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { createHttp } from '../../src/runtime/http.ts'
import { createFakeChartRepository } from '../fakes/chart-repository.ts'
import { helmIndex, startChartServer } from '../fakes/chart-server.ts'
import { startRegistryServer } from '../fakes/registry-server.ts'
import { silentLog } from '../fakes/silent-log.ts'
import { describeChartRepository } from './chart-repository.ts'

function adapter(host: string) {
  const hosts = [{ host, insecure: true, requestsPerSecond: 10_000 }]
  const http = createHttp({ clock: systemClock, hosts: { [host]: { insecure: true } } })
  return { http, charts: createRegistries({ hosts }, { http, clock: systemClock, log: silentLog }).charts }
}

describeChartRepository('fake', async () => {
  const charts = createFakeChartRepository()
  const source = (chart: string): ChartSource => ({ type: 'http', url: 'https://charts.example.com', chart })
  return {
    charts,
    source,
    publish: async (chart, versions) => charts.publish(source(chart), versions),
    close: async () => {},
  }
})

function describeIndexed(name: string, options: { etags: boolean }): void {
  describeChartRepository(`adapter, ${name}`, async () => {
    const server = await startChartServer(options)
    const { http, charts } = adapter(server.host)
    const published: Record<string, readonly string[]> = {}
    return {
      charts,
      source: (chart) => ({ type: 'http', url: `http://${server.host}/charts/`, chart }),
      async publish(chart, versions) {
        published[chart] = versions
        server.serve(helmIndex(published))
      },
      async close() {
        http.close()
        await server.close()
      },
    }
  })
}

describeIndexed('a repository with an index', { etags: true })
describeIndexed('a repository whose server knows no ETags', { etags: false })

describeChartRepository('adapter, an OCI registry', async () => {
  const server = await startRegistryServer({ pageSize: 2 })
  const { http, charts } = adapter(server.host)
  return {
    charts,
    source: (chart) => ({ type: 'oci', registry: server.host, repository: `charts/${chart}` }),
    async publish(chart, versions) {
      for (const tag of ['latest', ...versions]) server.push(`charts/${chart}`, tag.replace('+', '_'))
    },
    async close() {
      http.close()
      await server.close()
    },
  }
})
