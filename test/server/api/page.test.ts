import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pageOf } from '../../../src/server/api/page.ts'

const key = (n: number) => `key ${String(n).padStart(4, '0')}`

test('pages give everything once and in order, whatever the order it comes in', () => {
  const numbers = fc.uniqueArray(fc.nat(9999), { maxLength: 60 })
  fc.assert(
    fc.property(numbers, fc.integer({ min: 1, max: 70 }), fc.boolean(), (all, limit, newestFirst) => {
      const found: number[] = []
      let next: string | undefined = ''
      while (next !== undefined) {
        const query = new URLSearchParams({ limit: String(limit), continue: next })
        const page = pageOf<number>(all, query, { keyOf: key, newestFirst })
        expect(page.items.length).toBeLessThanOrEqual(limit)
        found.push(...page.items)
        next = page.continue
      }
      expect(found).toEqual([...all].sort((a, b) => (newestFirst ? b - a : a - b)))
    }),
  )
})

const refused: [what: string, query: string, words: string][] = [
  ['no number', 'limit=ten', 'limit: a number'],
  ['nothing at all', 'limit=0', 'limit: a number'],
  ['a place that nobody gave', 'continue=%00', 'continue: send'],
  [
    'a place that is too long',
    `continue=${Buffer.from(`a ${'b'.repeat(2000)}`).toString('base64url')}`,
    'continue: send',
  ],
]
test.each(refused)('a page is refused with %s', (_, query, words) => {
  expect(() => pageOf([], new URLSearchParams(query), { keyOf: String })).toThrow(words)
})

test('a page is never larger than 500', () => {
  const all = Array.from({ length: 600 }, (_, n) => n)
  expect(pageOf(all, new URLSearchParams({ limit: '100000' }), { keyOf: key }).items).toHaveLength(500)
})
