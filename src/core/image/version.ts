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
  /** Index in the tag after the numbers. */
  end: number
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
const commitRelease: VersionSuffix = { ...release, variant: readVariant([{ text: 'abc1234', afterNumber: true }]) }
const digitsPattern = /^\d+$/
/** A prefix is looked for in so many places; more separators than that are no version. */
const prefixAttempts = 6

/** Reads what follows the numbers; undefined when it is nothing that may. */
export type SuffixReader = (text: string) => VersionSuffix | undefined

/** Suffixes that a reader remembers; enough for the variants of one repository. */
const rememberedSuffixes = 4096

/** A reader for the tags of one list, which reads suffixes that repeat only once. */
export function createSuffixReader(): SuffixReader {
  const known = new Map<string, VersionSuffix | undefined>()
  return (text) => {
    // One commit is read as any other, and lists hold thousands: they must not crowd out the variants.
    if (text.charCodeAt(0) === 45 && isCommitToken(text, 1) && readStageToken(text.slice(1)) === undefined)
      return commitRelease
    const found = known.get(text)
    if (found !== undefined) return found
    const suffix = parseSuffix(text)
    if (known.size < rememberedSuffixes) known.set(text, suffix)
    return suffix
  }
}

/** While it is read; one object per tag, for lists are long. */
type Draft = { -readonly [K in keyof Version]: Version[K] }

/**
 * Reads a tag (at most 128 characters) as a version; undefined when it is none. The prefix is the shortest one after
 * which the rest can be read.
 */
export function readVersion(tag: string, readSuffix: SuffixReader = parseSuffix): Version | undefined {
  const first = readAt(tag, 0, readSuffix)
  if (first !== undefined) return first
  let attempts = 0
  for (let i = 1; i < tag.length && attempts < prefixAttempts; i++) {
    if (!endsPrefix(tag, i)) continue
    if (!startsNumber(tag, i)) continue
    const version = readAt(tag, i, readSuffix)
    if (version !== undefined) return version
    attempts++
  }
  return undefined
}

/** Whether a prefix may end before `i`: after `-`, `_`, or a dot that does not cut a number (`go1.21`) in two. */
function endsPrefix(tag: string, i: number): boolean {
  const separator = tag.charCodeAt(i - 1)
  return separator === 45 || separator === 95 || (separator === 46 && !isDigit(tag.charCodeAt(i - 2)))
}

/** Whether digits, or a `v` and digits, begin here. */
function startsNumber(tag: string, start: number): boolean {
  const code = tag.charCodeAt(start)
  return isDigit(code) || (code === 118 && isDigit(tag.charCodeAt(start + 1)))
}

function readAt(tag: string, start: number, readSuffix: SuffixReader): Version | undefined {
  if (!startsNumber(tag, start)) return undefined
  const v = tag.charCodeAt(start) === 118
  const from = v ? start + 1 : start
  const draft = readDate(tag, from) ?? readNumbers(tag, from)
  if (draft === undefined) return undefined
  draft.v = v
  if (start > 0) draft.prefix = tag.slice(0, start)
  if (draft.end === tag.length) return draft
  const suffix = readSuffix(tag.slice(draft.end))
  if (suffix === undefined || isCommit(tag, from, draft)) return undefined
  draft.stage = suffix.stage
  draft.rest = suffix.rest
  draft.prerelease = suffix.prerelease
  draft.variant = suffix.variant
  return draft
}

function createDraft(): Draft {
  return {
    prefix: '',
    v: false,
    major: 0,
    minor: 0,
    patch: 0,
    more: noNumbers,
    precision: 1,
    digits: 0,
    date: '',
    year: false,
    revision: undefined,
    end: 0,
    stage: release.stage,
    rest: release.rest,
    prerelease: release.prerelease,
    variant: release.variant,
  }
}

function readDate(tag: string, start: number): Draft | undefined {
  if (tag.charCodeAt(start + 4) !== 45 || tag.charCodeAt(start + 7) !== 45) return undefined
  const date = readDashedDate(tag, start)
  if (date === undefined) return undefined
  const draft = createDraft()
  draft.major = readNumeric(date.digits)
  draft.digits = date.digits.length
  draft.date = date.kind
  draft.end = date.end
  return draft
}

/** One to five numbers with dots between them, then perhaps `_N`. */
function readNumbers(tag: string, start: number): Draft | undefined {
  const draft = createDraft()
  let end = digitsEnd(tag, start)
  draft.major = readNumeric(tag, start, end)
  draft.digits = end - start
  draft.year = isYear(draft.digits, draft.major)
  while (tag.charCodeAt(end) === 46 && isDigit(tag.charCodeAt(end + 1))) {
    const next = digitsEnd(tag, end + 1)
    addNumber(draft, readNumeric(tag, end + 1, next))
    end = next
  }
  if (draft.precision > 5) return undefined
  if (draft.precision === 1 && draft.digits >= 8) draft.date = compactDateKind(tag.slice(start, end))
  if (tag.charCodeAt(end) === 95 && isDigit(tag.charCodeAt(end + 1))) {
    const next = digitsEnd(tag, end + 1)
    draft.revision = readNumeric(tag, end + 1, next)
    end = next
  }
  draft.end = end
  return draft
}

function addNumber(draft: Draft, number: Numeric): void {
  if (draft.precision === 1) draft.minor = number
  else if (draft.precision === 2) draft.patch = number
  else draft.more = [...draft.more, number]
  draft.precision++
}

/** A hex word like `12a3456` begins like a pre-release of version 12, but is a commit. */
function isCommit(tag: string, start: number, { precision, end }: Version): boolean {
  if (precision > 1 || end === tag.length || tag.charCodeAt(end) === 45) return false
  const dash = tag.indexOf('-', end)
  return isCommitToken(tag.slice(start, dash < 0 ? tag.length : dash))
}

/**
 * Reads what follows the numbers: a pre-release that touches them, then tokens with a dash before each. Undefined when
 * it is neither.
 */
function parseSuffix(text: string): VersionSuffix | undefined {
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
    rest: [...(stage.number === undefined ? [] : [stage.number]), ...rest.map((digits) => readNumeric(digits))],
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
