/**
 * A whole number of any length. Up to 15 digits it is a `number`, beyond a `bigint`; JavaScript compares the two with
 * each other exactly, so nothing is ever rounded.
 */
export type Numeric = number | bigint

/** The digits of `text` between two indices as a number; leading zeros are fine. */
export function readNumeric(text: string, start = 0, end = text.length): Numeric {
  if (end - start > 15) return BigInt(text.slice(start, end))
  let value = 0
  for (let i = start; i < end; i++) value = value * 10 + text.charCodeAt(i) - 48
  return value
}

/** Negative, zero or positive, as `a` is less than, equal to or greater than `b`. */
export function compareNumeric(a: Numeric, b: Numeric): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Number by number; a missing one is less than any other. */
export function compareNumbers(a: readonly Numeric[], b: readonly Numeric[]): number {
  const length = Math.max(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const order = compareNumeric(a[i] ?? -1, b[i] ?? -1)
    if (order !== 0) return order
  }
  return 0
}

/** A decimal number, exact: `sign × digits / 10^scale`, with no zeros at the end of its digits. */
export interface Decimal {
  /** Signed digits without the point. */
  digits: bigint
  /** How many of them stand after the point. */
  scale: number
}

const decimalPattern = /^([+-]?)(\d+)(?:\.(\d+))?$/

/** Reads `-62`, `+3`, `47.40896403322944`; undefined for anything else (no exponents, no `inf`). At most 256 characters. */
export function readDecimal(text: string): Decimal | undefined {
  const match = text.length <= 256 ? decimalPattern.exec(text) : null
  if (match === null) return undefined
  const fraction = (match[3] ?? '').replace(/0+$/, '')
  const digits = BigInt(`${match[2]}${fraction}`)
  return { digits: match[1] === '-' ? -digits : digits, scale: fraction.length }
}

/** Negative, zero or positive; exact at any length. */
export function compareDecimal(a: Decimal, b: Decimal): number {
  if (a.scale === b.scale) return compareNumeric(a.digits, b.digits)
  const scale = Math.max(a.scale, b.scale)
  return compareNumeric(a.digits * 10n ** BigInt(scale - a.scale), b.digits * 10n ** BigInt(scale - b.scale))
}
