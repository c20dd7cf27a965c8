import { annotationPrefix, headwindFields, headwindPrefix } from '../../../api/annotation.ts'
import { nearestWord } from '../../change/nearest-word.ts'
import type { UpdateRule } from '../../image/rule.ts'
import { collectFields, type FoundFields, selectsImage } from '../../image/setting-field.ts'
import { foundMistakes, type KnownNames, mistakesOf } from '../../image/setting-mistake.ts'
import { resolveSettings } from '../../image/settings.ts'
import { unknownAnnotation } from '../../image/unknown-annotation.ts'
import { workloadKinds } from '../../workload/workload.ts'
import type { AnnotationCarrier, WrittenAnnotation } from './annotation-carrier.ts'
import type { Finding } from './finding.ts'

/** What is known of the configuration. */
export interface LintConfig {
  rules: readonly UpdateRule[]
  /** What fields may refer to; absent when no configuration is given. */
  names?: KnownNames
}

/** Kinds whose annotations are read. */
const chartKinds = ['HelmRelease', 'Application'] as const
const readKinds: readonly string[] = [...workloadKinds, ...chartKinds]
const chartKeys = ['chart-policy', 'chart-constraint'].map((name) => annotationPrefix + name)
/** Kinds that are read as their strategic merge patches leave them; operations name no kind, and are not followed. */
const mergedKinds: readonly string[] = chartKinds

/** What is wrong with the annotations at one place. */
export function annotationFindings(carrier: AnnotationCarrier, config: LintConfig): Finding[] {
  const unread = unreadFinding(carrier)
  if (unread !== undefined) return [unread]
  const readable = carrier.annotations.filter(({ value, isText }) => isText && !isPlaceholder(value))
  const known = readable.filter((one) => nameFinding(carrier, one) === undefined)
  return [
    ...(carrier.role === 'patch' && !mergedKinds.includes(carrier.kind) ? [patchFinding(carrier)] : []),
    ...carrier.annotations.flatMap((one) => formFinding(carrier, one) ?? []),
    ...readable.flatMap((one) => nameFinding(carrier, one) ?? []),
    ...valueFindings(carrier, known, config),
    ...choiceFindings(carrier, known),
  ]
}

function at(carrier: AnnotationCarrier, { key, value, line }: WrittenAnnotation) {
  return { file: carrier.file, line, key, value }
}

/** One word for all of them: where they stand is what is wrong. */
function unreadFinding(carrier: AnnotationCarrier): Finding | undefined {
  const { role, kind, annotations } = carrier
  const [first] = annotations.filter(({ key }) => !key.startsWith(`${annotationPrefix}applied-step`))
  if (first === undefined) return undefined
  const message =
    role === 'pods'
      ? `${first.key}: annotations of a pod template are not read; put them on the ${kind} itself`
      : role === 'object' && !readKinds.includes(kind)
        ? `${first.key}: annotations of a ${kind || 'thing without a kind'} are not read; they belong on ${readKinds.join(', ')}`
        : undefined
  return message === undefined
    ? undefined
    : { ...at(carrier, first), severity: 'warning', code: 'AnnotationUnread', message }
}

function patchFinding(carrier: AnnotationCarrier): Finding {
  const first = carrier.annotations[0]
  const message = 'a patch sets policy annotations, which is not read; put them into the manifest or commonAnnotations'
  const where = first === undefined ? { file: carrier.file, line: 1 } : at(carrier, first)
  return { ...where, severity: 'error', code: 'PolicyNotInGit', message }
}

function formFinding(carrier: AnnotationCarrier, one: WrittenAnnotation): Finding | undefined {
  const { key, value, isText } = one
  if (!isText) {
    const message = `${key}: ${value === '' ? 'the value' : value} is no text, and Kubernetes takes nothing else; put it in quotes`
    return { ...at(carrier, one), severity: 'error', code: 'ManifestInvalid', message }
  }
  if (!isPlaceholder(value)) return undefined
  const message = `${key}: "${value}" is filled in by another tool, so it was not checked`
  return { ...at(carrier, one), severity: 'note', code: 'Templated', message }
}

function isPlaceholder(value: string): boolean {
  return /\{\{|\$[{(]/.test(value)
}

/** Names that nobody reads, with what was probably meant. */
function nameFinding(carrier: AnnotationCarrier, one: WrittenAnnotation): Finding | undefined {
  const { key, value } = one
  if (key.startsWith(headwindPrefix)) return headwindFinding(carrier, one)
  if (chartKeys.includes(key) && carrier.workload !== undefined) return chartFinding(carrier, one)
  // Where the containers are not known, whatever is named may be one.
  const named = key.slice(annotationPrefix.length).split('.').slice(1).join('.')
  const containers = carrier.workload?.containers.map(({ name }) => name) ?? [named]
  const problem = unknownAnnotation({ [key]: value }, containers)
  if (problem === undefined) return undefined
  return { ...at(carrier, one), severity: 'error', code: problem.code, message: problem.message }
}

function headwindFinding(carrier: AnnotationCarrier, one: WrittenAnnotation): Finding | undefined {
  const name = one.key.slice(headwindPrefix.length)
  const names = headwindFields.map((one) => one.name)
  if (names.includes(name)) return undefined
  const near = nearestWord(name, names)
  const instead = near === undefined ? `there are ${names.join(', ')}` : `did you mean ${headwindPrefix}${near}?`
  const message = `${one.key}: has no meaning here; ${instead}`
  return { ...at(carrier, one), severity: 'warning', code: 'AnnotationUnread', message }
}

/** On anything but a release it says nothing; common annotations and patches may reach one. */
function chartFinding(carrier: AnnotationCarrier, one: WrittenAnnotation): Finding {
  const message = `${one.key}: a ${carrier.kind} deploys no chart; it belongs on ${chartKinds.join(', ')}`
  return { ...at(carrier, one), severity: 'warning', code: 'AnnotationUnread', message }
}

/** Every field as it is read for each container; where the containers are not known, as for one that nobody names. */
function valueFindings(carrier: AnnotationCarrier, known: readonly WrittenAnnotation[], config: LintConfig): Finding[] {
  const messages = subjectsOf(carrier, known).flatMap((subject) => {
    const rules = carrier.workload === undefined ? [] : config.rules
    const found = collectFields(subject, rules)
    return [
      ...foundMistakes(withPolicy(found), config.names ?? {}),
      ...(carrier.workload === undefined ? [] : mistakesOf(() => resolveSettings(subject, rules, 'observe'))),
    ]
  })
  return [...new Set(messages)].flatMap((message): Finding[] => {
    const one = known.find(({ key }) => message.startsWith(`${key}:`) || message.startsWith(`${key} `))
    const about = one ?? known.find(({ key }) => key.endsWith('/policy') || key.includes('/policy.'))
    if (about === undefined) return []
    return [{ ...at(carrier, about), severity: 'error', code: 'PolicyInvalid', message }]
  })
}

/** Fields of a policy can be checked only with one; where it is set elsewhere, any will do that needs no other field. */
function withPolicy(found: FoundFields): FoundFields {
  if (found.has('policy')) return found
  const isAlone = found.has('extract') && !found.has('filter')
  const rest = [...found].filter(([name]) => !(isAlone && name === 'extract'))
  return new Map([...rest, ['policy', { key: 'policy', value: 'all' }]])
}

function subjectsOf({ workload }: AnnotationCarrier, known: readonly WrittenAnnotation[]) {
  const annotations = Object.fromEntries(known.map(({ key, value }) => [key, value]))
  const { namespace = '', name = '' } = workload ?? {}
  const labels = Object.fromEntries(workload?.labels ?? [])
  const containers =
    workload?.containers.map(({ name: container, image }) => ({ container, image: image?.value ?? '' })) ??
    containersNamedBy(known).map((container) => ({ container, image: '' }))
  return containers.map((one) => ({ namespace, name, labels, annotations, ...one }))
}

/** Containers that annotations speak of, and one of which they do not. */
function containersNamedBy(known: readonly WrittenAnnotation[]): string[] {
  const named = known.flatMap(({ key }) => {
    const [, ...rest] = key.slice(annotationPrefix.length).split('.')
    return key.startsWith(annotationPrefix) && rest.length > 0 ? [rest.join('.')] : []
  })
  return ['', ...new Set(named)]
}

/** `images` that chooses no container of the workload. */
function choiceFindings(carrier: AnnotationCarrier, known: readonly WrittenAnnotation[]): Finding[] {
  const containers = carrier.workload?.containers ?? []
  const complete = containers.filter(({ image }) => image !== undefined)
  if (complete.length === 0 || complete.length < containers.length) return []
  return known
    .filter(({ key }) => key === `${annotationPrefix}images` || key === `${headwindPrefix}images`)
    .flatMap((one): Finding[] => {
      const selects = ({ name, image }: (typeof containers)[number]) =>
        mistakesOf(() => selectsImage(one, { container: name, image: image?.value ?? '' })).length > 0 ||
        selectsImage(one, { container: name, image: image?.value ?? '' })
      if (complete.some(selects)) return []
      const names = complete.map(({ name }) => name).join(', ')
      const message = `${one.key}: "${one.value}" chooses no container; there are ${names}`
      return [{ ...at(carrier, one), severity: 'warning', code: 'PolicyInvalid', message }]
    })
}
