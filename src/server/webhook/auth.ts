import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { ServerRequest } from './router.ts'

/** How senders of a receiver prove themselves. */
export type WebhookAuth = 'header' | 'hmac' | 'path' | 'none'

/** Compares in a time that tells nothing of the secret: digests are equally long whatever was sent. */
export function isSameSecret(given: string | undefined, secret: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given ?? ''), digest(secret)) && given !== undefined
}

/**
 * Is the sender who it claims to be?
 * - `header`: `Authorization: Bearer <secret>`, or the secret alone, for senders that only know one header value.
 * - `path`: the secret is the last segment of the path, for senders that know nothing but a URL (Docker Hub).
 * - `hmac`: HMAC-SHA256 over the raw body in `X-Hub-Signature-256` (GitHub) or `X-Signature` (Flux), as `sha256=<hex>`.
 */
export function isAuthentic(auth: WebhookAuth, secret: string, request: ServerRequest, body: Uint8Array): boolean {
  if (auth === 'none') return true
  if (auth === 'path') return isSameSecret(request.params.secret, secret)
  if (auth === 'header') return isSameSecret(request.headers.authorization?.replace(/^Bearer +/i, ''), secret)
  const given = request.headers['x-hub-signature-256'] ?? request.headers['x-signature']
  const wanted = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
  return isSameSecret(Array.isArray(given) ? undefined : given?.toLowerCase(), wanted)
}
