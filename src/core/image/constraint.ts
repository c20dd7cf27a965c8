import { type Comparator, checkComparator, type SemanticVersion } from './comparator.ts'
import { compileExpression } from './expression.ts'
import { type Numeric, readNumeric } from './numeric.ts'

/** A version constraint with the grammar and meaning of Masterminds/semver 3.4, which Flux and Helm use. */
export interface Constraint {
  /** As written. */
  text: string
  check(version: SemanticVersion): boolean
}

/** Limits of Masterminds/semver 3.5. */
const lengthLimit = 512
const groupLimit = 32
const uint64Limit = 2n ** 64n

// The shapes below are those that Masterminds/semver documents by its tests: `|` counts as a digit, so that
// `!=3||0.2.1` is one malformed number. They run on RE2, for nested repetition would backtrack.
const operator = '(?:=|!=|>=|=>|<=|=<|~>|>|<|~|\\^)?'
const identifiers = '[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*'
const part = '[0-9|xX*]+'
const version = `v?${part}(?:\\.${part})?(?:\\.${part})?(?:-${identifiers})?(?:\\+${identifiers})?`
const blanks = '[\\t\\n\\f\\r ]'
const single = `${operator}${blanks}*${version}${blanks}*`

const hyphenRange = compileExpression(`${blanks}*(${version})${blanks}+-${blanks}+(${version})${blanks}*`)
const group = compileExpression(`^${blanks}*${single}(?:(?:${blanks}+|,${blanks}*)${single})*$`)
const comparator = compileExpression(`(${operator})${blanks}*(${version})`)
const versionParts = compileExpression(
  `^v?(${part})(?:\\.(${part}))?(?:\\.(${part}))?(?:-(${identifiers}))?(?:\\+${identifiers})?$`,
)

/** One AND group: all comparators must hold. Pre-releases are admitted for the whole group or not at all. */
interface Group {
  comparators: readonly Comparator[]
  prereleases: boolean
}

/** Parses a constraint. Throws an `Error` that says what is wrong with it. */
export function parseConstraint(text: string): Constraint {
  if (text.trim() === '') throw new Error('is empty')
  if (text.length > lengthLimit) throw new Error(`is longer than ${lengthLimit} characters`)
  const alternatives = rewriteHyphenRanges(text).split('||')
  if (alternatives.length > groupLimit) throw new Error(`has more than ${groupLimit} alternatives`)
  const groups = alternatives.map(parseGroup)
  return { text, check: (candidate) => groups.some((alternative) => holds(alternative, candidate)) }
}

function holds({ comparators, prereleases }: Group, version: SemanticVersion): boolean {
  if (version.prerelease !== '' && !prereleases) return false
  return comparators.every((one) => checkComparator(one, version))
}

/** `1.2 - 2` becomes `>= 1.2, <= 2`, together with the blanks around it. */
function rewriteHyphenRanges(text: string): string {
  let rewritten = text
  for (const match of hyphenRange.matchAll(text)) {
    rewritten = rewritten.replace(match[0], () => `>= ${match[1]}, <= ${match[2]} `)
  }
  return rewritten
}

function parseGroup(text: string): Group {
  if (!group.test(text)) throw new Error(`is not a version constraint at "${text.trim()}"`)
  const comparators: Comparator[] = []
  for (const match of comparator.matchAll(text)) comparators.push(parseComparator(match[1] ?? '', match[2] ?? ''))
  return { comparators, prereleases: comparators.some(({ bound }) => bound.prerelease !== '') }
}

/** A part that is missing or a wildcard is 0, and so are all after it; `written` remembers how many were there. */
function parseComparator(operator: string, text: string): Comparator {
  const match: (string | undefined)[] = versionParts.exec(text) ?? []
  const parts = [match[1], match[2], match[3]]
  const wildcard = parts.findIndex((one) => one === undefined || /^[xX*]$/.test(one))
  const written = wildcard < 0 ? 3 : wildcard
  const [major = 0, minor = 0, patch = 0] = parts.slice(0, written).map((one) => parsePart(one ?? '', text))
  const prerelease = match[4] ?? ''
  if (prerelease.split('.').some((identifier) => /^0[0-9]+$/.test(identifier))) {
    throw new Error(`has a pre-release number with a leading zero in "${text}"`)
  }
  return { operator, bound: { major, minor, patch, prerelease }, written }
}

function parsePart(digits: string, text: string): Numeric {
  if (!/^[0-9]+$/.test(digits)) throw new Error(`has "${digits}" for a number in "${text}"`)
  const value = readNumeric(digits)
  if (value >= uint64Limit) throw new Error(`has a number that is too large in "${text}"`)
  return value
}
