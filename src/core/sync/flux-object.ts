import type { KubernetesObject } from '../../api/kubernetes.ts'
import { count, field, list, text } from '../workload/field.ts'

/** The parts of a Flux Kustomization that tell where a workload comes from. */
export interface FluxKustomization {
  namespace: string
  name: string
  /** Folder in the source, without `./` and slashes at the ends. */
  path: string
  sourceRef: { kind: string; namespace: string; name: string }
  targetNamespace: string | undefined
  /** It applies to another cluster. */
  hasKubeConfig: boolean
  /** Fields of its spec that change manifests after they were read from Git. */
  overrides: readonly string[]
  /** Ids `<namespace>_<name>_<group>_<kind>` of what it applied. */
  inventory: ReadonlySet<string>
  /** It is done with its newest generation, well or badly; until then its inventory may lag. */
  isSettled: boolean
  object: KubernetesObject
}

/** The parts of a Flux GitRepository that tell which branch decides. */
export interface FluxSource {
  namespace: string
  name: string
  url: string
  /** Undefined when it follows something that cannot be committed to. */
  branch: string | undefined
  /** What it follows instead of a branch, in words. */
  pinned: string
  verifiesSignatures: boolean
  /** Of the artifact it has fetched, as Flux writes it, e.g. `main@sha1:<commit>`. */
  revision: string | undefined
  object: KubernetesObject
}

const overridingFields = ['images', 'patches', 'components', 'postBuild', 'namePrefix', 'nameSuffix']

/** Reads a Kustomization; never throws, what is missing stays empty. */
export function readKustomization(object: KubernetesObject): FluxKustomization {
  const namespace = object.metadata.namespace ?? ''
  const source = field(object.spec, 'sourceRef')
  const entries = list(field(field(object.status, 'inventory'), 'entries'))
  return {
    namespace,
    name: object.metadata.name,
    path: (text(object.spec, 'path') ?? '').replace(/^(\.?\/)+/, '').replace(/^\.$|\/+$/, ''),
    sourceRef: {
      kind: text(source, 'kind') ?? '',
      namespace: text(source, 'namespace') ?? namespace,
      name: text(source, 'name') ?? '',
    },
    targetNamespace: text(object.spec, 'targetNamespace'),
    hasKubeConfig: field(object.spec, 'kubeConfig') !== undefined,
    overrides: overridingFields.filter((name) => !isEmpty(field(object.spec, name))),
    inventory: new Set(entries.map((entry) => text(entry, 'id') ?? '')),
    isSettled: isSettled(object),
    object: withoutManagedFields(object),
  }
}

/** Reads a GitRepository; never throws. Order of `spec.ref`: commit, name, semver, tag, branch (source-controller). */
export function readSource(object: KubernetesObject): FluxSource {
  const ref = field(object.spec, 'ref')
  const pins = ['commit', 'name', 'semver', 'tag'] as const
  const pin = pins.find((name) => text(ref, name) !== undefined)
  const name = text(ref, 'name')
  const named =
    pin === 'name' && name?.startsWith('refs/heads/') === true ? name.slice('refs/heads/'.length) : undefined
  const branch = pin === undefined ? (text(ref, 'branch') ?? 'master') : named
  return {
    namespace: object.metadata.namespace ?? '',
    name: object.metadata.name,
    url: text(object.spec, 'url') ?? '',
    branch,
    pinned: branch === undefined && pin !== undefined ? `${pin} ${text(ref, pin) ?? ''}` : '',
    verifiesSignatures: field(object.spec, 'verify') !== undefined,
    revision: text(field(object.status, 'artifact'), 'revision'),
    object: withoutManagedFields(object),
  }
}

/** `Ready` is True or False, not Unknown, and about the generation that is there. */
function isSettled(object: KubernetesObject): boolean {
  const ready = list(field(object.status, 'conditions')).find((one) => text(one, 'type') === 'Ready')
  const isDecided = text(ready, 'status') === 'True' || text(ready, 'status') === 'False'
  return isDecided && (count(ready, 'observedGeneration') ?? 0) >= (object.metadata.generation ?? 1)
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true
  return typeof value === 'object' && Object.keys(value).length === 0
}

function withoutManagedFields(object: KubernetesObject): KubernetesObject {
  const { managedFields: _, ...metadata } = object.metadata as KubernetesObject['metadata'] & {
    managedFields?: unknown
  }
  return { ...object, metadata }
}
