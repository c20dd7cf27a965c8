import { array, assert, constantFrom, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { diffLines } from '../../../src/sandbox/github/line-diff.ts'

describe('a diff of lines', () => {
  it('shows what stayed, went and came', () => {
    expect(diffLines('a\nb\nc\n', 'a\nx\nc\n').map(({ kind, text }) => `${kind} ${text}`)).toEqual([
      'same a',
      'removed b',
      'added x',
      'same c',
    ])
  })

  it('holds both texts', () => {
    const text = array(constantFrom('a', 'b', 'c')).map((lines) => lines.map((line) => `${line}\n`).join(''))
    assert(
      property(text, text, (before, after) => {
        const lines = diffLines(before, after)
        const side = (other: string) => lines.filter((one) => one.kind !== other).map((one) => `${one.text}\n`)
        expect(side('added').join('')).toBe(before)
        expect(side('removed').join('')).toBe(after)
      }),
    )
  })
})
