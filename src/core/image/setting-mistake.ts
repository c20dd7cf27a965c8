import type { AnnotationField } from '../../api/annotation.ts'
import { asFairleadError, FairleadError } from '../../errors.ts'
import { chartFields, readChartPolicy } from './chart-setting.ts'
import {
  type FoundField,
  type FoundFields,
  readBoolean,
  readDuration,
  readMode,
  readNames,
  readPlatforms,
  readPolicy,
  requireDeadline,
  requireImageGlobs,
} from './setting-field.ts'

type Check = (field: FoundField, found: FoundFields) => unknown

/** How the value of each field is read; a field that is not here may say anything. */
const checks: readonly (readonly [AnnotationField, Check])[] = [
  ['policy', (_, found) => readPolicy(found)],
  ['images', (field) => requireImageGlobs(field)],
  ['chart-policy', (_, found) => readChartPolicy(chartFields(found))],
  ['require-approval', (field) => readBoolean(field, true)],
  ['mode', (field) => readMode(field, 'observe')],
  ['min-update-interval', (field) => readDuration(field, 0)],
  ['min-age', (field) => readDuration(field, 0)],
  ['window', (field) => readNames(field)],
  ['pin-digest', (field) => readBoolean(field, false)],
  ['platform', (field) => readPlatforms(field)],
  ['verify', (field) => readNames(field)],
  ['deadline', (field) => requireDeadline(field)],
  ['rollback', (field) => readBoolean(field, false)],
]

/** Names in the configuration that fields may refer to; absent where they are not known. */
export interface KnownNames {
  windows?: readonly string[]
  keys?: readonly string[]
}

/**
 * Everything that is wrong with fields as written in one place, without a cluster: each mistake names field and value.
 * Fields that belong to a policy are checked with one; without, they only add to what stands elsewhere.
 */
export function fieldMistakes(fields: Readonly<Partial<Record<AnnotationField, string>>>, names: KnownNames): string[] {
  const found: FoundFields = new Map(
    Object.entries(fields).map(([key, value]) => [key as AnnotationField, { key, value: value.trim() }]),
  )
  return foundMistakes(found, names)
}

/** The same for fields that were found under keys of their own, such as annotations: these are what is named. */
export function foundMistakes(found: FoundFields, { windows, keys }: KnownNames): string[] {
  const mistakes = checks.flatMap(([name, check]) => {
    const field = found.get(name)
    return field === undefined ? [] : mistakesOf(() => check(field, found))
  })
  const unknown = [
    ...mistakesOf(() => requireKnown(found.get('window'), windows)),
    ...mistakesOf(() => requireKnown(found.get('verify'), keys)),
  ]
  return [...mistakes, ...unknown]
}

function requireKnown(field: FoundField | undefined, names: readonly string[] | undefined): void {
  if (field === undefined || names === undefined) return
  const unknown = field.value.split(',').find((name) => name.trim() !== '' && !names.includes(name.trim()))
  if (unknown === undefined) return
  const known = names.join(', ') || 'none'
  throw new FairleadError('PolicyInvalid', `${field.key}: "${unknown.trim()}" is not configured; there are ${known}`)
}

/** What an attempt refuses, mistake by mistake. */
export function mistakesOf(run: () => unknown): string[] {
  try {
    run()
    return []
  } catch (thrown) {
    const { message, evidence } = asFairleadError(thrown)
    return evidence.length > 0 ? [...evidence] : [message]
  }
}
