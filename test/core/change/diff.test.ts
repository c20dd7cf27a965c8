import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { unifiedDiff } from '../../../src/core/change/diff.ts'

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `line ${index + 1}\n`).join('')

describe('unifiedDiff', () => {
  test('equal texts have no diff', () => {
    expect(unifiedDiff('f', 'a\n', 'a\n')).toBe('')
  })

  test('shows three lines around a change', () => {
    expect(unifiedDiff('a/b.yaml', numbered(9), numbered(9).replace('line 5', 'five'))).toBe(
      [
        '--- a/a/b.yaml',
        '+++ b/a/b.yaml',
        '@@ -2,7 +2,7 @@',
        ' line 2',
        ' line 3',
        ' line 4',
        '-line 5',
        '+five',
        ' line 6',
        ' line 7',
        ' line 8',
        '',
      ].join('\n'),
    )
  })

  test('changes far apart are two hunks, near ones are one', () => {
    const headers = (text: string) => unifiedDiff('f', numbered(30), text).match(/^@@.*@@$/gm)
    expect(headers(numbered(30).replace('line 5\n', 'x\n').replace('line 25\n', ''))).toEqual([
      '@@ -2,7 +2,7 @@',
      '@@ -22,7 +22,6 @@',
    ])
    expect(headers(numbered(30).replace('line 5\n', 'x\n').replace('line 11\n', 'y\n'))).toEqual(['@@ -2,13 +2,13 @@'])
  })

  test.each([
    [
      'a missing final newline',
      'a\nb',
      'a\nc',
      '@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+c\n\\ No newline at end of file\n',
    ],
    ['a new final newline', 'a', 'a\n', '@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+a\n'],
    ['CRLF', 'a\r\nb\r\n', 'a\r\nc\r\n', '@@ -1,2 +1,2 @@\n a\r\n-b\r\n+c\r\n'],
  ])('%s is shown', (_, before, after, hunk) => {
    expect(unifiedDiff('f', before, after)).toBe(`--- a/f\n+++ b/f\n${hunk}`)
  })

  test('new and deleted files', () => {
    expect(unifiedDiff('f', '', 'a\n')).toBe('--- /dev/null\n+++ b/f\n@@ -0,0 +1,1 @@\n+a\n')
    expect(unifiedDiff('f', 'a\n', '')).toBe('--- a/f\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-a\n')
  })

  test('applied to the old text, it gives the new one', () => {
    const line = fc.constantFrom('a', 'b', 'c', '', '-x', '+y', '@@ -1 +1 @@')
    const text = fc.array(line, { minLength: 1, maxLength: 40 }).map((lines) => lines.join('\n'))
    fc.assert(
      fc.property(text, text, (before, after) => {
        fc.pre(before !== '' && after !== '')
        expect(apply(before, unifiedDiff('f', before, after))).toBe(after)
      }),
    )
  })
})

/** A plain reading of the format: copies up to a hunk, then keeps, drops and adds as the marks say. */
function apply(before: string, diff: string): string {
  const old = before.match(/[^\n]*\n|[^\n]+$/g) ?? []
  const out: string[] = []
  let at = 0
  for (const hunk of diff.split(/^(?=@@ -\d+,\d+ \+\d+,\d+ @@$)/m).slice(1)) {
    const [header = '', ...lines] = hunk.split('\n').slice(0, -1)
    const start = Number(/-(\d+)/.exec(header)?.[1]) - 1
    out.push(...old.slice(at, start), newSide(lines))
    at = start + lines.filter((line) => line.startsWith(' ') || line.startsWith('-')).length
  }
  return [...out, ...old.slice(at)].join('')
}

function newSide(lines: readonly string[]): string {
  const texts = lines.map((line, index) => {
    const end = lines[index + 1]?.startsWith('\\') === true ? '' : '\n'
    return line.startsWith(' ') || line.startsWith('+') ? line.slice(1) + end : ''
  })
  return texts.join('')
}
