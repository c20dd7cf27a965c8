import { FairleadError } from '../../errors.ts'
import type { RegistryAnswer } from './client.ts'

/**
 * The address of the next page from `Link: <…>; rel="next"` (RFC 8288). Only on the host that answered: following it
 * elsewhere would carry credentials away. A registry behind a TLS proxy that was not told so writes `http`; the page is
 * then read over the scheme in use.
 */
export function nextPage(page: RegistryAnswer, what: string): URL | undefined {
  const link = page.headers.link
  if (link === undefined) return undefined
  const target = nextTarget(link)
  if (target === undefined) return undefined
  if (!URL.canParse(target, page.url.href))
    throw new FairleadError('RegistryInvalid', `${what}: the link to the next page is no URL`)
  const next = new URL(target, page.url)
  if (next.hostname === page.url.hostname && next.protocol === 'http:' && page.url.protocol === 'https:')
    next.protocol = 'https:'
  if (next.origin !== page.url.origin || next.username !== '' || next.password !== '') {
    const words = `the link to the next page leads to ${next.protocol}//${next.host}, another host than ${page.url.host}`
    throw new FairleadError('RegistryInvalid', `${what}: ${words}; it is not followed`)
  }
  return next
}

function nextTarget(link: string): string | undefined {
  for (const match of link.matchAll(/<([^<>]*)>([^<]*)/g)) {
    if (/;\s*rel\s*=\s*(?:"[^"]*\bnext\b[^"]*"|next\b)/i.test(match[2] ?? '')) return match[1]
  }
  return undefined
}
