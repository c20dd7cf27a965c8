import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import type { CloudAuth, CloudEnvironment } from '../../../../src/adapters/registry/cloud/identity.ts'
import type { CredentialSource } from '../../../../src/adapters/registry/credential.ts'
import { createSource } from '../../../../src/adapters/registry/credential-choice.ts'
import type { Http } from '../../../../src/ports.ts'
import { systemClock } from '../../../../src/runtime/clock.ts'
import { createHttp } from '../../../../src/runtime/http.ts'
import { createManualClock, type ManualClock } from '../../../fakes/clock.ts'
import { type CloudServer, type CloudWorld, startCloudServer } from '../../../fakes/cloud-server.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

export interface CloudTest {
  server: CloudServer
  clock: ManualClock
  secrets: Set<string>
  /** Writes a file as the kubelet would project it; gives its path. */
  project(name: string, content: string): string
  source(host: string, auth: CloudAuth, environment: CloudEnvironment): CredentialSource
}

/** The clouds' token services, reached as in the real world but for DNS and TLS. */
export async function aCloud(world: Omit<CloudWorld, 'now'> = {}): Promise<CloudTest> {
  const clock = createManualClock()
  const server = await startCloudServer({ ...world, now: () => clock.now() })
  const http = createHttp({ clock: systemClock, hosts: { [server.host]: { insecure: true } } })
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-cloud-'))
  cleanups.push(
    () => rmSync(folder, { recursive: true }),
    () => server.close(),
    () => http.close(),
  )
  const led: Http = {
    request(request) {
      const url = new URL(request.url)
      const headers = { ...request.headers, host: url.host }
      return http.request({ ...request, headers, url: `http://${server.host}${url.pathname}${url.search}` })
    },
  }
  const secrets = new Set<string>()
  return {
    server,
    clock,
    secrets,
    project(name, content) {
      const path = join(folder, name)
      writeFileSync(path, content)
      return path
    },
    source(host, auth, environment) {
      const cloud = { http: led, environment }
      const source = createSource({ host, auth }, { http: led, clock, cloud, secretSeen: (one) => secrets.add(one) })
      if (source === undefined) throw new Error('no source')
      return source
    },
  }
}

/** What a caller learns from a promise that rejects. */
export const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => {
      throw new Error('did not fail')
    },
    (error) => error,
  )
