import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { nodeFlags } from '../../src/cli/demo-controller.ts'
import { bundleChildren, firstLine } from './child.ts'
import { type BenchRow, round } from './row.ts'

const [few, many] = [1_000, 10_000]
/** Until then everything is said that there is to say. */
const quietMs = 3_000

interface Restarted {
  /** Since the process was started. */
  listeningMs: number
  readyMs: number
  /** CPU time until then, of all threads: what a machine with other work to do tells the truth about. */
  readyCpuMs: number
  trackedMs: number
  /** The slowest answer of `/healthz` since it listened. */
  slowestAnswerMs: number
  eventsSent: number
  peakMiB: number
}

/**
 * The program as it ships, started against a cluster whose rollouts were kept by an earlier life of it: when it says that
 * it is ready, when it follows all workloads, how long it is deaf in between, and whom it tells.
 */
export async function* restartRows(): AsyncGenerator<BenchRow> {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-restart-'))
  try {
    await bundleChildren(folder, ['restart-cluster'])
    const small = await restart(folder, few)
    const large = await restart(folder, many)
    yield row(few, small)
    yield row(many, large)
    const [ready, tracked] = [large.readyMs / small.readyMs, large.trackedMs / small.trackedMs]
    yield {
      row: `restart: ${many} workloads against ${few}`,
      aim: 'at most as many times as long as there are more of them',
      met: Math.max(ready, tracked) <= many / few,
      result: { readyTimes: round(ready), trackedTimes: round(tracked) },
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}

function row(workloads: number, { slowestAnswerMs, ...rest }: Restarted): BenchRow {
  const { readyMs, eventsSent } = rest
  return {
    row: `restart of the program with ${workloads} workloads whose states are kept`,
    aim: 'ready <= 2 s after its start, never deaf for > 50 ms, nobody told',
    met: readyMs <= 2_000 && slowestAnswerMs <= 50 && eventsSent === 0,
    result: { ...rest, slowestAnswerMs },
  }
}

async function restart(folder: string, workloads: number): Promise<Restarted> {
  const cluster = spawn(process.execPath, [join(folder, 'restart-cluster.mjs'), folder, String(workloads)])
  cluster.stderr.pipe(process.stderr)
  const receiver = await startReceiver()
  try {
    const config = join(folder, 'fairlead.yaml')
    await writeFile(config, renderConfig(await firstLine(cluster), receiver.url))
    return { ...(await measure(config, workloads)), eventsSent: receiver.calls() }
  } finally {
    cluster.kill()
    receiver.close()
  }
}

async function measure(config: string, workloads: number): Promise<Omit<Restarted, 'eventsSent'>> {
  const program = join(process.cwd(), 'dist', 'cli.js')
  const startedMs = performance.now()
  const child = spawn(process.execPath, [...nodeFlags, program, 'controller', '--config', config])
  const sinceStart = () => Math.round(performance.now() - startedMs)
  try {
    const address = await addressOf(child)
    const listeningMs = sinceStart()
    const pulse = takePulse(address)
    while (!(await fetch(`${address}/readyz`)).ok) await pause(5)
    const [readyMs, readyCpuMs] = [sinceStart(), cpuMs(child)]
    while ((await passes(address)) < workloads) await pause(25)
    const trackedMs = sinceStart()
    await pause(quietMs)
    return { listeningMs, readyMs, readyCpuMs, trackedMs, slowestAnswerMs: await pulse.stop(), peakMiB: peakMiB(child) }
  } finally {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill()
    if (child.exitCode === null) await ended
  }
}

/** Where its metrics are, from its log. */
function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the controller ended with ${code}`)))
    if (child.stdout === null) return
    createInterface({ input: child.stdout }).on('line', (text) => {
      const line = JSON.parse(text) as { msg?: string; metrics?: string }
      if (line.msg === 'listening') resolve(`http://${line.metrics}`)
    })
  })
}

/** Asks for its health over and over; the end says how long the slowest answer took. */
function takePulse(address: string): { stop(): Promise<number> } {
  let slowestMs = 0
  let isOver = false
  const beat = async () => {
    while (!isOver) {
      const askedMs = performance.now()
      // connections that stay open are ended by a server that was deaf for long
      await (await fetch(`${address}/healthz`, { headers: { connection: 'close' } })).text()
      slowestMs = Math.max(slowestMs, performance.now() - askedMs)
      await pause(10)
    }
  }
  const beating = beat()
  return {
    async stop() {
      isOver = true
      await beating
      return round(slowestMs)
    },
  }
}

/** How many passes over workloads there were. Only the head of the exposition is read: the rest is work for the program. */
function passes(address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const message = get(`${address}/metrics`, async (response) => {
      let text = ''
      for await (const chunk of response) {
        text += chunk
        if (text.includes('fairlead_workload_version_info')) break
      }
      resolve(Number(/^fairlead_reconcile_duration_seconds_count\{controller="workload"\} (\d+)/m.exec(text)?.[1] ?? 0))
    })
    message.on('error', reject)
  })
}

/** Somebody who is told of transitions, and counts how often. */
async function startReceiver(): Promise<{ url: string; calls(): number; close(): void }> {
  let calls = 0
  const server = createServer((request, response) => {
    calls++
    request.resume()
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/`, calls: () => calls, close: () => void server.close() }
}

function renderConfig(kubeconfig: string, receiver: string): string {
  return `mode: observe
cluster: {name: bench}
kubernetes: {kubeconfig: ${kubeconfig}}
leaderElection: {namespace: fairlead}
listen: {webhook: "127.0.0.1:0", api: "127.0.0.1:0", metrics: "127.0.0.1:0"}
publishers:
  webhook: {url: "${receiver}", insecure: true}
`
}

/** CPU time of a process so far (proc(5): utime and stime, in hundredths of a second). */
function cpuMs({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * 10
}

/** Most memory that a process ever had. */
function peakMiB({ pid }: ChildProcess): number {
  const found = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Math.round(Number(found?.[1]) / 1024)
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms))
}
