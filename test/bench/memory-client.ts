import { readFileSync } from 'node:fs'
import { createClient } from '../../src/adapters/kubernetes/client.ts'
import { createCluster } from '../../src/adapters/kubernetes/cluster.ts'
import { createConnection } from '../../src/adapters/kubernetes/connection.ts'
import { resources } from '../../src/api/kubernetes.ts'
import { readWorkload } from '../../src/core/workload/workload.ts'
import type { Log } from '../../src/ports.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { createStore } from '../../src/runtime/store.ts'

/**
 * The process that is measured: follows all Deployments of the cluster in the kubeconfig given as argument and prints
 * one line of JSON with its memory in MiB.
 */
const log: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: (fields, message) => process.stderr.write(`${message} ${JSON.stringify(fields)}\n`),
  error: (fields, message) => process.stderr.write(`${message} ${JSON.stringify(fields)}\n`),
  child: () => log,
}

const importedMiB = memory('VmRSS')
const startedMs = performance.now()
const connection = createConnection({ kubeconfig: process.argv[2] ?? '', context: '' }, systemClock)
const client = createClient(connection, 'fairlead/bench')
const cluster = createCluster({ client, clock: systemClock, log })
const store = createStore(cluster, resources.deployment, (object) => readWorkload(object), { clock: systemClock, log })
const stop = new AbortController()
const running = store.run(stop.signal)
await store.synced()
const readyMs = Math.round(performance.now() - startedMs)
await systemClock.sleep(3_000)
const result = {
  objects: store.size,
  readyMs,
  importedMiB,
  peakMiB: memory('VmHWM'),
  settledMiB: memory('VmRSS'),
  heapMiB: Math.round(process.memoryUsage().heapUsed / 1024 / 1024),
}
process.stdout.write(`${JSON.stringify(result)}\n`)
stop.abort()
connection.close()
await running

/** A line of /proc/self/status in MiB. */
function memory(line: 'VmHWM' | 'VmRSS'): number {
  const found = new RegExp(`${line}:\\s+(\\d+) kB`).exec(readFileSync('/proc/self/status', 'utf8'))
  return Math.round(Number(found?.[1] ?? 0) / 1024)
}
