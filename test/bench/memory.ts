import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodeFlags } from '../../src/cli/demo-controller.ts'
import { bundleChildren, firstLine } from './child.ts'
import type { BenchRow } from './row.ts'

const objects = 10_000
const bytes = 8_000

/**
 * Memory of a process that follows 10,000 Deployments of 8 kB from an API server in another process, once in pages of
 * 500 and once as a WatchList, and how long its store takes to be complete.
 */
export async function memoryRows(): Promise<BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-memory-'))
  try {
    await bundleChildren(folder, ['memory-client', 'memory-server'])
    const rows: BenchRow[] = []
    for (const way of ['list', 'watchlist'] as const) rows.push(await measure(folder, way))
    return rows
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function measure(folder: string, way: 'list' | 'watchlist'): Promise<BenchRow> {
  const server = spawn(process.execPath, [join(folder, 'memory-server.mjs'), String(objects), String(bytes), way])
  try {
    const port = await firstLine(server)
    const kubeconfig = join(folder, `${way}.yaml`)
    await writeFile(kubeconfig, kubeconfigFor(`http://127.0.0.1:${port}`))
    const client = spawn(process.execPath, [...nodeFlags, join(folder, 'memory-client.mjs'), kubeconfig])
    client.stderr.pipe(process.stderr)
    const result = JSON.parse(await firstLine(client)) as Record<string, number>
    const { peakMiB = Infinity, settledMiB = Infinity, readyMs = Infinity } = result
    return {
      row: `follow ${objects} Deployments of ${bytes} bytes (${way === 'list' ? 'pages of 500' : 'WatchList'})`,
      aim: 'peak <= 160 MiB, settled <= 128 MiB, ready <= 2 s',
      met: peakMiB <= 160 && settledMiB <= 128 && readyMs <= 2_000,
      result,
    }
  } finally {
    server.kill()
  }
}

function kubeconfigFor(server: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'bench',
    contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
    clusters: [{ name: 'bench', cluster: { server } }],
    users: [{ name: 'bench', user: { token: 'bench' } }],
  })
}
