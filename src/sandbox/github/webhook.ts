import { createHmac, randomUUID } from 'node:crypto'
import { createHttpClient } from '../http-client.ts'
import type { Happening, Site } from './site.ts'
import { payloadOf } from './view/event-json.ts'

/** One event that a subscriber was told, or should have been. */
export interface Delivery {
  id: string
  event: string
  url: string
  body: string
  /** 0 when there was no answer. */
  status: number
}

/** Tells subscribers what happens, in order, each once: GitHub does not send again by itself. */
export interface Webhooks {
  subscribe(subscriber: { url: string; secret: string; events?: readonly string[] | undefined }): void
  tell(site: Site, happening: Happening): void
  /** Oldest first. */
  deliveries: Delivery[]
  /** Sends one once more under the same id, as a person can ask for. */
  redeliver(id: string): Promise<void>
  /** When all that has been told so far was sent. */
  settled(): Promise<void>
  close(): void
}

interface Subscriber {
  url: string
  secret: string
  events?: readonly string[] | undefined
}

export function createWebhooks(): Webhooks {
  const client = createHttpClient()
  const subscribers: Subscriber[] = []
  const deliveries: Delivery[] = []
  const senders = new Map<string, Subscriber>()
  let queue = Promise.resolve()

  async function send(delivery: Delivery, { secret }: Subscriber): Promise<void> {
    const { id, event, url, body } = delivery
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'GitHub-Hookshot/sandbox',
      'x-github-event': event,
      'x-github-delivery': id,
      'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
    }
    try {
      delivery.status = (await client.request({ method: 'POST', url, headers, body, timeoutMs: 10_000 })).status
    } catch {
      delivery.status = 0
    }
  }

  return {
    deliveries,
    subscribe: (subscriber) => void subscribers.push(subscriber),
    tell(site, happening) {
      const interested = subscribers.filter(({ events }) => events?.includes(happening.kind) ?? true)
      if (interested.length === 0) return
      const body = JSON.stringify(payloadOf(site, happening))
      for (const subscriber of interested) {
        const delivery = { id: randomUUID(), event: happening.kind, url: subscriber.url, body, status: 0 }
        deliveries.push(delivery)
        senders.set(delivery.id, subscriber)
        queue = queue.then(() => send(delivery, subscriber))
      }
    },
    async redeliver(id) {
      const delivery = deliveries.find((one) => one.id === id)
      const subscriber = senders.get(id)
      if (delivery !== undefined && subscriber !== undefined) await send(delivery, subscriber)
    },
    settled: () => queue,
    close: () => client.close(),
  }
}
