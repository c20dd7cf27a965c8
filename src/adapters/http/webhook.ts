import { createHmac } from 'node:crypto'
import { renderWebhookBody } from '../../core/event/webhook-body.ts'
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
  return {
    name: 'webhook',
    async send(transitions) {
      const key = await sinkSecret(what, async () => secret?.read())
      for (let at = 0; at < transitions.length; at += batchSize) {
        const body = JSON.stringify(renderWebhookBody(transitions.slice(at, at + batchSize)))
        const signature = key === undefined ? undefined : createHmac('sha256', key).update(body).digest('hex')
        await post({
          what,
          url,
          headers: {
            'content-type': 'application/json',
            ...(signature !== undefined && { 'x-signature': `sha256=${signature}` }),
          },
          body,
        })
      }
    },
  }
}
