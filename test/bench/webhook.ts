import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRegistries } from '../../src/adapters/registry/registry.ts'
import { objectKey } from '../../src/api/kubernetes.ts'
import { createImageWatch, type ImageWatch } from '../../src/controllers/image-update/watch.ts'
import { readWorkload } from '../../src/core/workload/workload.ts'
import { systemClock as clock } from '../../src/runtime/clock.ts'
import { createHttp, type HttpClient } from '../../src/runtime/http.ts'
import { createQueue } from '../../src/runtime/queue.ts'
import { createTagSource } from '../../src/runtime/tag-source.ts'
import { createWebhookServer } from '../../src/server/webhook/webhook.ts'
import { silentLog } from '../fakes/silent-log.ts'
import { bundleChildren, firstLine } from './child.ts'
import { type BenchRow, round } from './row.ts'

/** Until the code is compiled and the connections stand; reported beside, as `coldP99Ms`. */
const early = 3_000
const requests = 10_000
const repositories = 2_000
const inFlight = 100
const secret = 'bench-webhook-secret'

/**
 * 10,000 webhooks, at most 100 in flight, with all limits raised: how long until the 202, and whether the registry was
 * asked about every repository after the last hint about it. Senders and registry are in another process.
 */
export async function webhookRows(): Promise<BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-webhook-'))
  const http = createHttp({ clock, hosts: () => ({ insecure: true }) })
  const stopped = new AbortController()
  try {
    await bundleChildren(folder, ['webhook-load'])
    const secretFile = join(folder, 'secret')
    await writeFile(secretFile, secret)
    return [await measure(folder, secretFile, http, stopped.signal)]
  } finally {
    stopped.abort()
    http.close()
    await rm(folder, { recursive: true })
  }
}

async function measure(folder: string, secretFile: string, http: HttpClient, stopped: AbortSignal): Promise<BenchRow> {
  const parameters = [early, requests, repositories, inFlight, secret].map(String)
  const load = spawn(process.execPath, [join(folder, 'webhook-load.mjs'), ...parameters])
  load.stderr.pipe(process.stderr)
  const host = await firstLine(load)
  const server = openServer(secretFile, watchAll(host, http, stopped))
  try {
    const { port } = await server.start()
    const printed = firstLine(load)
    load.stdin.write(`http://127.0.0.1:${port}\n`)
    const cpu = process.cpuUsage()
    const result = JSON.parse(await printed) as Record<string, number>
    const { user, system } = process.cpuUsage(cpu)
    const { p99Ms = Infinity, refused = requests, lost = requests, others = requests } = result
    return {
      row: `${requests} webhooks about ${repositories} repositories, ${inFlight} in flight, after ${early} to warm up`,
      aim: 'p99 <= 50 ms to the 202, repositories hinted = repositories asked for afterwards',
      met: p99Ms <= 50 && refused === 0 && lost === 0 && others === 0,
      result: { ...result, cpuMsPerWebhook: round((user + system) / 1000 / (early + requests), 2) },
    }
  } finally {
    load.kill()
    await server.stop(1_000)
  }
}

/** One workload for each repository, so that each hint is somebody's. */
function watchAll(host: string, http: HttpClient, stopped: AbortSignal): ImageWatch {
  const hosts = [{ host, insecure: true, requestsPerSecond: 100_000 }]
  const watch = createImageWatch({
    queue: createQueue({ clock, random: Math.random }),
    tags: createTagSource(createRegistries({ hosts }, { http, clock, log: silentLog }).registry),
    rules: [],
    mode: 'commit',
    intervalMs: 300_000,
    isLeader: () => true,
    clock,
    random: Math.random,
    stopped,
    log: silentLog,
  })
  for (let index = 0; index < repositories; index++) {
    const name = `app-${index}`
    const workload = readWorkload({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace: 'prod', uid: name, annotations: { 'fairlead.dev/policy': 'minor' } },
      spec: { replicas: 1, template: { spec: { containers: [{ name, image: `${host}/acme/${name}:1.0.0` }] } } },
      status: {},
    })
    watch.changed(objectKey(workload), workload)
  }
  return watch
}

function openServer(secretFile: string, watch: ImageWatch) {
  const rate = { perSecond: 100_000, burst: 100_000 }
  return createWebhookServer({
    listen: '127.0.0.1:0',
    receivers: [
      { name: 'registry', type: 'registry', auth: 'header', secretFile, rate },
      { name: 'generic', type: 'generic', auth: 'hmac', secretFile, rate },
    ],
    clock,
    log: silentLog,
    isLeader: () => true,
    repository: () => undefined,
    accept(hints) {
      for (const hint of hints) {
        if (!('about' in hint)) watch.hinted({ registry: hint.registry, repository: hint.repository }, hint.tag)
      }
    },
  })
}
