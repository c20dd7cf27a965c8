import fc from 'fast-check'
import { RE2JS } from 're2js'
import { describe, expect, it } from 'vitest'
import { compileFilter, literalPrefix } from '../../../src/core/image/filter.ts'

describe('a filter', () => {
  it.each([
    // Flux image-reflector-controller internal/policy/filter_test.go
    ['^ver', '', 'ver1 ver2 ver3 rel1', 'ver1 ver2 ver3'],
    ['ver(\\d+)', '$1', 'ver1 ver2 ver3 rel1', '1 2 3'],
    ['^(123-[0-9]+\\.[0-9]+\\.[a-z0-9]+-debug)', '', '123-123.123.ab1-debug 123-123.123.ab1', '123-123.123.ab1-debug'],
    ['^(?P<tag>123-[0-9]+\\.[0-9]+\\.[a-z0-9]+$)', '$tag', '123-123.123.ab1-debug 123-123.123.ab1', '123-123.123.ab1'],
    // Go regexp.Expand
    ['^(?P<a>[0-9]+)-(?P<b>[0-9]+)', '$b.$a', '1-2', '2.1'],
    ['^(a)?(b)', '[$1$2]', 'b', '[b]'],
    ['(b)', '$', 'b', '$'],
    ['(b)', '$.$1', 'b', '$.b'],
    ['(b)', '$01$2$9$name', 'b', ''],
    ['(b)', '$0', 'abc', 'b'],
  ])('%s with %j makes of %s: %s', (filter, extract, tags, expected) => {
    const { apply } = compileFilter(filter, extract)
    const seen = tags.split(' ').flatMap((tag) => apply(tag) ?? [])
    expect(seen).toEqual(expected === '' ? [''] : expected.split(' '))
  })
})

describe('the literal in front', () => {
  it.each([
    ['^main-[0-9]+$', 'main-'],
    ['^main', 'main'],
    ['^mai*n', 'ma'],
    ['^mai+n', 'mai'],
    ['^mai{0}n', 'ma'],
    ['^a|b', ''],
    ['main-', ''],
    ['(?i)^main', ''],
    ['^(?i)main', ''],
    ['^', ''],
  ])('of %s is %j', (filter, prefix) => {
    expect(literalPrefix(filter)).toBe(prefix)
  })

  it('never changes what passes', () => {
    const parts = fc.constantFrom(
      'a',
      'b',
      '-',
      '1',
      '.',
      '*',
      '?',
      '+',
      '{0,1}',
      '(',
      ')',
      '|',
      '[ab]',
      '^',
      '$',
      '\\.',
    )
    const expression = fc.tuple(fc.constantFrom('', '^', '(?i)^', '(?m)^'), fc.array(parts, { maxLength: 5 }))
    fc.assert(
      fc.property(
        expression,
        fc.string({ unit: fc.constantFrom('a', 'b', 'A', '-', '1', '.'), maxLength: 6 }),
        (pair, tag) => {
          const filter = pair.flat().join('')
          fc.pre(filter !== '' && compiles(filter))
          expect(compileFilter(filter, '').apply(tag) === tag).toBe(RE2JS.compile(filter).matcher(tag).find())
        },
      ),
      { numRuns: 500 },
    )
  })
})

function compiles(filter: string): boolean {
  try {
    RE2JS.compile(filter)
    return true
  } catch {
    return false
  }
}
