import { annotationFields, annotationPrefix, appliedStepField } from '../../api/annotation.ts'
import { FairleadError } from '../../errors.ts'
import { nearestWord } from '../change/nearest-word.ts'

/**
 * An annotation of ours that nobody reads, with what was probably meant; undefined when all are known. A typo must not
 * look like consent or like a refusal.
 */
export function unknownAnnotation(
  annotations: Readonly<Record<string, string>>,
  containers: readonly string[],
): FairleadError | undefined {
  for (const key of Object.keys(annotations)) {
    if (!key.startsWith(annotationPrefix)) continue
    const [field = '', ...rest] = key.slice(annotationPrefix.length).split('.')
    const container = rest.join('.')
    const isField = field === appliedStepField || annotationFields.some((known) => known === field)
    if (!isField) {
      return new FairleadError('PolicyInvalid', `${key}: no such annotation; ${whatThereIs(field)}`)
    }
    if (rest.length > 0 && !containers.includes(container)) {
      return new FairleadError(
        'PolicyInvalid',
        `${key}: there is no container ${container}; there are ${containers.join(', ')}`,
      )
    }
  }
  return undefined
}

function whatThereIs(field: string): string {
  const near = nearestWord(field, annotationFields)
  if (near !== undefined) return `did you mean ${annotationPrefix}${near}?`
  return `there are ${annotationFields.map((name) => annotationPrefix + name).join(', ')}`
}
