import { compareNumbers, compareNumeric } from './numeric.ts'
import { compareVariants } from './variant.ts'
import type { Version } from './version.ts'

/**
 * Order of two versions of the same scheme and variant: numbers (missing ones are 0), release above pre-release, stage
 * and its numbers, then the variant's numbers. Zero means neither is newer.
 */
export function compareVersions(a: Version, b: Version): number {
  return (
    compareReleases(a, b) ||
    a.stage - b.stage ||
    compareNumbers(a.rest, b.rest) ||
    compareVariants(a.variant, b.variant)
  )
}

/** Order by the numbers alone. */
export function compareReleases(a: Version, b: Version): number {
  return (
    compareNumeric(a.major, b.major) ||
    compareNumeric(a.minor, b.minor) ||
    compareNumeric(a.patch, b.patch) ||
    compareBeyond(a, b)
  )
}

/** The fourth and fifth number, then what follows `_`. */
export function compareBeyond(a: Version, b: Version): number {
  for (let i = 0; i < a.more.length || i < b.more.length; i++) {
    const order = compareNumeric(a.more[i] ?? 0, b.more[i] ?? 0)
    if (order !== 0) return order
  }
  return compareNumeric(a.revision ?? 0, b.revision ?? 0)
}

/** Whether `candidate` counts versions in another way than `current`, so that neither is newer. */
export function isOtherScheme(candidate: Version, current: Version): boolean {
  if (candidate.prefix !== current.prefix || candidate.year !== current.year) return true
  if (candidate.date !== current.date) return true
  if (candidate.precision > 3 && current.precision <= 3) return true
  if (candidate.revision !== undefined && current.revision === undefined) return true
  const oneNumber = candidate.precision === 1 && current.precision === 1
  return oneNumber && Math.abs(candidate.digits - current.digits) > 1
}

/** Whether `candidate` says less than `current`: a floating tag, as 1.3 is beside 1.2.3. */
export function isLowerPrecision(candidate: Version, current: Version): boolean {
  return candidate.precision < current.precision || (current.revision !== undefined && candidate.revision === undefined)
}
