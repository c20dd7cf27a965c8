import type { IncomingHttpHeaders } from 'node:http'
import type { Http } from '../../ports.ts'
import { headerOf } from './auth.ts'
import { senderHeaders } from './type.ts'

/** Passes a checked webhook on to the replica that can act on it; resolves to that replica's status. */
export type WebhookRelay = (path: string, headers: IncomingHttpHeaders, body: Uint8Array) => Promise<number>

/** Marks a webhook that was passed on already; it is never passed on twice. */
export const relayedHeader = 'fairlead-relayed'

export interface WebhookRelaySettings {
  /** Must allow plain http to the pods. */
  http: Http
  /** `http://10.0.0.7:8080`, from the Lease; undefined while nobody holds it. */
  holder: () => string | undefined
  /** Default 5,000. */
  timeoutMs?: number
}

/** Sends once, without retry: whoever sent the webhook repeats it, and polling finds what gets lost. */
export function createWebhookRelay({ http, holder, timeoutMs = 5_000 }: WebhookRelaySettings): WebhookRelay {
  return async (path, headers, body) => {
    const address = holder()
    if (address === undefined || !URL.canParse(address)) return 503
    // The holder checks the webhook for itself, so it needs whatever the sender proved itself with.
    const kept = senderHeaders.flatMap((name) => {
      const value = headerOf(headers, name)
      return value === undefined ? [] : [[name, value] as const]
    })
    const answer = await http.request({
      method: 'POST',
      // Joined as text: resolving the path against the address would let `//host` lead elsewhere.
      url: `${new URL(address).origin}${path}`,
      headers: { ...Object.fromEntries(kept), [relayedHeader]: '1' },
      body,
      timeoutMs,
      maxBytes: 64 * 1024,
    })
    return answer.status
  }
}
