import { isDeepStrictEqual } from 'node:util'

/**
 * Whether two pieces of plain data are the same. Asked for every event of every object that is followed, and a quarter of
 * what `isDeepStrictEqual` costs; whatever is not plain (a Map, a Date) is left to that.
 */
export function isSameData(left: unknown, right: unknown): boolean {
  if (left === right) return true
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false
  if (Array.isArray(left)) return Array.isArray(right) && isSameList(left, right)
  if (!isPlain(left) || !isPlain(right)) return isDeepStrictEqual(left, right)
  let more = 0
  for (const key in left) {
    if (!isSameData(left[key], right[key])) return false
    more++
  }
  for (const _ in right) more--
  return more === 0
}

function isSameList(left: readonly unknown[], right: readonly unknown[]): boolean {
  if (left.length !== right.length) return false
  for (let index = 0; index < left.length; index++) if (!isSameData(left[index], right[index])) return false
  return true
}

function isPlain(value: object): value is Record<string, unknown> {
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
