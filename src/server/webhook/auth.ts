import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { BodySignature } from './type.ts'

/** Compares in a time that tells nothing of the secret: digests are equally long whatever was sent. */
export function isSameSecret(given: string | undefined, secret: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given ?? ''), digest(secret)) && given !== undefined
}

/** The secret stands in a header, with or without `Bearer` before it; some senders only know the whole value. */
export function holdsSecret(headers: IncomingHttpHeaders, name: string, secret: string): boolean {
  const given = headerOf(headers, name)
  const isWhole = isSameSecret(given, secret)
  return isSameSecret(given?.replace(/^Bearer +/i, ''), secret) || isWhole
}

/** The body was signed with the secret, as senders of this type do it. */
export function isSigned(
  headers: IncomingHttpHeaders,
  { headers: names, algorithm, prefix }: BodySignature,
  secret: string,
  body: Uint8Array,
): boolean {
  const given = names.map((name) => headerOf(headers, name)).find((value) => value !== undefined)
  const wanted = `${prefix}${createHmac(algorithm, secret).update(body).digest('hex')}`
  return isSameSecret(given?.toLowerCase(), wanted)
}

/** One header of a request; a header that was sent several times is none. */
export function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}
