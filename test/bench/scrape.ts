import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeFlags } from '../../src/cli/demo-controller.ts'
import { bundleChildren, firstLine } from './child.ts'
import { type BenchRow, percentile, round } from './row.ts'

const workloads = 20_000
const scrapes = 20

/** A scrape of 20,000 workloads over HTTP: how long it takes, how long it keeps the event loop, and the memory. */
export async function scrapeRows(): Promise<BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-scrape-'))
  await bundleChildren(folder, ['scrape-server'])
  const server = spawn(process.execPath, [...nodeFlags, join(folder, 'scrape-server.mjs'), String(workloads)])
  server.stderr.pipe(process.stderr)
  try {
    const address = await firstLine(server)
    const measured = async () => {
      server.stdin.write('\n')
      return JSON.parse(await firstLine(server)) as {
        blockMs: number
        blockCpuMs: number
        gcMs: number
        peakMiB: number
      }
    }
    for (let warm = 0; warm < 3; warm++) await scrape(address)
    await measured()
    const blocks: number[] = []
    const cpuBlocks: number[] = []
    const pauses: number[] = []
    const totals: number[] = []
    let [bytes, series, peakMiB] = [0, 0, 0]
    for (let index = 0; index < scrapes; index++) {
      const { tookMs, body } = await scrape(address)
      const { blockMs, blockCpuMs, gcMs, peakMiB: peak } = await measured()
      pauses.push(gcMs)
      cpuBlocks.push(blockCpuMs)
      totals.push(tookMs)
      blocks.push(blockMs)
      bytes = body.length
      series = body.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length
      peakMiB = peak
    }
    return [row({ blocks, cpuBlocks, pauses, totals, bytes, series, peakMiB })]
  } finally {
    server.kill()
    await rm(folder, { recursive: true })
  }
}

function row({
  blocks,
  cpuBlocks,
  pauses,
  totals,
  ...size
}: {
  blocks: number[]
  cpuBlocks: number[]
  /** The longest pause of the garbage collector in each scrape. */
  pauses: number[]
  totals: number[]
  bytes: number
  series: number
  peakMiB: number
}): BenchRow {
  const [blockMs, totalMs] = [percentile(blocks, 0.5), percentile(totals, 0.5)]
  return {
    row: `scrape of ${workloads} workloads`,
    aim: 'median: event loop blocked <= 20 ms of CPU time, whole scrape <= 300 ms; peak RSS <= 256 MiB',
    met: percentile(cpuBlocks, 0.5) <= 20 && totalMs <= 300 && size.peakMiB <= 256,
    result: {
      blockP50Ms: blockMs,
      blockMaxMs: Math.max(...blocks),
      blockCpuP50Ms: percentile(cpuBlocks, 0.5),
      blockCpuMaxMs: Math.max(...cpuBlocks),
      gcMaxMs: Math.max(...pauses),
      totalP50Ms: round(totalMs),
      totalMaxMs: round(Math.max(...totals)),
      series: size.series,
      bodyMiB: round(size.bytes / 1024 / 1024),
      peakMiB: size.peakMiB,
    },
  }
}

async function scrape(address: string): Promise<{ tookMs: number; body: string }> {
  const startedMs = performance.now()
  const body = await (await fetch(address)).text()
  return { tookMs: performance.now() - startedMs, body }
}
