import {
  type AnnotationField,
  annotationFields,
  annotationPrefix,
  headwindFields,
  headwindPrefix,
  type Mode,
  modes,
} from '../../api/annotation.ts'
import { asFairleadError, FairleadError } from '../../errors.ts'
import { parseDuration } from '../change/duration.ts'
import { globMatcher } from './glob.ts'
import { type Policy, parsePolicy } from './policy.ts'
import type { MatchSubject, UpdateRule } from './rule.ts'

/** Whose settings are asked for. */
export interface SettingsSubject extends MatchSubject {
  annotations: Readonly<Record<string, string>>
  container: string
  /** Set for the chart of a release: then its own policy counts, and nothing that is about images. */
  chart?: object | undefined
}

/** A field as its author would search for it: the annotation, or the rule. */
export interface FoundField {
  key: string
  value: string
}

export type FoundFields = ReadonlyMap<AnnotationField, FoundField>

/** The fields that apply to one container, by precedence: see `resolveSettings`. */
export function collectFields(subject: SettingsSubject, rules: readonly UpdateRule[]): FoundFields {
  const found = new Map<AnnotationField, FoundField>()
  const take = (field: AnnotationField, key: string) => {
    const value = Object.hasOwn(subject.annotations, key) ? subject.annotations[key] : undefined
    if (value !== undefined) found.set(field, { key, value: value.trim() })
  }
  rules.forEach((rule, index) => {
    if (!rule.matches(subject)) return
    for (const name of annotationFields) {
      const value = rule.fields[name]
      if (value !== undefined) found.set(name, { key: `updates.rules[${index}].${name}`, value: value.trim() })
    }
  })
  for (const { name, field } of headwindFields) take(field, headwindPrefix + name)
  for (const field of annotationFields) take(field, annotationPrefix + field)
  for (const field of annotationFields) take(field, `${annotationPrefix}${field}.${subject.container}`)
  return found
}

/** `images`: a comma-separated list of container names or image repositories (globs). Throws `PolicyInvalid`. */
export function selectsImage(field: FoundField, subject: Pick<SettingsSubject, 'container' | 'image'>): boolean {
  const name = subject.image.replace(/(:[^:/@]+)?(@.*)?$/, '')
  return listed(field.value).some((one) => one === subject.container || globOf(field, one)(name))
}

/** `PolicyInvalid` for the first of `images` that is no glob. */
export function requireImageGlobs(field: FoundField): void {
  for (const one of listed(field.value)) globOf(field, one)
}

function globOf({ key }: FoundField, pattern: string): (text: string) => boolean {
  try {
    return globMatcher(pattern)
  } catch (cause) {
    throw new FairleadError('PolicyInvalid', `${key}: the glob "${pattern}" is invalid`, { cause })
  }
}

export function readBoolean(field: FoundField | undefined, fallback: boolean): boolean {
  if (field === undefined) return fallback
  if (field.value === 'true') return true
  if (field.value === 'false') return false
  throw new FairleadError('PolicyInvalid', `${field.key}: "${field.value}" is neither true nor false`)
}

export function readMode(field: FoundField | undefined, fallback: Mode): Mode {
  if (field === undefined) return fallback
  const mode = modes.find((one) => one === field.value)
  if (mode !== undefined) return mode
  throw new FairleadError('PolicyInvalid', `${field.key}: "${field.value}" is none of ${modes.join(', ')}`)
}

/** Milliseconds of a Go-style duration; a bare number is seconds, as in Headwind. */
export function readDuration(field: FoundField | undefined, fallback: number): number {
  if (field === undefined) return fallback
  const milliseconds =
    parseDuration(field.value) ?? (/^\d+$/.test(field.value) ? Number(field.value) * 1000 : undefined)
  if (milliseconds !== undefined && Number.isSafeInteger(milliseconds)) return milliseconds
  throw new FairleadError('PolicyInvalid', `${field.key}: "${field.value}" is no duration such as 90s, 5m or 1h`)
}

const platformPattern = /^[a-z0-9]+\/[a-z0-9_]+(?:\/[a-z0-9.]+)?$/

/** `os/architecture[/variant]`, one or several with commas between them. */
export function readPlatforms(field: FoundField | undefined): readonly string[] {
  const platforms = field === undefined ? [] : listed(field.value)
  const wrong = platforms.find((one) => !platformPattern.test(one))
  if (field === undefined || (platforms.length > 0 && wrong === undefined)) return platforms
  throw new FairleadError(
    'PolicyInvalid',
    `${field.key}: "${wrong ?? field.value}" is no platform such as linux/amd64 or linux/arm64/v8`,
  )
}

/** Names, one or several with commas between them. */
export function readNames(field: FoundField | undefined): readonly string[] {
  const names = field === undefined ? [] : listed(field.value)
  if (field === undefined || names.length > 0) return names
  throw new FairleadError('PolicyInvalid', `${field.key}: "${field.value}" names nothing`)
}

function listed(text: string): string[] {
  return text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
}

const policyFields = ['policy', 'constraint', 'pattern', 'filter', 'extract', 'order', 'prerelease'] as const

/** The policy, compiled. Mistakes name the annotation or rule, not only the field. */
export function readPolicy(found: FoundFields): Policy {
  const given = policyFields.flatMap((name) => {
    const field = found.get(name)
    return field === undefined ? [] : [[name, field.value] as const]
  })
  try {
    return parsePolicy(Object.fromEntries(given))
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

/** The policy in words, for commit messages and UpdateRequests, e.g. `minor` or `semver ^1.2`. */
export function policyText(found: FoundFields): string {
  const details = (['policy', 'constraint', 'pattern', 'filter', 'extract', 'order'] as const).map((name) =>
    found.get(name),
  )
  return details.flatMap((one) => (one === undefined ? [] : [one.value])).join(' ')
}

/** It is read where rollouts are tracked; that it is wrong is said with everything else. */
export function requireDeadline(field: FoundField | undefined): void {
  if (field !== undefined && field.value !== 'auto') readDuration(field, 0)
}
