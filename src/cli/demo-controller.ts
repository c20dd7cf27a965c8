import { type ChildProcess, spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { FairleadError } from '../errors.ts'

/** The real program, running beside the sandbox as its own process. */
export interface ControllerProcess {
  pid: number
  addresses: { webhook: string; api: string; metrics: string }
  /** The first log line for which `pick` finds something, past lines included. */
  logged<T>(what: string, pick: (line: LogLine) => T | undefined, timeoutMs?: number): Promise<T>
  /** The exposition of its metrics port. */
  metrics(): Promise<string>
  isReady(): Promise<boolean>
  /** SIGTERM, and its exit code. */
  stop(): Promise<number>
}

export type LogLine = Readonly<Record<string, unknown>> & { msg?: string; level?: string }

export interface ControllerSettings {
  directory: string
  kubeconfig: string
  repositoryUrl: string
  github: { apiUrl: string; token: string }
  registryHost: string
  webhookSecret: string
}

/** The flags the container image ships with: a small heap is enough for thousands of workloads. */
export const nodeFlags = ['--max-semi-space-size=2', '--max-old-space-size=128', '--optimize-for-size']
const keptLines = 1000

/** Writes a configuration and starts `fairlead controller` with it; resolves when it listens. */
export async function startController(settings: ControllerSettings): Promise<ControllerProcess> {
  const config = join(settings.directory, 'fairlead.yaml')
  const files = { secret: join(settings.directory, 'webhook-secret'), token: join(settings.directory, 'github-token') }
  await writeFile(files.secret, settings.webhookSecret, { mode: 0o600 })
  await writeFile(files.token, settings.github.token, { mode: 0o600 })
  await writeFile(config, renderConfig(settings, files))
  const program = process.argv[1] ?? ''
  const child = spawn(process.execPath, [...nodeFlags, program, 'controller', '--config', config], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines = followLines(child)
  const addresses = await lines.first('fairlead listens', (line) =>
    line.msg === 'listening' ? (line as unknown as ControllerProcess['addresses']) : undefined,
  )
  const get = async (path: string) => fetch(`http://${addresses.metrics}${path}`)
  return {
    pid: child.pid ?? 0,
    addresses,
    logged: lines.first,
    metrics: async () => (await get('/metrics')).text(),
    isReady: async () => (await get('/readyz')).ok,
    stop: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null) return resolve(child.exitCode)
        child.once('exit', (code) => resolve(code ?? 1))
        child.kill('SIGTERM')
      }),
  }
}

function renderConfig(
  { directory, kubeconfig, repositoryUrl, github, registryHost }: ControllerSettings,
  files: { secret: string; token: string },
) {
  return `mode: commit
cluster: {name: sandbox}
kubernetes: {kubeconfig: ${kubeconfig}}
leaderElection: {namespace: fairlead}
listen: {webhook: "127.0.0.1:0", api: "127.0.0.1:0", metrics: "127.0.0.1:0"}
cacheDir: ${join(directory, 'cache')}
git:
  repositories:
  - url: ${repositoryUrl}
    insecure: true
    credentials: {tokenFile: ${files.token}}
    host: {type: github, apiURL: "${github.apiUrl}"}
    allowPaths: ["apps/**", "bases/**"]
    pullRequest: {automerge: on-approval, reviewers: [dana]}
registries:
- {host: "${registryHost}", insecure: true}
rollouts: {deadline: 30s}
rollback: {onFailure: any}
webhooks:
  receivers:
  - {name: registry, type: registry, auth: header, secretFile: ${files.secret}}
  - {name: github, type: github, secretFile: ${files.secret}}
`
}

function followLines(child: ChildProcess) {
  const seen: LogLine[] = []
  const listeners = new Set<(line: LogLine | undefined) => void>()
  const problems: string[] = []
  const streams = child as ChildProcess & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream }
  createInterface({ input: streams.stderr }).on('line', (line) => problems.push(line))
  createInterface({ input: streams.stdout }).on('line', (text) => {
    const line = parseLine(text)
    seen.push(line)
    if (seen.length > keptLines) seen.shift()
    for (const listener of listeners) listener(line)
  })
  child.once('exit', () => {
    for (const listener of listeners) listener(undefined)
  })

  function first<T>(what: string, pick: (line: LogLine) => T | undefined, timeoutMs = 15_000): Promise<T> {
    return new Promise((resolve, reject) => {
      const end = (finish: () => void) => {
        clearTimeout(timer)
        listeners.delete(listen)
        finish()
      }
      const fail = (why: string) => end(() => reject(new FairleadError('Timeout', [why, ...problems].join('\n'))))
      const timer = setTimeout(() => fail(`${timeoutMs} ms have passed without: ${what}`), timeoutMs)
      const listen = (line: LogLine | undefined) => {
        if (line === undefined) return fail(`the controller process ended before: ${what}`)
        const found = pick(line)
        if (found !== undefined) end(() => resolve(found))
      }
      listeners.add(listen)
      for (const line of seen) if (listeners.has(listen)) listen(line)
      if (child.exitCode !== null && listeners.has(listen)) listen(undefined)
    })
  }
  return { first }
}

function parseLine(text: string): LogLine {
  try {
    return JSON.parse(text) as LogLine
  } catch {
    return { msg: text }
  }
}
