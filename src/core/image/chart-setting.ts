import type { AnnotationField } from '../../api/annotation.ts'
import { FairleadError } from '../../errors.ts'
import type { Policy, PolicyName } from './policy.ts'
import { type FoundFields, readPolicy } from './setting-field.ts'

/** Fields of a release that speak of the images of its workloads, and not of its chart. */
const imageFields: readonly AnnotationField[] = [
  'policy',
  'constraint',
  'pattern',
  'filter',
  'extract',
  'order',
  'images',
  'pin-digest',
  'platform',
  'verify',
]

/** The policies that know what a version is; the others go by names or dates. */
const chartPolicies: readonly PolicyName[] = ['none', 'patch', 'minor', 'major', 'all', 'semver']

/** Whether a field speaks of images, so that it says nothing about a chart. */
export function isImageField(field: string): boolean {
  return imageFields.some((name) => name === field)
}

/** The fields as they count for a chart: its own policy, and what says when and how something lands. */
export function chartFields(found: FoundFields): FoundFields {
  const fields = new Map(found)
  for (const name of imageFields) fields.delete(name)
  const [policy, constraint] = [found.get('chart-policy'), found.get('chart-constraint')]
  if (policy !== undefined) fields.set('policy', policy)
  if (constraint !== undefined) fields.set('constraint', constraint)
  return fields
}

/** The policy of a chart, from `chartFields`. Throws `PolicyInvalid`, naming key and value. */
export function readChartPolicy(fields: FoundFields): Policy {
  const field = fields.get('policy')
  if (field !== undefined && !chartPolicies.some((name) => name === field.value)) {
    const shown = JSON.stringify(field.value.slice(0, 100))
    throw invalid(`${field.key} ${shown} is not allowed: use one of ${chartPolicies.join(', ')}`)
  }
  if (field?.value === 'semver' && !fields.has('constraint')) {
    throw invalid(`${field.key} semver needs a range: give chart-constraint, such as "^1.2"`)
  }
  return { ...readPolicy(fields), isChart: true }
}

function invalid(message: string): FairleadError {
  return new FairleadError('PolicyInvalid', message, { evidence: [message] })
}
