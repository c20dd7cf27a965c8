import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareDecimal, compareNumeric, readDecimal, readNumeric } from '../../../src/core/image/numeric.ts'

describe('whole numbers', () => {
  it('are read and compared exactly at any length', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 30n }), fc.bigInt({ min: 0n, max: 10n ** 16n }), (a, b) => {
        const [x, y] = [readNumeric(`00${a}`), readNumeric(String(b))]
        expect(BigInt(x)).toBe(a)
        expect(compareNumeric(x, y)).toBe(a < b ? -1 : a > b ? 1 : 0)
      }),
    )
  })

  it('are read from the middle of a text', () => {
    expect(readNumeric('v12.345-x', 4, 7)).toBe(345)
  })
})

describe('decimals', () => {
  it.each([
    ['-62', '-88', 1],
    ['1.10', '1.1', 0],
    ['+3', '3.000', 0],
    ['0.1', '0.09', 1],
    ['-0.1', '0', -1],
    ['53.47333823144817', '53.47333823144816', 1],
    ['9007199254740993', '9007199254740992', 1],
  ])('%s against %s is %i', (a, b, expected) => {
    const [x, y] = [readDecimal(a), readDecimal(b)]
    expect(x !== undefined && y !== undefined && compareDecimal(x, y)).toBe(expected)
  })

  it.each(['', '1a', 'b', '1e5', 'inf', 'NaN', '0x10', '1.', '.5', '1_000', '--1', '9'.repeat(300)])(
    '%s is none',
    (text) => {
      expect(readDecimal(text)).toBeUndefined()
    },
  )
})
