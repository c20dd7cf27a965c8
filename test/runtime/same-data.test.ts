import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isSameData } from '../../src/runtime/same-data.ts'

describe('the same data', () => {
  test('is what deep equality says, for whatever JSON can hold', () => {
    const pair = fc.oneof(
      fc.tuple(fc.jsonValue(), fc.jsonValue()),
      fc.jsonValue().map((value) => [value, structuredClone(value)] as const),
    )
    fc.assert(
      fc.property(pair, ([left, right]) => isSameData(left, right) === isDeepStrictEqual(left, right)),
      { numRuns: 2000 },
    )
  })

  test.each<[what: string, left: unknown, right: unknown, same: boolean]>([
    ['a key more on the left', { a: 1, b: 2 }, { a: 1 }, false],
    ['a key more on the right', { a: 1 }, { a: 1, b: 2 }, false],
    ['another key', { a: 1 }, { b: 1 }, false],
    ['a list for a map', [], {}, false],
    ['nothing for a map', null, {}, false],
    ['maps with other entries', new Map([[1, 2]]), new Map([[1, 3]]), false],
    ['sets with the same entries', new Set([1]), new Set([1]), true],
    ['another time', new Date(1), new Date(2), false],
    ['a name that every object has', JSON.parse('{"__proto__": "x"}'), {}, false],
    ['a name that every object has, on the right', {}, JSON.parse('{"__proto__": "x"}'), false],
    ['a method that every object has', { toString: 'x' }, {}, false],
  ])('%s', (_, left, right, same) => {
    expect(isSameData(left, right)).toBe(same)
  })
})
