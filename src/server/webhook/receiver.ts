import type { OidcSettings, WebhookAuth, WebhookRate, WebhookType } from '../../api/webhook-type.ts'
import { FairleadError } from '../../errors.ts'

/** One place senders can post to. */
export interface WebhookReceiver {
  /** The path segment: `/webhook/{name}`. */
  name: string
  type: WebhookType
  auth: WebhookAuth
  /** Needed for `header`, `hmac` and `path`; read again when it changes. */
  secretFile?: string | undefined
  /** Needed for `oidc`. */
  oidc?: OidcSettings | undefined
  /** Host, perhaps with a path, put in place of the one in the payload. */
  registry?: string | undefined
  /** Default 50 a second after 200 at once. */
  rate?: WebhookRate | undefined
}

/** `ConfigInvalid`, with the receiver it is about. */
export function invalidReceiver({ name }: WebhookReceiver, message: string): FairleadError {
  return new FairleadError('ConfigInvalid', `webhooks.receivers ${JSON.stringify(name)}: ${message}`)
}
