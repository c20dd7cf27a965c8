import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { nodeFlags } from '../../src/cli/demo-controller.ts'

export type LogLine = Readonly<Record<string, unknown>> & { msg?: string; time?: string }

export interface BenchController {
  /** Calls back for every line it logs. */
  onLine(listener: (line: LogLine) => void): void
  /** The first line from now on that fits. */
  next(what: string, fits: (line: LogLine) => boolean, timeoutMs?: number): Promise<LogLine>
  /** Posts to its webhook; resolves when the last byte was handed to the kernel, with the time of that. */
  notify(body: string): Promise<number>
  metric(name: string): Promise<number>
  /** Resident memory now and at its highest, in MiB. */
  memory(): { rssMiB: number; peakMiB: number }
  stop(): Promise<number>
}

export interface BenchControllerSettings {
  directory: string
  kubeconfig: string
  repositoryUrl: string
  registry: string
  backend: 'native' | 'isomorphic'
}

const secret = 'bench-webhook-secret'

/** The built program with the flags it ships with; resolves when it listens. */
export async function startBenchController(settings: BenchControllerSettings): Promise<BenchController> {
  const { directory } = settings
  const config = join(directory, 'fairlead.yaml')
  await writeFile(join(directory, 'webhook-secret'), secret, { mode: 0o600 })
  await writeFile(config, renderConfig(settings))
  const program = join(process.cwd(), 'dist', 'cli.js')
  const child = spawn(process.execPath, [...nodeFlags, program, 'controller', '--config', config], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const listeners = new Set<(line: LogLine) => void>()
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text) as LogLine
    for (const listener of listeners) listener(line)
  })

  const next: BenchController['next'] = (what, fits, timeoutMs = 60_000) =>
    new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer)
        listeners.delete(listen)
        child.off('exit', gone)
      }
      const listen = (line: LogLine) => {
        if (!fits(line)) return
        end()
        resolve(line)
      }
      const fail = (why: string) => {
        end()
        reject(new Error(`${why}: ${what}`))
      }
      const gone = () => fail('the controller ended before')
      const timer = setTimeout(() => fail(`${timeoutMs} ms have passed without`), timeoutMs)
      child.once('exit', gone)
      listeners.add(listen)
    })

  const addresses = (await next('it listens', (line) => line.msg === 'listening')) as Record<string, unknown>
  const agent = new Agent({ keepAlive: true })
  return {
    onLine: (listener) => void listeners.add(listener),
    next,
    notify: (body) => post(`http://${String(addresses.webhook)}/webhook/registry`, body, agent),
    async metric(name) {
      const text = await (await fetch(`http://${String(addresses.metrics)}/metrics`)).text()
      const line = text.split('\n').find((one) => one.startsWith(`${name} `) || one.startsWith(`${name}{`))
      return Number(line?.split(' ').at(-1))
    },
    memory() {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
      const read = (key: string) => Math.round(Number(new RegExp(`${key}:\\s+(\\d+)`).exec(status)?.[1]) / 1024)
      return { rssMiB: read('VmRSS'), peakMiB: read('VmHWM') }
    },
    stop: () =>
      new Promise((resolve) => {
        agent.destroy()
        if (child.exitCode !== null) return resolve(child.exitCode)
        child.once('exit', (code) => resolve(code ?? 1))
        child.kill('SIGTERM')
      }),
  }
}

function post(url: string, body: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    let sentAt = 0
    const headers = {
      authorization: `Bearer ${secret}`,
      'content-type': 'application/vnd.docker.distribution.events.v1+json',
      'content-length': Buffer.byteLength(body),
    }
    const message = request(url, { method: 'POST', headers, agent }, (response) => {
      response.resume()
      if (response.statusCode !== 202) reject(new Error(`the webhook was answered with ${response.statusCode}`))
    })
    message.on('error', reject)
    message.once('finish', () => {
      sentAt = Date.now()
      resolve(sentAt)
    })
    message.end(body)
  })
}

/** The pace at which the registry is asked is raised, else the first look at 300 images alone would take 15 seconds. */
function renderConfig({ directory, kubeconfig, repositoryUrl, registry, backend }: BenchControllerSettings): string {
  return `mode: commit
cluster: {name: bench}
kubernetes: {kubeconfig: ${kubeconfig}}
leaderElection: {namespace: fairlead}
listen: {webhook: "127.0.0.1:0", api: "127.0.0.1:0", metrics: "127.0.0.1:0"}
cacheDir: ${join(directory, 'cache')}
git:
  backend: ${backend}
  repositories:
  - {url: "${repositoryUrl}", insecure: true, allowPaths: ["apps/**"]}
registries:
- {host: "${registry}", insecure: true, requestsPerSecond: 500}
webhooks:
  receivers:
  - {name: registry, type: registry, auth: header, secretFile: ${join(directory, 'webhook-secret')}}
`
}
