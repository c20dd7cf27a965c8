import { describe, expect, it } from 'vitest'
import { count, field, strings, text } from '../../../src/core/workload/field.ts'

describe('a field', () => {
  it('that is inherited does not exist', () => {
    expect(field({}, 'constructor')).toBeUndefined()
  })

  it.each([null, undefined, 7, 'text', ['list']])('of %j does not exist', (value) => {
    expect(field(value, 'length')).toBeUndefined()
  })

  it('of another type is not text', () => {
    expect(text({ name: 1.2 }, 'name')).toBeUndefined()
  })
})

it.each([
  [3, 3],
  ['3', 3],
  [-3, 0],
  ['-3', 0],
  [2.9, 2],
  [Number.POSITIVE_INFINITY, undefined],
  ['three', undefined],
  [null, undefined],
  [{}, undefined],
])('the count %j is read as %j', (value, expected) => {
  expect(count({ value }, 'value')).toBe(expected)
})

it('keeps only the strings of a string map, prototype keys included', () => {
  const kept = strings(JSON.parse('{"a":"1","b":2,"__proto__":"x"}'))
  expect(Object.entries(kept)).toEqual([
    ['a', '1'],
    ['__proto__', 'x'],
  ])
})
