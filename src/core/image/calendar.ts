/** How a one-number tag is a date; tags of different kinds never compare. `''` is no date. */
export type DateKind =
  | ''
  | 'YYYYMMDD'
  | 'YYYYMMDDhh'
  | 'YYYYMMDDhhmm'
  | 'YYYYMMDDhhmmss'
  | 'YYYY-MM-DD'
  | 'YYYY-MM-DDThh-mm-ssZ'

const compactKinds: ReadonlyMap<number, DateKind> = new Map([
  [8, 'YYYYMMDD'],
  [10, 'YYYYMMDDhh'],
  [12, 'YYYYMMDDhhmm'],
  [14, 'YYYYMMDDhhmmss'],
])

/** Whether a number written with four digits is a year; versions that begin with one are a scheme of their own. */
export function isYear(digits: number, value: number | bigint): boolean {
  return digits === 4 && value >= 1990 && value <= 2099
}

/** The kind of date that these digits are, or `''`. */
export function compactDateKind(digits: string): DateKind {
  const kind = compactKinds.get(digits.length)
  if (kind === undefined || !isDate(digits.slice(0, 4), digits.slice(4, 6), digits.slice(6, 8))) return ''
  return isTime(digits.slice(8, 10), digits.slice(10, 12), digits.slice(12, 14)) ? kind : ''
}

/** A date with dashes, as the digits in it and the index after it. */
export interface DashedDate {
  kind: DateKind
  digits: string
  end: number
}

const dashedPattern = /(\d{4})-(\d{2})-(\d{2})(?:T(\d{2})-(\d{2})-(\d{2})Z)?(?=-|$)/y

/** Reads `YYYY-MM-DD` or `YYYY-MM-DDThh-mm-ssZ` at `start`, when it ends a token there. */
export function readDashedDate(text: string, start: number): DashedDate | undefined {
  dashedPattern.lastIndex = start
  const match = dashedPattern.exec(text)
  if (match === null) return undefined
  const [written, year = '', month = '', day = '', hour = '', minute = '', second = ''] = match
  if (!isDate(year, month, day) || !isTime(hour, minute, second)) return undefined
  const kind = hour === '' ? 'YYYY-MM-DD' : 'YYYY-MM-DDThh-mm-ssZ'
  return { kind, digits: `${year}${month}${day}${hour}${minute}${second}`, end: start + written.length }
}

function isDate(year: string, month: string, day: string): boolean {
  return isYear(4, Number(year)) && within(month, 1, 12) && within(day, 1, 31)
}

/** Parts that are not written are fine. */
function isTime(hour: string, minute: string, second: string): boolean {
  return within(hour, 0, 23) && within(minute, 0, 59) && within(second, 0, 59)
}

function within(digits: string, least: number, most: number): boolean {
  const value = Number(digits)
  return digits === '' || (value >= least && value <= most)
}
