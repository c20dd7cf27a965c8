import { compactDateKind, type DateKind, isYear, readDashedDate } from './calendar.ts'
import { digitsEnd, isDigit } from './natural.ts'
import { type Numeric, readNumeric } from './numeric.ts'
import { readStageToken, releaseStage, type Stage } from './prerelease.ts'
import { isCommitToken, plainVariant, readVariant, type Variant } from './variant.ts'

/** A tag read as `[prefix]numbers[pre-release][-tokens]`. The tag itself is kept elsewhere and never rewritten. */
export interface Version extends VersionSuffix {
  /** Literal text before the numbers, without the `v`; ends in `-`, `.` or `_`, or is empty. */
  prefix: string
  /** Whether a `v` stands directly before the numbers. */
  v: boolean
  major: Numeric
  minor: Numeric
  patch: Numeric
  /** The fourth and fifth number. */
  more: readonly Numeric[]
  /** How many numbers are written, 1 to 5. */
  precision: number
  /** Digits of the first number as written. */
  digits: number
  date: DateKind
  /** The first number is a year. */
  year: boolean
  /** The number after `_`, as in `17.0.2_8`. */
  revision: Numeric | undefined
}

/** What follows the numbers. */
export interface VersionSuffix {
  stage: Stage
  /** The pre-release's own numbers. */
  rest: readonly Numeric[]
  /** The pre-release as written (`rc.1`), empty for a release. */
  prerelease: string
  variant: Variant
}

const noNumbers: readonly Numeric[] = []
const release: VersionSuffix = { stage: releaseStage, rest: noNumbers, prerelease: '', variant: plainVariant }
const digitsPattern = /^\d+$/
/** A prefix is looked for in so many places; more separators than that are no version. */
const prefixAttempts = 6

/** The numbers, as found at one place in a tag. */
type Numbers = Omit<Version, keyof VersionSuffix | 'prefix' | 'v'>
/** `end` is the index after the numbers. */
type Found<T> = T & { end: number }

/**
 * Reads a tag (at most 128 characters) as a version; undefined when it is none. The prefix is the shortest one after
 * which the rest can be read.
 */
export function readVersion(tag: string): Version | undefined {
  const first = readAt(tag, 0)
  if (first !== undefined) return first
  let attempts = 0
  // After a number that could not be read, a dot would only cut that number in two (1.2.3.4.5.6).
  let dots = !startsNumber(tag, 0)
  for (let i = 1; i < tag.length && attempts < prefixAttempts; i++) {
    const separator = tag[i - 1]
    if (separator !== '-' && separator !== '_' && !(dots && separator === '.')) continue
    if (!startsNumber(tag, i)) continue
    const version = readAt(tag, i)
    if (version !== undefined) return version
    attempts++
    dots = false
  }
  return undefined
}

/** Whether digits, or a `v` and digits, begin here. */
function startsNumber(tag: string, start: number): boolean {
  const code = tag.charCodeAt(start)
  return isDigit(code) || (code === 118 && isDigit(tag.charCodeAt(start + 1)))
}

function readAt(tag: string, start: number): Version | undefined {
  if (!startsNumber(tag, start)) return undefined
  const v = tag.charCodeAt(start) === 118
  const from = v ? start + 1 : start
  const numbers = readDate(tag, from) ?? readNumbers(tag, from)
  if (numbers === undefined) return undefined
  const suffix = numbers.end === tag.length ? release : readSuffix(tag.slice(numbers.end))
  if (suffix === undefined || isCommit(tag, from, numbers)) return undefined
  // Written out, not spread: this runs for every tag of every list.
  return {
    prefix: start === 0 ? '' : tag.slice(0, start),
    v,
    major: numbers.major,
    minor: numbers.minor,
    patch: numbers.patch,
    more: numbers.more,
    precision: numbers.precision,
    digits: numbers.digits,
    date: numbers.date,
    year: numbers.year,
    revision: numbers.revision,
    stage: suffix.stage,
    rest: suffix.rest,
    prerelease: suffix.prerelease,
    variant: suffix.variant,
  }
}

function readDate(tag: string, start: number): Found<Numbers> | undefined {
  if (tag.charCodeAt(start + 4) !== 45 || tag.charCodeAt(start + 7) !== 45) return undefined
  const date = readDashedDate(tag, start)
  if (date === undefined) return undefined
  return {
    major: readNumeric(date.digits),
    minor: 0,
    patch: 0,
    more: noNumbers,
    precision: 1,
    digits: date.digits.length,
    date: date.kind,
    year: false,
    revision: undefined,
    end: date.end,
  }
}

/** One to five numbers with dots between them, then perhaps `_N`. */
function readNumbers(tag: string, start: number): Found<Numbers> | undefined {
  const numbers: Numeric[] = []
  const firstEnd = digitsEnd(tag, start)
  let end = firstEnd
  numbers.push(readNumeric(tag.slice(start, firstEnd)))
  while (tag.charCodeAt(end) === 46 && isDigit(tag.charCodeAt(end + 1))) {
    const next = digitsEnd(tag, end + 1)
    numbers.push(readNumeric(tag.slice(end + 1, next)))
    end = next
  }
  if (numbers.length > 5) return undefined
  let revision: Numeric | undefined
  if (tag.charCodeAt(end) === 95 && isDigit(tag.charCodeAt(end + 1))) {
    const next = digitsEnd(tag, end + 1)
    revision = readNumeric(tag.slice(end + 1, next))
    end = next
  }
  const [major = 0, minor = 0, patch = 0] = numbers
  const digits = firstEnd - start
  const date = numbers.length === 1 && digits >= 8 ? compactDateKind(tag.slice(start, firstEnd)) : ''
  const more = numbers.length > 3 ? numbers.slice(3) : noNumbers
  const year = isYear(digits, major)
  return { major, minor, patch, more, precision: numbers.length, digits, date, year, revision, end }
}

/** A hex word like `12a3456` begins like a pre-release of version 12, but is a commit. */
function isCommit(tag: string, start: number, numbers: Found<Numbers>): boolean {
  const { precision, end } = numbers
  if (precision > 1 || end === tag.length || tag.charCodeAt(end) === 45) return false
  const dash = tag.indexOf('-', end)
  return isCommitToken(tag.slice(start, dash < 0 ? tag.length : dash))
}

/**
 * Reads what follows the numbers: a pre-release that touches them, then tokens with a dash before each. Undefined when
 * it is neither.
 */
export function readSuffix(text: string): VersionSuffix | undefined {
  if (text === '') return release
  const [touching = '', ...tokens] = text.split('-')
  const touched = touching === '' ? undefined : readStageToken(touching)
  if (touching !== '' && touched === undefined) return undefined
  const marked = touched === undefined ? tokens.findIndex((token) => readStageToken(token) !== undefined) : -1
  const stage = touched ?? (marked < 0 ? undefined : readStageToken(tokens[marked] ?? ''))
  const restStart = marked + 1
  const restEnd = stage === undefined ? restStart : digitTokensEnd(tokens, restStart)
  const variant = tokens.flatMap((token, index) => {
    const inPrerelease = stage !== undefined && index >= Math.max(marked, 0) && index < restEnd
    return inPrerelease ? [] : [{ text: token, afterNumber: index === 0 || endsInNumber(tokens[index - 1]) }]
  })
  if (stage === undefined) return { ...release, variant: readVariant(variant) }
  const rest = tokens.slice(restStart, restEnd)
  const prerelease = [touched === undefined ? (tokens[marked] ?? '') : touching, ...rest].join('-')
  return {
    stage: stage.stage,
    rest: [...(stage.number === undefined ? [] : [stage.number]), ...rest.map(readNumeric)],
    prerelease,
    variant: readVariant(variant),
  }
}

function digitTokensEnd(tokens: readonly string[], start: number): number {
  let end = start
  while (end < tokens.length && digitsPattern.test(tokens[end] ?? '')) end++
  return end
}

function endsInNumber(token: string | undefined): boolean {
  return token !== undefined && isDigit(token.charCodeAt(token.length - 1)) && !isCommitToken(token)
}
