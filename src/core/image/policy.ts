import { FairleadError } from '../../errors.ts'
import { type Constraint, parseConstraint } from './constraint.ts'
import { compileFilter, type TagFilter } from './filter.ts'
import { globMatcher } from './glob.ts'

export const policyNames = [
  'none',
  'patch',
  'minor',
  'major',
  'all',
  'glob',
  'force',
  'digest',
  'newest-build',
  'semver',
  'numerical',
  'alphabetical',
  'imagepolicy',
] as const

export type PolicyName = (typeof policyNames)[number]

export const orders = ['asc', 'desc'] as const
/** `asc` picks the highest, `desc` the lowest. */
export type Order = (typeof orders)[number]

export const prereleaseRules = ['never', 'if-current', 'always'] as const
/** When a pre-release may be chosen; `if-current`: only from a pre-release, to the same or a later stage. */
export type PrereleaseRule = (typeof prereleaseRules)[number]

/** A policy as users write it: the annotations' values, or the same fields of a rule, all still text. */
export interface PolicyFields {
  policy?: string | undefined
  constraint?: string | undefined
  pattern?: string | undefined
  filter?: string | undefined
  extract?: string | undefined
  order?: string | undefined
  prerelease?: string | undefined
}

interface PolicyCommon {
  /** Applied before the policy, to the current tag too. */
  filter?: TagFilter
  /** It chooses among the versions of a chart, which are SemVer to the letter, and not among tags. */
  isChart?: true
}

/** A valid policy, everything in it compiled. */
export type Policy = PolicyCommon &
  (
    | { kind: 'none' | 'digest' | 'newest-build' | 'imagepolicy' }
    | { kind: 'patch' | 'minor' | 'major' | 'all' | 'force'; prerelease: PrereleaseRule }
    | { kind: 'glob'; pattern: (tag: string) => boolean; prerelease: PrereleaseRule }
    | { kind: 'semver'; constraint: Constraint }
    | { kind: 'numerical' | 'alphabetical'; order: Order }
  )

/**
 * Validates and compiles a policy. Every field that is given must be valid, also one that this policy does not use, for
 * fields come from several rules. Throws `PolicyInvalid` with all mistakes at once, each with key, value and what is
 * allowed; `evidence` holds them one by one.
 */
export function parsePolicy(fields: PolicyFields): Policy {
  const mistakes: string[] = []
  const kind = parseChoice('policy', fields.policy, policyNames, mistakes)
  const order = parseChoice('order', fields.order || 'asc', orders, mistakes)
  const prerelease = parseChoice('prerelease', fields.prerelease || 'if-current', prereleaseRules, mistakes)
  const constraint = compileField('constraint', fields.constraint, kind === 'semver', parseConstraint, mistakes)
  const pattern = compileField('pattern', fields.pattern, kind === 'glob', globMatcher, mistakes)
  const filter = parseFilter(fields, mistakes)
  const policy = combine(kind, { order, prerelease, constraint, pattern })
  if (policy !== undefined && mistakes.length === 0) return { ...policy, ...(filter === undefined ? {} : { filter }) }
  throw new FairleadError('PolicyInvalid', mistakes.join('; '), { evidence: mistakes })
}

interface Parts {
  order: Order | undefined
  prerelease: PrereleaseRule | undefined
  constraint: Constraint | undefined
  pattern: ((tag: string) => boolean) | undefined
}

type OwnFields<P> = P extends Policy ? Omit<P, keyof PolicyCommon> : never

/** The policy's own fields; undefined when one is missing, which has been noted as a mistake. */
function combine(kind: PolicyName | undefined, parts: Parts): OwnFields<Policy> | undefined {
  const { order, prerelease, constraint, pattern } = parts
  if (kind === undefined || order === undefined || prerelease === undefined) return undefined
  switch (kind) {
    case 'glob':
      return pattern === undefined ? undefined : { kind, pattern, prerelease }
    case 'semver':
      return constraint === undefined ? undefined : { kind, constraint }
    case 'numerical':
    case 'alphabetical':
      return { kind, order }
    case 'patch':
    case 'minor':
    case 'major':
    case 'all':
    case 'force':
      return { kind, prerelease }
    default:
      return { kind }
  }
}

function parseChoice<T extends string>(
  key: string,
  value: string | undefined,
  allowed: readonly T[],
  mistakes: string[],
): T | undefined {
  const choice = allowed.find((one) => one === value)
  if (choice === undefined) mistakes.push(`${key} ${render(value)} is not allowed: use one of ${allowed.join(', ')}`)
  return choice
}

const allowedText = {
  constraint: 'a Masterminds/semver constraint such as "^1.2" or ">=1.2, <2"',
  pattern: 'a glob such as "v1.*" with * ? [a-z] {a,b}',
  filter: 'an RE2 expression such as "^main-(?P<build>[0-9]+)$"',
  extract: 'a template over the groups of filter, such as "$build"',
} as const

function compileField<T>(
  key: 'constraint' | 'pattern',
  value: string | undefined,
  required: boolean,
  compile: (text: string) => T,
  mistakes: string[],
): T | undefined {
  if (!required && (value === undefined || value === '')) return undefined
  if (value === undefined) mistakes.push(`${key} is missing: give ${allowedText[key]}`)
  else return attempt(key, value, () => compile(value), mistakes)
  return undefined
}

function parseFilter(fields: PolicyFields, mistakes: string[]): TagFilter | undefined {
  const { filter = '', extract = '' } = fields
  if (filter !== '') return attempt('filter', filter, () => compileFilter(filter, extract), mistakes)
  if (extract !== '') mistakes.push(`extract ${render(extract)} needs a filter: give ${allowedText.extract}`)
  return undefined
}

function attempt<T>(key: keyof typeof allowedText, value: string, compile: () => T, mistakes: string[]): T | undefined {
  try {
    return compile()
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    mistakes.push(`${key} ${render(value)} ${problem}: use ${allowedText[key]}`)
    return undefined
  }
}

function render(value: string | undefined): string {
  if (value === undefined) return '(missing)'
  return JSON.stringify(value.length > 100 ? `${value.slice(0, 100)}…` : value)
}
