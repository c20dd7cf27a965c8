import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { isPlainString, renderScalar } from '../../../../src/core/manifest/yaml/scalar-text.ts'

// A23, A24: what some YAML 1.1 or 1.2 reader takes for a number, boolean, null, time or merge key.
const ambiguous =
  '123 true null 1_000 2024_01_15 yes no on off 0x1F 0b101 1:30 12:30:45 190:20:30 0o17 007 2024-01-15 12e4567 = << ~ .5 ' +
  '1.20 20241101 1e3 1606364286 True NO y N .inf -.INF .nan 1. +1 -1 1e+3 2024-01-15T10:30:00Z'
const strings =
  '1.2.3 v1 1.20-alpine latest ghcr.io/a/b:v1 nginx:1.20 localhost:5000/a/b:1 1.2.3_4 2024-01-15T10-30-00Z abc 1a 0x a=b:1 ' +
  `a@sha256:${'1'.repeat(64)} sha256:${'1'.repeat(64)}`

describe('a value written without quotes', () => {
  test.each(ambiguous.split(' '))('%s is quoted', (value) => {
    expect(renderScalar(value, 'plain')).toBe(`"${value}"`)
  })

  test.each(strings.split(' '))('%s stays plain', (value) => {
    expect(renderScalar(value, 'plain')).toBe(value)
  })

  test.each([
    '',
    ' a',
    'a ',
    'a: b',
    'a #b',
    '- a',
    '*a',
    '&a',
    '!a',
    'a:',
    '[a',
    '{a',
    'a,b',
    '%a',
    '`a',
    '@a',
    '|',
    '>',
  ])('%j is quoted', (value) => {
    expect(isPlainString(value)).toBe(false)
  })

  test('reads back as the same string in YAML 1.1 and 1.2, in block and flow', () => {
    const word = fc.stringMatching(/^[0-9a-zA-Z_.:+=\-x]{1,12}$/)
    fc.assert(
      fc.property(fc.oneof(word, fc.string()), fc.constantFrom('plain', 'single', 'double'), (value, style) => {
        const written = renderScalar(value, style)
        for (const version of ['1.1', '1.2'] as const) {
          expect(parse(`a: ${written}`, { version })).toEqual({ a: value })
          expect(parse(`[${written}, {b: ${written}}]`, { version })).toEqual([value, { b: value }])
        }
      }),
      { numRuns: 1000 },
    )
  })
})
