import { readChartVersion } from './chart-version.ts'
import type { DecisionReason, TagFacts } from './decision.ts'
import { compareNatural } from './natural.ts'
import { compareDecimal, type Decimal, readDecimal } from './numeric.ts'
import type { Order, Policy } from './policy.ts'
import { createNameRanking, createValueRanking, type Ranking } from './ranking.ts'
import { readInList, type TagList } from './tag-list.ts'
import type { Version } from './version.ts'
import { compareVersions } from './version-order.ts'
import {
  createBumpRule,
  createGlobRule,
  createSemverRule,
  createVersionRanking,
  orderSemantic,
  plainReleaseRule,
  type VersionRule,
} from './version-ranking.ts'

/** A ranking, and the reason to give when it finds a tag or none. */
export interface PolicyRanking {
  ranking: Ranking
  found: DecisionReason
  missed: DecisionReason
}

/** One selection: `current` is the tag, `seen` what the policy sees of it (undefined when the filter drops it). */
export interface Selection {
  policy: Policy
  current: string
  seen: string | undefined
  list: TagList
  facts: TagFacts
}

/** Whether a policy needs tags to be read as versions. */
export function comparesVersions({ kind }: Policy): boolean {
  return ['patch', 'minor', 'major', 'all', 'force', 'glob', 'semver'].includes(kind)
}

/** How the policy ranks the tags of the list. */
export function createPolicyRanking(selection: Selection): PolicyRanking {
  const { policy, current, list, facts } = selection
  switch (policy.kind) {
    case 'none':
      return { ranking: createNameRanking(list, facts, undefined), found: 'none', missed: 'none' }
    case 'digest':
      return { ranking: createNameRanking(list, facts, current), found: 'digest', missed: 'no-candidate' }
    case 'imagepolicy': {
      const wanted = facts.latest === current ? undefined : facts.latest
      return decided(createNameRanking(list, facts, wanted))
    }
    case 'newest-build':
      return decided(rankByDate(selection))
    case 'numerical':
      return decided(rankByNumber(selection, policy.order))
    case 'alphabetical':
      return decided(rankByText(selection, policy.order))
    default:
      return rankVersions(selection, policy)
  }
}

type VersionPolicy = Extract<Policy, { kind: 'patch' | 'minor' | 'major' | 'all' | 'force' | 'glob' | 'semver' }>

function rankVersions(selection: Selection, policy: VersionPolicy): PolicyRanking {
  const { list, facts, seen } = selection
  const version =
    seen === undefined ? undefined : policy.isChart === true ? readChartVersion(seen) : readInList(seen, list)
  const rank = (rule: VersionRule) => createVersionRanking(list, version, rule, facts)
  if (policy.kind === 'semver') return decided(rank(createSemverRule(policy)))
  if (policy.kind === 'glob') return decided(rankByGlob(selection, policy, version))
  if (policy.kind === 'force') {
    if ((facts.builtAt?.size ?? 0) > 0) return decided(rankByDate(selection))
    return decided(rank(version === undefined ? plainReleaseRule : createBumpRule('all', policy.prerelease)))
  }
  const order = policy.isChart === true ? orderSemantic : compareVersions
  const ranking = rank(createBumpRule(policy.kind, policy.prerelease, order))
  return version === undefined ? { ...decided(ranking), missed: 'current-not-a-version' } : decided(ranking)
}

function decided(ranking: Ranking): PolicyRanking {
  return { ranking, found: 'selected', missed: 'no-candidate' }
}

/** Versions under the usual rules when the current tag is one of the glob's, otherwise natural order of the texts. */
function rankByGlob(
  selection: Selection,
  policy: Extract<Policy, { kind: 'glob' }>,
  version: Version | undefined,
): Ranking {
  const { list, facts, seen } = selection
  const matching = seen !== undefined && policy.pattern(seen) ? seen : undefined
  if (matching !== undefined && version !== undefined) {
    return createVersionRanking(list, version, createGlobRule(policy), facts)
  }
  return createValueRanking(list, facts, {
    read(index) {
      const text = list.texts[index] ?? ''
      return policy.pattern(text) ? text : undefined
    },
    absent: 'outside-policy',
    compare: compareNatural,
    current: matching,
  })
}

function rankByText({ list, facts, seen }: Selection, order: Order): Ranking {
  const direction = order === 'asc' ? 1 : -1
  return createValueRanking<string>(list, facts, {
    read: (index) => list.texts[index],
    absent: 'not-a-version',
    compare: (a, b) => (a === b ? 0 : a < b ? -direction : direction),
    current: seen,
  })
}

function rankByNumber({ list, facts, seen }: Selection, order: Order): Ranking {
  const direction = order === 'asc' ? 1 : -1
  return createValueRanking<Decimal>(list, facts, {
    read: (index) => readDecimal(list.texts[index] ?? ''),
    absent: 'not-a-version',
    compare: (a, b) => direction * compareDecimal(a, b),
    current: seen === undefined ? undefined : readDecimal(seen),
  })
}

/** By build date; a tag without one is not known well enough to be chosen. */
function rankByDate({ list, facts, current }: Selection): Ranking {
  return createValueRanking<number>(list, facts, {
    read: (index) => facts.builtAt?.get(list.tags[index] ?? ''),
    absent: 'outside-policy',
    compare: (a, b) => a - b,
    current: facts.builtAt?.get(current),
  })
}
