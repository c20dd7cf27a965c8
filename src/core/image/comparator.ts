import { compareIdentifiers } from 'semver'
import { compareNumeric, type Numeric, readNumeric } from './numeric.ts'

/** What a constraint sees of a tag. */
export interface SemanticVersion {
  major: Numeric
  minor: Numeric
  patch: Numeric
  /** Text after the dash, empty for a release. */
  prerelease: string
}

/** One comparison of a constraint, e.g. `>=1.2`. */
export interface Comparator {
  operator: string
  bound: SemanticVersion
  /** How many numbers are written before the first wildcard: `*` 0, `1.x` 1, `1.2` 2, `1.2.3` 3. */
  written: number
}

type Check = (version: SemanticVersion, bound: SemanticVersion, written: number) => boolean

/** Facts of Masterminds/semver 3.4 (constraints_test.go), operator by operator. */
const checks: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['', isTildeOrEqual],
  ['=', isTildeOrEqual],
  ['!=', isNotEqual],
  ['>', isGreater],
  ['<', (version, bound) => compareSemantic(version, bound) < 0],
  ['>=', (version, bound) => compareSemantic(version, bound) >= 0],
  ['=>', (version, bound) => compareSemantic(version, bound) >= 0],
  ['<=', isLessOrEqual],
  ['=<', isLessOrEqual],
  ['~', isInTilde],
  ['~>', isInTilde],
  ['^', isInCaret],
])

/** Whether the version passes one comparison; pre-releases are admitted or not before. */
export function checkComparator(comparator: Comparator, version: SemanticVersion): boolean {
  const check = checks.get(comparator.operator)
  return check?.(version, comparator.bound, comparator.written) ?? false
}

/** `=1.x` and `1.x` act as a tilde, a full version as itself. */
function isTildeOrEqual(version: SemanticVersion, bound: SemanticVersion, written: number): boolean {
  return written < 3 ? isInTilde(version, bound, written) : compareSemantic(version, bound) === 0
}

/** `!=4.1` excludes all of 4.1, but `!=x` only 0.0.0. */
function isNotEqual(version: SemanticVersion, bound: SemanticVersion, written: number): boolean {
  if (written === 3 || written === 0) return compareSemantic(version, bound) !== 0
  if (compareNumeric(version.major, bound.major) !== 0) return true
  if (written === 1) return false
  if (compareNumeric(version.minor, bound.minor) !== 0) return true
  return comparePrereleases(version.prerelease, bound.prerelease) !== 0
}

/** `>1.1` begins with 1.2, `>11` with 12. */
function isGreater(version: SemanticVersion, bound: SemanticVersion, written: number): boolean {
  if (written === 3 || written === 0) return compareSemantic(version, bound) > 0
  const major = compareNumeric(version.major, bound.major)
  if (major !== 0 || written === 1) return major > 0
  return compareNumeric(version.minor, bound.minor) > 0
}

/** `<=1.1` includes 1.1.5, `<=11` includes 11.2. */
function isLessOrEqual(version: SemanticVersion, bound: SemanticVersion, written: number): boolean {
  if (written === 3) return compareSemantic(version, bound) <= 0
  const major = compareNumeric(version.major, bound.major)
  if (major !== 0 || written === 1) return major <= 0
  return compareNumeric(version.minor, bound.minor) <= 0
}

/** `~1` any 1, `~1.2` and `~1.2.3` any 1.2; `~*` and `~0.0.0` any version at all. */
function isInTilde(version: SemanticVersion, bound: SemanticVersion, written: number): boolean {
  if (compareSemantic(version, bound) < 0) return false
  if ((written === 3 || written === 0) && isZero(bound)) return true
  if (compareNumeric(version.major, bound.major) !== 0) return false
  return written === 1 || compareNumeric(version.minor, bound.minor) === 0
}

/** `^1.2` any 1 from there; below 1.0.0 the first number that is not 0 must stay: `^0.2`, `^0.0.3`. */
function isInCaret(version: SemanticVersion, bound: SemanticVersion, written: number): boolean {
  if (compareSemantic(version, bound) < 0) return false
  const sameMajor = compareNumeric(version.major, bound.major) === 0
  if (bound.major > 0 || written === 1) return sameMajor
  if (!sameMajor) return false
  const sameMinor = compareNumeric(version.minor, bound.minor) === 0
  if (bound.minor > 0 || written === 2) return sameMinor
  return sameMinor && compareNumeric(version.patch, bound.patch) === 0
}

function isZero({ major, minor, patch }: SemanticVersion): boolean {
  return compareNumeric(major, 0) === 0 && compareNumeric(minor, 0) === 0 && compareNumeric(patch, 0) === 0
}

/** Precedence by https://semver.org/#spec-item-11, with `rc.10` before `rc1`. */
export function compareSemantic(a: SemanticVersion, b: SemanticVersion): number {
  return (
    compareNumeric(a.major, b.major) ||
    compareNumeric(a.minor, b.minor) ||
    compareNumeric(a.patch, b.patch) ||
    comparePrereleases(a.prerelease, b.prerelease)
  )
}

/** A release is above its pre-releases; numbers are below words; fewer identifiers are below more. */
export function comparePrereleases(a: string, b: string): number {
  if (a === b) return 0
  if (a === '') return 1
  if (b === '') return -1
  const left = a.split('.')
  const right = b.split('.')
  for (let i = 0; i < left.length && i < right.length; i++) {
    const order = compareParts(left[i] ?? '', right[i] ?? '')
    if (order !== 0) return order
  }
  return left.length - right.length
}

/** Numbers exactly, however long; the rest as SemVer has it. */
function compareParts(a: string, b: string): number {
  const areNumbers = /^[0-9]+$/.test(a) && /^[0-9]+$/.test(b)
  return areNumbers ? compareNumeric(readNumeric(a), readNumeric(b)) : compareIdentifiers(a, b)
}
