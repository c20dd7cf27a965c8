import { systemClock } from '../../src/runtime/clock.ts'
import { createHttp } from '../../src/runtime/http.ts'
import { startRegistry } from '../../src/sandbox/registry/registry.ts'
import { hasDistribution, startDistribution } from '../contract/distribution.ts'
import { buildImage } from '../fakes/oci-image.ts'

/** A registry on the loopback. */
export interface BenchRegistry {
  /** Which program it is, for the report. */
  name: string
  host: string
  push(repository: string, tag: string): Promise<void>
  stop(): Promise<void>
}

/** The real docker-registry where it is installed, else the sandbox's. */
export async function startBenchRegistry(): Promise<BenchRegistry> {
  return hasDistribution ? startReal() : startSandbox()
}

async function startReal(): Promise<BenchRegistry> {
  const http = createHttp({ clock: systemClock, hosts: () => ({ insecure: true }) })
  const distribution = await startDistribution(http, { auth: undefined })
  const { host } = distribution
  const image = buildImage(['linux/amd64'])
  return {
    name: 'docker-registry 2.8',
    host,
    push: (repository, tag) => distribution.push({ registry: host, repository }, tag, image),
    async stop() {
      http.close()
      await distribution.stop()
    },
  }
}

async function startSandbox(): Promise<BenchRegistry> {
  const registry = await startRegistry()
  return {
    name: 'sandbox registry',
    host: registry.host,
    push: async (repository, tag) => {
      registry.push(repository, tag)
    },
    stop: () => registry.close(),
  }
}
