import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { templateRevision } from '../../../src/core/workload/revision.ts'

it('is the first 16 hex digits of sha256 over key-sorted JSON', () => {
  const json = '{"metadata":{"labels":{"a":"1","b":"2"}},"spec":{"containers":[{"image":"web:1","name":"app"}]}}'
  const template = {
    spec: { containers: [{ name: 'app', image: 'web:1' }] },
    metadata: { labels: { b: '2', a: '1' } },
  }
  expect(templateRevision(template)).toBe(createHash('sha256').update(json).digest('hex').slice(0, 16))
})

it('takes every text as JSON has it', () => {
  const text = fc.string({
    unit: fc.constantFrom('a', '"', '\\', '\n', '\u007f', '\u2028', 'ä', '\ud7ff', '\ud800', '😀', '1'),
  })
  const pairs = fc.dictionary(text, text, { maxKeys: 4 })
  fc.assert(
    fc.property(pairs, (map) => {
      const sorted = Object.keys(map).sort()
      const json = `{${sorted.map((key) => `${JSON.stringify(key)}:${JSON.stringify(map[key])}`).join(',')}}`
      expect(templateRevision(map)).toBe(createHash('sha256').update(json).digest('hex').slice(0, 16))
    }),
  )
})

it('does not depend on the order of keys', () => {
  const reversed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(reversed)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, content]) => [key, reversed(content)]),
    )
  }
  fc.assert(fc.property(fc.jsonValue(), (value) => templateRevision(value) === templateRevision(reversed(value))))
})

it('tells lists in another order apart', () => {
  expect(templateRevision(['a', 'b'])).not.toBe(templateRevision(['b', 'a']))
})

it('reads a nesting of 100,000 lists without overflowing the stack', () => {
  let deep: unknown = 1
  for (let level = 0; level < 100_000; level += 1) deep = [deep]
  expect(templateRevision(deep)).toMatch(/^[0-9a-f]{16}$/)
})
