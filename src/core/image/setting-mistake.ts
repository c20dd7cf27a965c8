import type { AnnotationField } from '../../api/annotation.ts'
import { asFairleadError, FairleadError } from '../../errors.ts'
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
} from './setting-field.ts'

type Check = (field: FoundField, found: FoundFields) => unknown

/** How the value of each field is read; a field that is not here may say anything. */
const checks: readonly (readonly [AnnotationField, Check])[] = [
  ['policy', (_, found) => readPolicy(found)],
  ['require-approval', (field) => readBoolean(field, true)],
  ['mode', (field) => readMode(field, 'observe')],
  ['min-update-interval', (field) => readDuration(field, 0)],
  ['min-age', (field) => readDuration(field, 0)],
  ['window', (field) => readNames(field)],
  ['pin-digest', (field) => readBoolean(field, false)],
  ['platform', (field) => readPlatforms(field)],
  ['deadline', (field) => requireDeadline(field)],
]

/**
 * Everything that is wrong with fields as written in one place, without a cluster: each mistake names field and value.
 * Fields that belong to a policy are checked with one; without, they only add to what stands elsewhere. `windows` are
 * the configured names, where they are known.
 */
export function fieldMistakes(
  fields: Readonly<Partial<Record<AnnotationField, string>>>,
  windows: readonly string[] | undefined,
): string[] {
  const found: FoundFields = new Map(
    Object.entries(fields).map(([key, value]) => [key as AnnotationField, { key, value: value.trim() }]),
  )
  const mistakes = checks.flatMap(([name, check]) => {
    const field = found.get(name)
    return field === undefined ? [] : mistakesOf(() => check(field, found))
  })
  const unknown = mistakesOf(() => requireWindows(found.get('window'), windows))
  return [...mistakes, ...unknown]
}

function requireWindows(field: FoundField | undefined, windows: readonly string[] | undefined): void {
  if (field === undefined || windows === undefined) return
  const unknown = field.value.split(',').find((name) => name.trim() !== '' && !windows.includes(name.trim()))
  if (unknown === undefined) return
  const known = windows.join(', ') || 'none'
  throw new FairleadError('PolicyInvalid', `window: "${unknown.trim()}" is not configured; there are ${known}`)
}

function mistakesOf(run: () => unknown): string[] {
  try {
    run()
    return []
  } catch (thrown) {
    const { message, evidence } = asFairleadError(thrown)
    return evidence.length > 0 ? [...evidence] : [message]
  }
}
