import type { KubernetesObject } from '../../api/kubernetes.ts'
import { count, field, list, text } from '../workload/field.ts'

/** What a Flux ImagePolicy has chosen. */
export interface FluxImagePolicy {
  namespace: string
  name: string
  labels: Readonly<Record<string, string>>
  /** `status.latestRef`, when it is about the spec that is there. */
  latest: { name: string; tag: string; digest: string | undefined } | undefined
}

/** The parts of a Flux ImageUpdateAutomation that tell what it writes. */
export interface FluxImageAutomation {
  namespace: string
  name: string
  isSuspended: boolean
  /** Folder in the repository, without `./` and slashes at the ends. */
  path: string
  /** `namespace/name` of its GitRepository. */
  source: string
  /** The branch it checks out; undefined = that of its source. */
  branch: string | undefined
  /** Which ImagePolicies it takes, by their labels: a label selector of Kubernetes; undefined = all. */
  selector: unknown
}

/** Reads an ImagePolicy; never throws. */
export function readImagePolicy({ metadata, status }: KubernetesObject): FluxImagePolicy {
  const ref = field(status, 'latestRef')
  const [name, tag] = [text(ref, 'name'), text(ref, 'tag')]
  const isCurrent = (count(status, 'observedGeneration') ?? 0) >= (metadata.generation ?? 1)
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    labels: metadata.labels ?? {},
    latest: isCurrent && name && tag ? { name, tag, digest: text(ref, 'digest') } : undefined,
  }
}

/** Reads an ImageUpdateAutomation; never throws. */
export function readImageAutomation({ metadata, spec }: KubernetesObject): FluxImageAutomation {
  const namespace = metadata.namespace ?? ''
  const source = field(spec, 'sourceRef')
  const path = text(field(spec, 'update'), 'path') ?? ''
  return {
    namespace,
    name: metadata.name,
    isSuspended: field(spec, 'suspend') === true,
    path: path.replace(/^(\.?\/)+/, '').replace(/^\.$|\/+$/, ''),
    source: `${text(source, 'namespace') ?? namespace}/${text(source, 'name') ?? ''}`,
    branch: text(field(field(field(spec, 'git'), 'checkout'), 'ref'), 'branch'),
    selector: field(spec, 'policySelector'),
  }
}

/** Whether an automation takes ImagePolicies with these labels; an operator that is not known takes everything. */
export function selectsPolicy({ selector }: FluxImageAutomation, labels: Readonly<Record<string, string>>): boolean {
  const equal = Object.entries((field(selector, 'matchLabels') ?? {}) as Record<string, unknown>)
  const expressions = list(field(selector, 'matchExpressions'))
  return equal.every(([key, value]) => labels[key] === value) && expressions.every((one) => holds(one, labels))
}

function holds(expression: unknown, labels: Readonly<Record<string, string>>): boolean {
  const value = labels[text(expression, 'key') ?? '']
  const values = list(field(expression, 'values'))
  switch (text(expression, 'operator')) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    default:
      return true
  }
}
