import { createHmac } from 'node:crypto'
import { renderWebhookBody, renderWebhookRemovals } from '../../core/event/webhook-body.ts'
import type { Sink } from '../../ports-event.ts'
import type { MountedFile } from '../../runtime/mounted-file.ts'
import { type SinkPost, sinkSecret } from '../../runtime/sink-post.ts'

export interface WebhookSettings {
  url: string
  /** Key of the signature; unsigned without it. */
  secret: MountedFile<string> | undefined
}

const what = 'the webhook'
const batchSize = 100

/**
 * Any receiver of JSON over HTTP. With a secret the body is signed: `X-Signature: sha256=` and the HMAC in hex, which is
 * what Flux' Receiver of type `generic-hmac` checks. A 2xx is all that is read of an answer.
 */
export function createWebhookSink({ url, secret }: WebhookSettings, post: SinkPost): Sink {
  async function send(value: object): Promise<void> {
    const key = await sinkSecret(what, async () => secret?.read())
    const body = JSON.stringify(value)
    const signature = key === undefined ? undefined : createHmac('sha256', key).update(body).digest('hex')
    const headers = {
      'content-type': 'application/json',
      ...(signature !== undefined && { 'x-signature': `sha256=${signature}` }),
    }
    await post({ what, url, headers, body })
  }

  return {
    name: 'webhook',
    async send(transitions) {
      for (const batch of inBatches(transitions)) await send(renderWebhookBody(batch))
    },
    async removed(removals) {
      for (const batch of inBatches(removals)) await send(renderWebhookRemovals(batch))
    },
  }
}

function inBatches<T>(all: readonly T[]): T[][] {
  const count = Math.ceil(all.length / batchSize)
  return Array.from({ length: count }, (_, index) => all.slice(index * batchSize, (index + 1) * batchSize))
}
