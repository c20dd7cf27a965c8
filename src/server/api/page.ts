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
  // Only a page and what follows it is kept in order: sorting 20,000 for every page would hold up everything else.
  const found: { key: string; item: T }[] = []
  for (const item of all) {
    const key = keyOf(item)
    const end = found[limit]
    if (after !== undefined && !comesBefore(after, key)) continue
    if (end !== undefined && !comesBefore(key, end.key)) continue
    found.splice(
      placeIn(found, (other) => comesBefore(other.key, key)),
      0,
      { key, item },
    )
    found.length = Math.min(found.length, limit + 1)
  }
  const page = found.slice(0, limit)
  const last = found.length > limit ? page.at(-1) : undefined
  return {
    items: page.map(({ item }) => item),
    ...(last === undefined ? {} : { continue: Buffer.from(last.key).toString('base64url') }),
  }
}

/** How many of an ordered list come before; by halves. */
function placeIn<T>(ordered: readonly T[], comesBefore: (one: T) => boolean): number {
  let [low, high] = [0, ordered.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (comesBefore(ordered[middle] as T)) low = middle + 1
    else high = middle
  }
  return low
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
