import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { createHttpClient } from '../http-client.ts'
import { listAt, valueAt } from '../json.ts'
import type { Manifest } from './storage.ts'

/** What happened, before it is dressed as an event. */
export interface Happening {
  action: 'push' | 'delete'
  repository: string
  digest?: string
  tag?: string
  manifest?: Manifest
  /** Host that the client used, e.g. `127.0.0.1:5000`. */
  host: string
  method: string
}

/** Sends the events of the distribution registry: one event a request, in order, each until it was accepted. */
export interface Notifier {
  addEndpoint(url: string, headers?: Record<string, string>): void
  tell(happening: Happening): void
  /** Events that no endpoint has accepted yet. */
  pending(): number
  close(): void
}

interface Endpoint {
  url: string
  headers: Record<string, string>
  queue: unknown[]
  sending: boolean
}

/**
 * An event that is refused, or not answered within a second, is sent again with the same id and holds up those behind
 * it, as registry 2.8 was seen to do. Nothing is kept beyond `close`.
 */
export function createNotifier(backoffMs = 1000): Notifier {
  const endpoints: Endpoint[] = []
  const client = createHttpClient()
  const instanceID = randomUUID()
  const timers = new Set<NodeJS.Timeout>()
  let closed = false

  async function send(endpoint: Endpoint): Promise<void> {
    const [event] = endpoint.queue
    if (event === undefined || endpoint.sending || closed) return
    endpoint.sending = true
    const accepted = await deliver(endpoint, event)
    endpoint.sending = false
    if (accepted) {
      endpoint.queue.shift()
      return send(endpoint)
    }
    if (closed) return
    const timer = setTimeout(() => {
      timers.delete(timer)
      void send(endpoint)
    }, backoffMs)
    timers.add(timer)
  }

  async function deliver({ url, headers }: Endpoint, event: unknown): Promise<boolean> {
    const body = JSON.stringify({ events: [event] })
    const type = { 'content-type': 'application/vnd.docker.distribution.events.v1+json' }
    try {
      const answer = await client.request({
        method: 'POST',
        url,
        headers: { 'user-agent': 'Go-http-client/1.1', ...type, ...headers },
        body,
        timeoutMs: 1000,
      })
      return answer.status >= 200 && answer.status < 400
    } catch {
      return false
    }
  }

  return {
    addEndpoint: (url, headers = {}) => endpoints.push({ url, headers, queue: [], sending: false }),
    tell(happening) {
      const event = eventOf(happening, instanceID)
      for (const endpoint of endpoints) {
        endpoint.queue.push(event)
        void send(endpoint)
      }
    },
    pending: () => endpoints.reduce((sum, endpoint) => sum + endpoint.queue.length, 0),
    close() {
      closed = true
      for (const timer of timers) clearTimeout(timer)
      client.close()
    },
  }
}

/** The fields of a captured notification of registry 2.8.2; a delete has no media type. */
function eventOf(happening: Happening, instanceID: string): unknown {
  const { action, repository, digest, tag, manifest, host, method } = happening
  const target =
    manifest === undefined
      ? { ...(digest === undefined ? {} : { digest }), repository, ...(tag === undefined ? {} : { tag }) }
      : {
          mediaType: manifest.mediaType,
          size: manifest.bytes.length,
          digest: manifest.digest,
          length: manifest.bytes.length,
          repository,
          url: `http://${host}/v2/${repository}/manifests/${manifest.digest}`,
          ...(tag === undefined ? {} : { tag }),
          references: referencesOf(manifest),
        }
  return {
    id: randomUUID(),
    timestamp: new Date().toISOString().replace('Z', '000000Z'),
    action,
    target,
    request: { id: randomUUID(), addr: '127.0.0.1:50354', host, method, useragent: 'sandbox' },
    actor: {},
    source: { addr: `${hostname()}:${host.split(':')[1] ?? ''}`, instanceID },
  }
}

function referencesOf(manifest: Manifest): readonly unknown[] {
  const content: unknown = JSON.parse(manifest.bytes.toString('utf8'))
  const config = valueAt(content, 'config')
  return [...(config === undefined ? [] : [config]), ...listAt(content, 'layers'), ...listAt(content, 'manifests')]
}
