import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ApiClient, createClient } from '../../../src/adapters/kubernetes/client.ts'
import { createConnection } from '../../../src/adapters/kubernetes/connection.ts'
import { follow, type ReflectorOptions } from '../../../src/adapters/kubernetes/reflector.ts'
import { type KubernetesObject, resources } from '../../../src/api/kubernetes.ts'
import type { Clock, FollowObserver, Log } from '../../../src/ports.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createEagerClock, type EagerClock } from './eager-clock.ts'

/** A client on a server's URL; `close` ends its connections. */
export async function connect(url: string, clock: Clock = systemClock) {
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-connection-'))
  const kubeconfig = join(folder, 'config')
  await writeFile(kubeconfig, kubeconfigText(url, { token: 'first' }))
  const connection = createConnection({ kubeconfig, context: '' }, clock)
  return {
    kubeconfig,
    folder,
    connection,
    client: createClient(connection, 'fairlead/test'),
    async close() {
      connection.close()
      await rm(folder, { recursive: true })
    },
  }
}

export function kubeconfigText(server: string, user: object, cluster: object = {}): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    clusters: [{ name: 'test', cluster: { server, ...cluster } }],
    users: [{ name: 'test', user }],
  })
}

/** A log that keeps its messages. */
export function createMemoryLog(): Log & { readonly lines: readonly string[] } {
  const lines: string[] = []
  const write = (level: string) => (fields: object, message: string) => {
    const { error, ...rest } = fields as { error?: Error }
    lines.push(`${level} ${message} ${JSON.stringify(rest)} ${error?.message ?? ''}`.trim())
  }
  const log = {
    lines,
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: (): Log => log,
  }
  return log
}

/**
 * Follows Deployments with a clock that makes every wait short, and keeps what the observer was told. `reflector`
 * changes options; a watch that hears nothing is given up when `clock.silence` is called.
 */
export function startReflector(
  client: ApiClient,
  reflector: Partial<ReflectorOptions> & { clock?: EagerClock } = {},
  hooks: { shape?: (object: KubernetesObject) => number; told?: (call: string) => void } = {},
) {
  const clock = reflector.clock ?? createEagerClock()
  const log = createMemoryLog()
  const stop = new AbortController()
  const state = new Map<string, number>()
  const calls: string[] = []
  const restarts: string[] = []
  const waiting = new Set<() => void>()
  const check = () => {
    for (const one of [...waiting]) one()
  }
  const told = (call: string) => {
    calls.push(call)
    check()
    hooks.told?.(call)
  }
  const observer: FollowObserver<number> = {
    replaced(objects) {
      state.clear()
      for (const [key, replicas] of objects) state.set(key, replicas)
      told(`replaced ${[...objects.keys()].sort().join(' ')}`.trim())
    },
    changed(key, replicas) {
      state.set(key, replicas)
      told(`changed ${key}`)
    },
    removed(key) {
      state.delete(key)
      told(`removed ${key}`)
    },
    alive: () => undefined,
    restarted(reason) {
      restarts.push(reason)
      check()
    },
  }
  const running = follow(
    { client, log, random: () => 0, watchList: false, idleMs: 3_600_000, ...reflector, clock },
    { resource: resources.deployment, shape: hooks.shape ?? replicasOf, observer },
    stop.signal,
  )
  return {
    calls,
    restarts,
    state,
    clock,
    log,
    until: (reached: () => boolean): Promise<void> =>
      new Promise((resolve) => {
        const one = () => {
          if (!reached()) return
          waiting.delete(one)
          resolve()
        }
        waiting.add(one)
        one()
      }),
    async stop() {
      stop.abort()
      await running
    },
  }
}

export function replicasOf(object: KubernetesObject): number {
  return (object.spec as { replicas: number }).replicas
}
