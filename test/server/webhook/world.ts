import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import type { Hint, HttpRequest, Log } from '../../../src/ports.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { createHttp, type HttpClient } from '../../../src/runtime/http.ts'
import type { HttpServerLimits } from '../../../src/server/http-server.ts'
import type { WebhookReceiver } from '../../../src/server/webhook/receiver.ts'
import { createWebhookServer, type WebhookDependencies } from '../../../src/server/webhook/webhook.ts'
import { readFixture } from './fixture.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** Something to be undone after the test, last one first. */
export function onCleanup(cleanup: () => unknown): void {
  cleanups.push(cleanup)
}

/** The outbound client, with plain http to everything. */
export function anHttp(): HttpClient {
  const http = createHttp({ clock: systemClock, hosts: () => ({ insecure: true }) })
  onCleanup(() => http.close())
  return http
}

export const secret = 'hunter2-hunter2'
export const bearer = { authorization: `Bearer ${secret}` }
export const json = { 'content-type': 'application/json' }
export const eventType = { 'content-type': 'application/vnd.docker.distribution.events.v1+json' }
export const pushOne = readFixture('registry-push-manifest').body

/** A webhook server on a loopback port, and all that it told anybody. */
export interface World {
  base: string
  hints: Hint[]
  counted: string[]
  lines: string
  secretFile: string
  post(
    path: string,
    request?: Partial<HttpRequest>,
  ): Promise<{ status: number; body: string; headers: Record<string, string> }>
}

export interface WorldOptions extends Omit<Partial<WebhookDependencies>, 'receivers'> {
  receivers?: (secretFile: string) => readonly WebhookReceiver[]
  limits?: Partial<HttpServerLimits>
}

/** The receivers there are unless a test asks for others. */
const receiversWith = (secretFile: string): WebhookReceiver[] => [
  { name: 'registry', type: 'registry', auth: 'header', secretFile },
  { name: 'signed', type: 'generic', auth: 'hmac', secretFile },
  { name: 'hub', type: 'dockerhub', auth: 'path', secretFile },
  { name: 'open', type: 'registry', auth: 'none' },
]

export async function aWebhookServer(options: WorldOptions = {}): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-webhook-'))
  const secretFile = join(folder, 'secret')
  writeFileSync(secretFile, `${secret}\n`)
  const hints: Hint[] = []
  const counted: string[] = []
  const written: string[] = []
  const write = (fields: object, message: string) => void written.push(`${JSON.stringify(fields)} ${message}`)
  const log: Log = { debug: write, info: write, warn: write, error: write, child: () => log }
  const server = createWebhookServer({
    listen: '127.0.0.1:0',
    clock: systemClock,
    log,
    isLeader: () => true,
    repository: () => undefined,
    accept: (more) => hints.push(...more),
    metrics: { received: (receiver, code) => counted.push(`${receiver} ${code}`) },
    ...options,
    receivers: (options.receivers ?? receiversWith)(secretFile),
  })
  const { port } = await server.start()
  onCleanup(() => rmSync(folder, { recursive: true }))
  onCleanup(() => server.stop(1000))
  const http = anHttp()
  const base = `http://127.0.0.1:${port}`
  return {
    base,
    hints,
    counted,
    secretFile,
    get lines() {
      return written.join('\n')
    },
    async post(path, request = {}) {
      const answer = await http.request({
        method: 'POST',
        url: base + path,
        headers: { ...eventType, ...bearer },
        body: pushOne,
        ...request,
      })
      await new Promise((resolve) => setImmediate(resolve))
      return { ...answer, body: Buffer.from(answer.body).toString() }
    },
  }
}
