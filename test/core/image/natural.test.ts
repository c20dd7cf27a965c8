import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareNatural } from '../../../src/core/image/natural.ts'

describe('natural order', () => {
  it.each([
    ['build-9', 'build-10'],
    ['a', 'b'],
    ['a', 'a1'],
    ['a1', 'aa'],
    ['1.9', '1.10'],
    ['x09', 'x10'],
    ['b99999999999999999998', 'b99999999999999999999'],
  ])('%s comes before %s', (low, high) => {
    expect(compareNatural(low, high)).toBeLessThan(0)
    expect(compareNatural(high, low)).toBeGreaterThan(0)
  })

  it('sees through leading zeros', () => {
    expect(compareNatural('a007b', 'a7b')).toBe(0)
  })

  const text = fc.string({ unit: fc.constantFrom('a', 'b', '-', '0', '1', '9'), maxLength: 8 })

  it('is antisymmetric and transitive', () => {
    fc.assert(
      fc.property(text, text, text, (a, b, c) => {
        expect(Math.sign(compareNatural(a, b)) + Math.sign(compareNatural(b, a))).toBe(0)
        const [low = '', middle = '', high = ''] = [a, b, c].sort(compareNatural)
        expect(compareNatural(low, middle)).toBeLessThanOrEqual(0)
        expect(compareNatural(middle, high)).toBeLessThanOrEqual(0)
        expect(compareNatural(low, high)).toBeLessThanOrEqual(0)
      }),
    )
  })
})
