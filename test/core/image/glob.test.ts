import { describe, expect, it } from 'vitest'
import { globMatcher } from '../../../src/core/image/glob.ts'

describe('a glob matches the whole text', () => {
  it.each([
    ['v1.*', 'v1.2 v1.', 'v10 xv1.2'],
    ['v?', 'v1 va', 'v v12'],
    ['[a-c]x', 'ax cx', 'dx [x'],
    ['[!a-c]x', 'dx', 'ax'],
    ['[]]x', ']x', 'ax'],
    ['{1,2}.{a,b*}', '1.a 2.bcd', '3.a 1.c'],
    ['{a,{b,c}}', 'a b c', 'd {b'],
    ['a,b', 'a,b', 'a b'],
    ['\\*', '*', 'a'],
    ['a.b', 'a.b', 'axb'],
    ['(x|y)+$^', '(x|y)+$^', 'x'],
    ['[a&&b]', 'a & b', 'c'],
    ['*', 'anything prod/web', ''],
  ])('%s matches each of [%s] and none of [%s]', (pattern, yes, no) => {
    const matches = globMatcher(pattern)
    for (const text of yes.split(' ')) expect([text, matches(text)]).toEqual([text, true])
    for (const text of no.split(' ').filter((one) => one !== '')) expect([text, matches(text)]).toEqual([text, false])
  })

  it.each(['', '[', '[]', '[!', 'a{b', 'a}b', 'a\\', '[z-a]', 'a'.repeat(2000)])('%j is refused', (pattern) => {
    expect(() => globMatcher(pattern)).toThrow(/./)
  })
})
