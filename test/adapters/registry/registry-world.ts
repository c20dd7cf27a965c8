import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import type { RegistryHostSettings } from '../../../src/adapters/registry/host.ts'
import { createRegistries, type RegistrySettings } from '../../../src/adapters/registry/registry.ts'
import type { Clock, Http, HttpRequest, Registry } from '../../../src/ports.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createHttp } from '../../../src/runtime/http.ts'
import type { ManualClock } from '../../fakes/clock.ts'
import { type RegistryServer, type RegistryServerOptions, startRegistryServer } from '../../fakes/registry-server.ts'
import { silentLog } from '../../fakes/silent-log.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

export const web = { registry: 'registry.example.com', repository: 'acme/web' }

export interface World {
  server: RegistryServer
  registry: Registry
  /** Counted requests: `registry code`. */
  counted: string[]
  secrets: Set<string>
  /** Where each request was going, before it was led to the scripted server. */
  targets: string[]
  configFile: string
}

export interface WorldOptions {
  server?: RegistryServerOptions
  host?: Partial<RegistryHostSettings>
  settings?: Partial<RegistrySettings>
  clock?: Clock
  /** Content of the docker config.json; without it access is anonymous. */
  dockerConfig?: unknown
}

/** The adapter for https://registry.example.com, whose requests end up at a scripted server on loopback. */
export async function aRegistryWorld(options: WorldOptions = {}): Promise<World> {
  const realm = `https://${web.registry}/token`
  const server = await startRegistryServer({ realm, ...options.server })
  const http = createHttp({ clock: systemClock, hosts: { [server.host]: { insecure: true } } })
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-registry-'))
  const configFile = join(folder, 'config.json')
  cleanups.push(
    () => rmSync(folder, { recursive: true }),
    () => server.close(),
    () => http.close(),
  )
  const credentials = options.dockerConfig === undefined ? {} : { credentialsFile: configFile }
  if (options.dockerConfig !== undefined) writeFileSync(configFile, JSON.stringify(options.dockerConfig))

  const targets: string[] = []
  const counted: string[] = []
  const secrets = new Set<string>()
  const hosts = [{ host: web.registry, requestsPerSecond: 1000, ...credentials, ...options.host }]
  const { registry } = createRegistries(
    { hosts, ...options.settings },
    {
      http: leadTo(http, server.host, targets),
      clock: options.clock ?? systemClock,
      log: silentLog,
      metrics: { requested: (name, code) => counted.push(`${name} ${code}`) },
      secretSeen: (secret) => secrets.add(secret),
      random: () => 0.5,
    },
  )
  return { server, registry, counted, secrets, targets, configFile }
}

/** Stands in for DNS and TLS: every request goes to one server, its intended origin is noted. */
function leadTo(http: Http, host: string, targets: string[]): Http {
  return {
    request(request: HttpRequest) {
      const url = new URL(request.url)
      targets.push(`${url.origin}${request.headers?.authorization === undefined ? '' : ' with credentials'}`)
      return http.request({ ...request, url: `http://${host}${url.pathname}${url.search}` })
    },
  }
}

export const basicAuths = (host: string = web.registry, username = 'robot', password = 's3cret-one') => ({
  auths: { [host]: { auth: Buffer.from(`${username}:${password}`).toString('base64') } },
})

/** Lets the clock run until the promise is settled. */
export async function passTimeUntil<T>(clock: ManualClock, promise: Promise<T>): Promise<T> {
  let settled = false
  const settle = () => {
    settled = true
  }
  promise.then(settle, settle)
  while (!settled) {
    await new Promise((resolve) => setImmediate(resolve))
    if (clock.sleepers > 0) await clock.advance(1000)
  }
  return promise
}
