/** `Retry-After` in milliseconds: seconds or an HTTP date (RFC 9110 §10.2.3); at most a day. */
export function parseRetryAfter(header: string | undefined, now: Date): number | undefined {
  if (header === undefined) return undefined
  const text = header.trim()
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now.getTime()
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), 86_400_000)
}
