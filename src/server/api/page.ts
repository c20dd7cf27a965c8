import { FairleadError } from '../../errors.ts'

const defaultLimit = 100
const maxLimit = 500

/** One page of a list, and where the next one begins; without `continue` it is the last. */
export interface Page<T> {
  items: T[]
  continue?: string
}

/**
 * One page of `all`, ordered by their keys, as `limit` and `continue` of the query ask. Keys must differ and be printable
 * ASCII. `UsageInvalid` for a malformed query.
 */
export function pageOf<T>(
  all: Iterable<T>,
  query: URLSearchParams,
  { keyOf, newestFirst = false }: { keyOf: (one: T) => string; newestFirst?: boolean },
): Page<T> {
  const limit = readLimit(query.get('limit'))
  const after = readContinue(query.get('continue'))
  const comesBefore = (one: string, other: string) => (newestFirst ? one > other : one < other)
  const keyed = Array.from(all, (item) => ({ key: keyOf(item), item }))
    .filter(({ key }) => after === undefined || comesBefore(after, key))
    .sort((a, b) => (comesBefore(a.key, b.key) ? -1 : 1))
  const page = keyed.slice(0, limit)
  const last = keyed.length > limit ? page.at(-1) : undefined
  return {
    items: page.map(({ item }) => item),
    ...(last === undefined ? {} : { continue: Buffer.from(last.key).toString('base64url') }),
  }
}

function readLimit(text: string | null): number {
  if (text === null) return defaultLimit
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (limit < 1) throw new FairleadError('UsageInvalid', `limit: a number from 1 to ${maxLimit}`)
  return Math.min(limit, maxLimit)
}

function readContinue(text: string | null): string | undefined {
  if (text === null || text === '') return undefined
  const key = Buffer.from(text, 'base64url').toString('utf8')
  if (/^[\x20-\x7e]{1,1000}$/.test(key) && key.includes(' ')) return key
  throw new FairleadError('UsageInvalid', 'continue: send what the page before gave')
}
