import { compareSemantic } from './comparator.ts'
import type { TagFacts, Verdict } from './decision.ts'
import type { Policy, PrereleaseRule } from './policy.ts'
import { releaseStage } from './prerelease.ts'
import { findExclusion, judgeState, type Ranking } from './ranking.ts'
import type { TagList } from './tag-list.ts'
import { compareVariants, isOlderSystem } from './variant.ts'
import type { Version } from './version.ts'
import { compareBeyond, compareVersions, isLowerPrecision, isOtherScheme } from './version-order.ts'

/** What one policy demands of versions. */
export interface VersionRule {
  /** Positive when the first is newer. */
  compare(a: Version, b: Version): number
  /** Whether one-number tags are candidates. */
  oneNumber: boolean
  /** The verdict against a newer version of the same scheme and variant, if there is one. */
  judge(version: Version, current: Version | undefined, tag: string): Verdict | undefined
}

/** Ranks tags as versions beside the current one; without a current version, plain ones are ranked among themselves. */
export function createVersionRanking(
  list: TagList,
  current: Version | undefined,
  rule: VersionRule,
  facts: TagFacts,
): Ranking {
  const v = current?.v
  return {
    judge(index) {
      const state = judgeState(list, index)
      if (state !== undefined) return state
      const version = list.versions[index]
      if (version === undefined) return 'not-a-version'
      const verdict =
        (current === undefined ? judgeAlone(version) : judgeBeside(version, current, rule)) ??
        (version.precision === 1 && !rule.oneNumber ? 'lower-precision' : undefined) ??
        rule.judge(version, current, list.texts[index] ?? '') ??
        findExclusion(list, index, facts)
      if (verdict !== undefined) return verdict
      return current !== undefined && version.precision > current.precision ? 'qualified-otherwise' : 'qualified'
    },
    compare(a, b) {
      const left = list.versions[a]
      const right = list.versions[b]
      if (left === undefined || right === undefined) return Number(left !== undefined) - Number(right !== undefined)
      return rule.compare(left, right) || (v === undefined ? 0 : Number(left.v === v) - Number(right.v === v))
    },
  }
}

/** A version without prefix, variant or anything unusual: what a tag like `latest` may be replaced with. */
function judgeAlone(version: Version): Verdict | undefined {
  const { prefix, date, precision, revision, variant } = version
  if (prefix !== '' || date !== '' || precision > 3 || revision !== undefined) return 'other-scheme'
  if (precision === 1) return 'lower-precision'
  return variant.key === '' ? undefined : 'other-variant'
}

function judgeBeside(version: Version, current: Version, rule: VersionRule): Verdict | undefined {
  if (isOtherScheme(version, current)) return 'other-scheme'
  if (isLowerPrecision(version, current)) return 'lower-precision'
  if (version.variant.key !== current.variant.key || isOlderSystem(version.variant, current.variant)) {
    return 'other-variant'
  }
  return rule.compare(version, current) > 0 ? undefined : 'not-newer'
}

/** The rule of `patch`, `minor`, `major` and `all`; the latter two ask nothing of the numbers. */
export function createBumpRule(
  name: 'patch' | 'minor' | 'major' | 'all',
  prerelease: PrereleaseRule,
  compare: VersionRule['compare'] = compareVersions,
): VersionRule {
  return {
    compare,
    oneNumber: true,
    judge(version, current) {
      if (current === undefined) return 'outside-policy'
      const fixed = name === 'patch' ? 2 : name === 'minor' ? 1 : 0
      if (fixed > 0 && version.major !== current.major) return 'outside-policy'
      if (fixed > 1 && version.minor !== current.minor) return 'outside-policy'
      return judgePrerelease(version, current, prerelease)
    },
  }
}

/** The rule of `glob`, when the current tag matches and is a version. */
export function createGlobRule({ pattern, prerelease }: Extract<Policy, { kind: 'glob' }>): VersionRule {
  return {
    compare: compareVersions,
    oneNumber: true,
    judge: (version, current, tag) => (pattern(tag) ? judgePrerelease(version, current, prerelease) : 'outside-policy'),
  }
}

/** The order of the SemVer specification; after it what that does not know, as it stands in tags. */
export function orderSemantic(a: Version, b: Version): number {
  return compareSemantic(a, b) || compareBeyond(a, b) || compareVariants(a.variant, b.variant)
}

/** The rule of `semver`: its order is that of the specification, its constraint alone decides pre-releases. */
export function createSemverRule({ constraint }: Extract<Policy, { kind: 'semver' }>): VersionRule {
  return {
    compare: orderSemantic,
    oneNumber: false,
    judge: (version) => (constraint.check(version) ? undefined : 'outside-policy'),
  }
}

/** The rule of `force` without build dates, when the current tag is no version: the highest plain release. */
export const plainReleaseRule: VersionRule = {
  compare: compareVersions,
  oneNumber: false,
  judge: (version) => (version.stage === releaseStage ? undefined : 'prerelease'),
}

function judgePrerelease(
  version: Version,
  current: Version | undefined,
  rule: PrereleaseRule,
): 'prerelease' | undefined {
  if (version.stage === releaseStage || rule === 'always') return undefined
  const fromPrerelease = current !== undefined && current.stage !== releaseStage && version.stage >= current.stage
  return rule === 'if-current' && fromPrerelease ? undefined : 'prerelease'
}
