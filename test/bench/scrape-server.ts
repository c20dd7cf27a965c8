import { readFileSync } from 'node:fs'
import { PerformanceObserver } from 'node:perf_hooks'
import { createInterface } from 'node:readline'
import type { KubernetesObject } from '../../src/api/kubernetes.ts'
import { workloadSamples } from '../../src/controllers/workload/series.ts'
import type { RolloutState } from '../../src/core/workload/rollout-state.ts'
import { trackRollout } from '../../src/core/workload/track-rollout.ts'
import { readWorkload, type Workload, workloadKinds } from '../../src/core/workload/workload.ts'
import type { Log } from '../../src/ports.ts'
import { systemClock as clock } from '../../src/runtime/clock.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { createMetricsServer } from '../../src/server/metrics.ts'
import { round } from './row.ts'

/**
 * The process that is scraped: keeps that many workloads with their states and series, as the controller does, and serves
 * them. Prints its address; for every line of input, what it has measured since the line before. Argument: workloads.
 */
const workloads = Number(process.argv[2] ?? 0)
const log: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, child: () => log }

const metrics = createMetrics('bench')
const kept = new Map<string, { workload: Workload; state: RolloutState }>()
for (let index = 0; index < workloads; index++) {
  const { workload, state } = look(index)
  kept.set(`${index}`, { workload, state })
  metrics.workloads.set(`${index}`, workloadSamples(workload, state, 1_772_000_000_000))
}
const server = createMetricsServer({
  listen: '127.0.0.1:0',
  clock,
  log,
  metrics,
  ready: () => ({ ready: true, waitingFor: [] }),
})
const { host, port } = await server.start()
process.stdout.write(`http://${host}:${port}/metrics\n`)

let [longestMs, longestCpuMs, longestGcMs] = [0, 0, 0]
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) longestGcMs = Math.max(longestGcMs, duration)
}).observe({ entryTypes: ['gc'] })
let beforeMs = performance.now()
let beforeCpu = process.cpuUsage()
const beat = () => {
  const nowMs = performance.now()
  longestMs = Math.max(longestMs, nowMs - beforeMs)
  beforeMs = nowMs
  // of all threads, so rather too much; on a machine with other work to do the clock alone says too much by far
  const { user, system } = process.cpuUsage(beforeCpu)
  longestCpuMs = Math.max(longestCpuMs, (user + system) / 1000)
  beforeCpu = process.cpuUsage()
  setImmediate(beat)
}
setImmediate(beat)
createInterface({ input: process.stdin }).on('line', () => {
  process.stdout.write(
    `${JSON.stringify({ blockMs: round(longestMs), blockCpuMs: round(longestCpuMs), gcMs: round(longestGcMs), peakMiB: memory() })}\n`,
  )
  ;[longestMs, longestCpuMs, longestGcMs] = [0, 0, 0]
})

/** A workload whose second version is out since a while; both looks as the controller has them. */
function look(index: number): { workload: Workload; state: RolloutState } {
  const first = trackRollout(undefined, readWorkload(anObject(index, 1)), new Date(0), { elapsedMs: 0 })
  const workload = readWorkload(anObject(index, 2))
  return { workload, state: trackRollout(first, workload, new Date(60_000), { elapsedMs: 60_000 }) }
}

function anObject(index: number, generation: number): KubernetesObject {
  const kind = workloadKinds[index % workloadKinds.length] ?? 'Deployment'
  const image = `registry.example.com/team-${index % 200}/service-${index}:1.${generation}.0`
  const counters = { replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3 }
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: {
      name: `service-${index}`,
      namespace: `team-${index % 200}`,
      uid: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
      resourceVersion: `${index}`,
      generation,
      labels: { 'app.kubernetes.io/instance': `team-${index % 200}` },
      annotations: { 'deployment.kubernetes.io/revision': `${generation}`, 'fairlead.dev/policy': 'minor' },
    },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: `service-${index}` } },
      template: { spec: { containers: [{ name: 'app', image }] } },
    },
    status: {
      observedGeneration: generation,
      ...counters,
      updateRevision: `r${generation}`,
      currentRevision: `r${generation}`,
      desiredNumberScheduled: 3,
      updatedNumberScheduled: 3,
      numberAvailable: 3,
    },
  }
}

/** Most memory that this process ever had, in MiB. */
function memory(): number {
  const found = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))
  return Math.round(Number(found?.[1] ?? 0) / 1024)
}
