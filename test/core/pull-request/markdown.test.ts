import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { codeSpan, table, tidyParagraphs } from '../../../src/core/pull-request/markdown.ts'
import { activeInMarkdown, hostilePieces } from './active-construct.ts'

describe('outside text in Markdown', () => {
  const rows: [says: string, text: string, markdown: string][] = [
    ['is code', 'ghcr.io/acme/web:1.4.2', '`ghcr.io/acme/web:1.4.2`'],
    ['is a dash when it is empty', ' \n', '–'],
    ['cannot end its span', 'a`b``c', "`a'b''c`"],
    ['cannot end a cell', 'a|b\\|c', '`a¦b\\¦c`'],
    ['cannot be a row of its own', 'a |\n|---|', '`a ¦ ¦---¦`'],
    ['cannot begin or end a comment', '--> <!-- x --!>', '`-- > <! -- x -- !>`'],
    ['is no markup within its span', '<img src=x>**a**', '`<img src=x>**a**`'],
    ['mentions nobody even without its span', '@alice', '`@ alice`'],
    ['closes nothing even without its span', 'fixes #1', '`fixes # 1`'],
    ['keeps the signs of a constraint', 'semver >=1.2 <2', '`semver >=1.2 <2`'],
    ['is cut', 'x'.repeat(300), `\`${'x'.repeat(199)}…\``],
  ]
  test.each(rows)('%s: %j', (_, text, markdown) => expect(codeSpan(text)).toBe(markdown))

  test('is nothing that a host acts upon, in a table, a list and a sentence', () => {
    const piece = fc.oneof(fc.constantFrom(...hostilePieces), fc.string({ maxLength: 3 }))
    const hostile = fc.array(piece, { maxLength: 20 }).map((parts) => parts.join(''))
    fc.assert(
      fc.property(hostile, hostile, (a, b) => {
        const cells = table(
          ['a', 'b'],
          [
            [codeSpan(a), codeSpan(b)],
            [codeSpan(b), codeSpan(a)],
          ],
        )
        const text = `${cells}\n\n* ${codeSpan(a)}\n* ${codeSpan(b)}\n\nFrom ${codeSpan(a)} to ${codeSpan(b)}.`
        expect(activeInMarkdown(text)).toEqual([])
      }),
      { numRuns: 1000 },
    )
  })
})

test('what watches over it sees what is active', () => {
  const bad = ['@a', '#1', 'gh-1', '[skip ci]', '<b>', '![x](y)', '[x](https://x)', 'https://x', '`', 'a\u200bb']
  expect(bad.filter((text) => activeInMarkdown(text).length === 0)).toEqual([])
  expect(activeInMarkdown('| a | b |\n|---|---|\n| 1 |')).toHaveLength(1)
})

test('paragraphs have one line between them, also where one is empty', () => {
  expect(tidyParagraphs('\na\r\n\r\n\r\nb\n\n\n\nc\n')).toBe('a\n\nb\n\nc')
})
