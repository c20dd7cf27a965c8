import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseConfig } from '../../src/config.ts'
import type { Transition } from '../../src/core/event/transition.ts'
import { openSinks, sinkHosts } from '../../src/main-sinks.ts'
import type { Sink } from '../../src/ports-event.ts'
import { systemClock as clock } from '../../src/runtime/clock.ts'
import { createHttp } from '../../src/runtime/http.ts'
import { laneConnections } from '../../src/runtime/sink-lane.ts'
import { aTransition } from '../fakes/transition.ts'
import { bundleChildren, firstLine } from './child.ts'
import { type BenchRow, round } from './row.ts'

const events = 5_000
/** As many as a queue hands over at once. */
const batchSize = 100
const warmBatches = 20

/**
 * How fast each sink tells a receiver on this machine, in another process, of failures of as many workloads; once more
 * when it takes as long to answer as one in the same region.
 */
export async function* sinkRows(): AsyncGenerator<BenchRow> {
  for (const awayMs of [0, 10]) yield* rowsAt(awayMs)
}

async function* rowsAt(awayMs: number): AsyncGenerator<BenchRow> {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-sink-'))
  await bundleChildren(folder, ['sink-receiver'])
  const receiver = spawn(process.execPath, [join(folder, 'sink-receiver.mjs'), String(awayMs)])
  receiver.stderr.pipe(process.stderr)
  try {
    const url = await firstLine(receiver)
    const endpoint = { url, insecure: true }
    const publishers = {
      controlPlane: endpoint,
      pubsub: { project: 'acme', topic: 'rollouts', endpoint: url },
      cdevents: endpoint,
      webhook: endpoint,
    }
    const config = parseConfig('fairlead.yaml', JSON.stringify({ publishers }))
    const http = createHttp({ clock, hosts: sinkHosts(config), connections: laneConnections })
    const taken = async () => {
      receiver.stdin.write('\n')
      return JSON.parse(await firstLine(receiver)) as { requests: number; connections: number }
    }
    const sinks = openSinks(config, { http, cloudHttp: http, clock, environment: {}, secretSeen: () => {} })
    // What is measured first would pay for both processes' first thousands of requests.
    for (const sink of sinks) await tell(sink, warmBatches)
    for (const sink of sinks) {
      await taken()
      yield await row({ sink, awayMs }, taken)
    }
    http.close()
  } finally {
    receiver.kill()
    await rm(folder, { recursive: true })
  }
}

async function row(
  { sink, awayMs }: { sink: Sink; awayMs: number },
  taken: () => Promise<{ requests: number; connections: number }>,
): Promise<BenchRow> {
  const startedMs = performance.now()
  const cpu = process.cpuUsage()
  await tell(sink, events / batchSize)
  const tookMs = performance.now() - startedMs
  const { user, system } = process.cpuUsage(cpu)
  const perSecond = (events * 1000) / tookMs
  return {
    row: `${events} workloads failed, told to ${sink.name} over HTTP, ${awayMs} ms away`,
    ...(awayMs === 0
      ? { aim: '>= 1,000 events per second', met: perSecond >= 1_000 }
      : { aim: 'reported: as fast as answers come' }),
    result: {
      eventsPerSecond: round(perSecond),
      cpuMicrosecondsPerEvent: round((user + system) / events),
      ...(await taken()),
    },
  }
}

async function tell(sink: Sink, batches: number): Promise<void> {
  for (let batch = 0; batch < batches; batch++) {
    await sink.send(Array.from({ length: batchSize }, (_, index) => failureOf(batch * batchSize + index)))
  }
}

function failureOf(number: number): Transition {
  const workload = { name: `app-${number}`, uid: `uid-${number}` }
  return aTransition({ phase: 'failed', reason: 'ProgressDeadlineExceeded', workload })
}
