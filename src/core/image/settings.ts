import {
  type AnnotationField,
  annotationFields,
  annotationPrefix,
  headwindPrefix,
  type Mode,
} from '../../api/annotation.ts'
import { asFairleadError, FairleadError } from '../../errors.ts'
import { parseDuration } from '../change/duration.ts'
import { globMatcher } from './glob.ts'
import { type Policy, parsePolicy } from './policy.ts'

/** What is to be done with one container's image. */
export interface UpdateSettings {
  policy: Policy
  /** The policy in words, for commit messages and UpdateRequests, e.g. `minor` or `glob v1.*`. */
  policyText: string
  requireApproval: boolean
  mode: Mode
  /** At least so long between two updates of one slot. */
  minUpdateIntervalMs: number
  /** Why nothing is done, in the user's words; undefined = go on. */
  hold: string | undefined
}

/** A rule of the configuration as written: fields for workloads that match. */
export interface RuleFields {
  match: {
    namespace?: string | undefined
    name?: string | undefined
    image?: string | undefined
    labels?: Readonly<Record<string, string>> | undefined
  }
  fields: Readonly<Partial<Record<AnnotationField, string>>>
}

/** A rule with its globs compiled. Later rules win field by field. */
export interface UpdateRule {
  matches(subject: SettingsSubject): boolean
  fields: RuleFields['fields']
}

/** Whose settings are asked for. */
export interface SettingsSubject {
  namespace: string
  name: string
  labels: Readonly<Record<string, string>>
  annotations: Readonly<Record<string, string>>
  container: string
  image: string
}

const headwindFields: Readonly<Record<string, AnnotationField>> = {
  policy: 'policy',
  pattern: 'pattern',
  'require-approval': 'require-approval',
  'min-update-interval': 'min-update-interval',
  images: 'images',
}

/** Fields that later versions carry. Ignoring one would loosen what its author asked for, so it is an error. */
const unsupportedFields: readonly AnnotationField[] = [
  'min-age',
  'window',
  'pin-digest',
  'platform',
  'verify',
  'rollback',
]

/**
 * Settings of one container: rules in order, then `headwind.sh/*`, then `fairlead.dev/*`, then the per-container
 * `fairlead.dev/<field>.<container>`. Undefined when no policy applies. Throws `PolicyInvalid` naming key and value.
 */
export function resolveSettings(
  subject: SettingsSubject,
  rules: readonly UpdateRule[],
  defaultMode: Mode,
): UpdateSettings | undefined {
  const found = collectFields(subject, rules)
  if (found.get('policy') === undefined || found.get('policy')?.value === 'none') return undefined
  const images = found.get('images')?.value
  if (images !== undefined && !selectsImage(images, subject)) return undefined
  const unsupported = unsupportedFields.map((name) => found.get(name)).find((one) => one !== undefined)
  if (unsupported !== undefined) {
    throw new FairleadError('PolicyInvalid', `${unsupported.key}: not supported by this version; remove it to go on`)
  }
  const value = (name: AnnotationField) => found.get(name)?.value
  requireDeadline(found.get('deadline'))
  const policy = readPolicy(found)
  return {
    policy,
    policyText: policyText(value),
    requireApproval: readBoolean(found.get('require-approval'), true),
    mode: readMode(found.get('mode'), defaultMode),
    minUpdateIntervalMs: readDuration(found.get('min-update-interval'), 300_000),
    hold: value('hold'),
  }
}

/** Compiles the globs of a rule, once. Throws `PolicyInvalid` for one that is none. */
export function compileRule({ match, fields }: RuleFields): UpdateRule {
  const matcher = (key: string, pattern: string | undefined) => {
    if (pattern === undefined) return () => true
    try {
      return globMatcher(pattern)
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : ''
      throw new FairleadError('PolicyInvalid', `updates.rules: match.${key}: the glob "${pattern}" ${why}`, { cause })
    }
  }
  const [namespace, name, image] = [
    matcher('namespace', match.namespace),
    matcher('name', match.name),
    matcher('image', match.image),
  ]
  const labels = Object.entries(match.labels ?? {})
  return {
    fields,
    matches: (subject) =>
      namespace(subject.namespace) &&
      name(subject.name) &&
      image(subject.image) &&
      labels.every(([label, value]) => subject.labels[label] === value),
  }
}

interface FoundField {
  /** The annotation, or the rule, as its author would search for it. */
  key: string
  value: string
}

const policyFields = ['policy', 'constraint', 'pattern', 'filter', 'extract', 'order', 'prerelease'] as const

function collectFields(subject: SettingsSubject, rules: readonly UpdateRule[]): Map<AnnotationField, FoundField> {
  const found = new Map<AnnotationField, FoundField>()
  rules.forEach((rule, index) => {
    if (!rule.matches(subject)) return
    for (const name of annotationFields) {
      const value = rule.fields[name]
      if (value !== undefined) found.set(name, { key: `updates.rules[${index}].${name}`, value })
    }
  })
  for (const [name, field] of Object.entries(headwindFields)) take(found, field, subject, headwindPrefix + name)
  for (const field of annotationFields) take(found, field, subject, annotationPrefix + field)
  for (const field of annotationFields) take(found, field, subject, `${annotationPrefix}${field}.${subject.container}`)
  return found
}

function take(found: Map<AnnotationField, FoundField>, field: AnnotationField, subject: SettingsSubject, key: string) {
  const value = Object.hasOwn(subject.annotations, key) ? subject.annotations[key] : undefined
  if (value !== undefined) found.set(field, { key, value: value.trim() })
}

/** `images`: a comma-separated list of container names or image repositories (globs). */
function selectsImage(images: string, subject: SettingsSubject): boolean {
  const name = subject.image.replace(/(:[^:/@]+)?(@.*)?$/, '')
  return images
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
    .some((one) => one === subject.container || isGlobOf(one, name))
}

function isGlobOf(pattern: string, text: string): boolean {
  try {
    return globMatcher(pattern)(text)
  } catch (cause) {
    throw new FairleadError('PolicyInvalid', `images: the glob "${pattern}" is invalid`, { cause })
  }
}

function policyText(value: (name: AnnotationField) => string | undefined): string {
  const details = (['constraint', 'pattern', 'filter', 'extract', 'order'] as const).map(value)
  return [value('policy'), ...details].filter((one) => one !== undefined).join(' ')
}

function readBoolean(field: FoundField | undefined, fallback: boolean): boolean {
  if (field === undefined) return fallback
  if (field.value === 'true') return true
  if (field.value === 'false') return false
  throw new FairleadError('PolicyInvalid', `${field.key}: "${field.value}" is neither true nor false`)
}

function readMode(field: FoundField | undefined, fallback: Mode): Mode {
  if (field === undefined) return fallback
  if (field.value === 'observe' || field.value === 'commit') return field.value
  throw new FairleadError('PolicyInvalid', `${field.key}: "${field.value}" is none of observe, commit`)
}

/** Policies that need facts which are not collected yet. */
export function requireSupported(key: string, policy: Policy): Policy {
  if (policy.kind !== 'imagepolicy' && policy.kind !== 'newest-build') return policy
  throw new FairleadError('PolicyInvalid', `${key}: "${policy.kind}" is not supported by this version`)
}

/** Mistakes name the annotation or rule, not only the field. */
function readPolicy(found: ReadonlyMap<AnnotationField, FoundField>): Policy {
  const given = policyFields.flatMap((name) => {
    const field = found.get(name)
    return field === undefined ? [] : [[name, field.value] as const]
  })
  try {
    return requireSupported(found.get('policy')?.key ?? 'policy', parsePolicy(Object.fromEntries(given)))
  } catch (thrown) {
    const error = asFairleadError(thrown)
    const named = error.evidence.map((line) => {
      const name = policyFields.find((one) => line.startsWith(one))
      const key = name === undefined ? undefined : found.get(name)?.key
      return name === undefined || key === undefined ? line : `${key}${line.slice(name.length)}`
    })
    throw named.length === 0 ? error : new FairleadError('PolicyInvalid', named.join('; '), { evidence: named })
  }
}

/** It is read where rollouts are tracked; that it is wrong is said here, with everything else. */
function requireDeadline(field: FoundField | undefined): void {
  if (field !== undefined && field.value !== 'auto') readDuration(field, 0)
}

function readDuration(field: FoundField | undefined, fallback: number): number {
  if (field === undefined) return fallback
  const milliseconds =
    parseDuration(field.value) ?? (/^\d+$/.test(field.value) ? Number(field.value) * 1000 : undefined)
  if (milliseconds !== undefined) return milliseconds
  throw new FairleadError('PolicyInvalid', `${field.key}: "${field.value}" is no duration such as 90s, 5m or 1h`)
}
