import { isPolicyAnnotation, versionLabel } from '../../api/annotation.ts'
import type { KubernetesObject } from '../../api/kubernetes.ts'
import { count, field, list, strings, text } from '../workload/field.ts'
import { type ReleaseFailure, releaseFailure } from './helm-failure.ts'
import { withoutManagedFields } from './kept-object.ts'

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

/** The parts of a Flux HelmRelease that tell where its workloads come from. */
export interface FluxHelmRelease {
  namespace: string
  name: string
  /** Name and namespace of the Helm release, as Helm writes them on what it installs. */
  release: { namespace: string; name: string }
  /** A chart in a source repository: path in it. Undefined for one from a chart repository. */
  chart: { path: string; sourceRef: { kind: string; namespace: string; name: string } } | undefined
  /** It applies to another cluster. */
  hasKubeConfig: boolean
  /** Ids as in a Kustomization's; empty where helm-controller does not keep any. */
  inventory: ReadonlySet<string>
  isSettled: boolean
  /** What runs was made of its newest generation: it is settled, did not fail, was not taken back and is not suspended. */
  isDeployed: boolean
  /** Why Helm could not make what it asks for now. */
  failure: ReleaseFailure | undefined
  object: KubernetesObject
}

/** The parts of a Flux GitRepository, or of an OCIRepository made from Git, that tell which branch decides. */
export interface FluxSource {
  kind: 'GitRepository' | 'OCIRepository'
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
  return {
    namespace,
    name: object.metadata.name,
    path: folderPath(text(object.spec, 'path') ?? ''),
    sourceRef: {
      kind: text(source, 'kind') ?? '',
      namespace: text(source, 'namespace') ?? namespace,
      name: text(source, 'name') ?? '',
    },
    targetNamespace: text(object.spec, 'targetNamespace'),
    hasKubeConfig: field(object.spec, 'kubeConfig') !== undefined,
    overrides: [
      ...overridingFields.filter((name) => !isEmpty(field(object.spec, name))),
      ...(setsPolicies(field(object.spec, 'commonMetadata')) ? ['commonMetadata'] : []),
    ],
    inventory: inventoryOf(object),
    isSettled: isSettled(object),
    object: withoutManagedFields(object),
  }
}

/** Most common labels and annotations mean nothing here. */
function setsPolicies(commonMetadata: unknown): boolean {
  const annotations = Object.keys(strings(field(commonMetadata, 'annotations')))
  const isPolicy = annotations.some(isPolicyAnnotation)
  return isPolicy || text(field(commonMetadata, 'labels'), versionLabel) !== undefined
}

function inventoryOf(object: KubernetesObject): Set<string> {
  const entries = list(field(field(object.status, 'inventory'), 'entries'))
  return new Set(entries.map((entry) => text(entry, 'id') ?? ''))
}

function folderPath(path: string): string {
  return path.replace(/^(\.?\/)+/, '').replace(/^\.$|\/+$/, '')
}

/** Reads a HelmRelease; never throws. Release name and namespace by helm-controller's rules (its api/v2). */
export function readHelmRelease(object: KubernetesObject): FluxHelmRelease {
  const namespace = object.metadata.namespace ?? ''
  const { name } = object.metadata
  const target = text(object.spec, 'targetNamespace')
  const chart = field(field(object.spec, 'chart'), 'spec')
  const source = field(chart, 'sourceRef')
  const kind = text(source, 'kind') ?? ''
  return {
    namespace,
    name,
    release: {
      namespace: target ?? namespace,
      name: text(object.spec, 'releaseName') ?? (target === undefined ? name : `${target}-${name}`),
    },
    chart:
      kind !== 'GitRepository'
        ? undefined
        : {
            path: folderPath(text(chart, 'chart') ?? ''),
            sourceRef: {
              kind,
              namespace: text(source, 'namespace') ?? namespace,
              name: text(source, 'name') ?? '',
            },
          },
    hasKubeConfig: field(object.spec, 'kubeConfig') !== undefined,
    inventory: inventoryOf(object),
    isSettled: isSettled(object),
    isDeployed: isSettled(object) && !isTakenBack(object) && field(object.spec, 'suspend') !== true,
    failure: releaseFailure(object),
    object: withoutManagedFields(object),
  }
}

/** A failed upgrade leaves the old release running, and so does remediation, which is ready again (helm-controller). */
function isTakenBack({ status }: KubernetesObject): boolean {
  const says = (type: string) => text(conditionOf(status, type), 'status')
  return says('Ready') !== 'True' || says('Released') === 'False' || says('Remediated') === 'True'
}

/**
 * Reads an OCIRepository; never throws. Its artifact says which commit of which repository it was made from, when the one
 * who pushed it said so (annotations of the OCI image specification, as `flux push artifact` sets them).
 */
export function readOciSource(object: KubernetesObject): FluxSource {
  const ref = field(object.spec, 'ref')
  const metadata = field(field(object.status, 'artifact'), 'metadata')
  const revision = text(metadata, 'org.opencontainers.image.revision')
  const url = text(metadata, 'org.opencontainers.image.source')
  const pin = (['digest', 'semver'] as const).find((name) => text(ref, name) !== undefined)
  const branch = revision === undefined || url === undefined ? undefined : branchOfRevision(revision)
  const origin = branch === undefined ? 'an artifact that does not say which branch it was made from' : ''
  return {
    kind: 'OCIRepository',
    namespace: object.metadata.namespace ?? '',
    name: object.metadata.name,
    url: url ?? '',
    branch: pin === undefined ? branch : undefined,
    pinned: pin === undefined ? origin : `${pin} ${text(ref, pin) ?? ''}`,
    // Signatures of an artifact are made by who pushes it, not by who commits.
    verifiesSignatures: false,
    revision,
    object: withoutManagedFields(object),
  }
}

/** `main` of `main@sha1:<commit>` and of `refs/heads/main@sha1:<commit>`; tags and mere commits have none. */
function branchOfRevision(revision: string): string | undefined {
  const pointer = /^(?:refs\/heads\/)?([^@]+)@sha1:[0-9a-f]{40}$/.exec(revision)?.[1]
  return pointer === undefined || pointer.startsWith('refs/') || pointer === 'HEAD' ? undefined : pointer
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
    kind: 'GitRepository',
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
  const ready = conditionOf(object.status, 'Ready')
  const isDecided = text(ready, 'status') === 'True' || text(ready, 'status') === 'False'
  return isDecided && (count(ready, 'observedGeneration') ?? 0) >= (object.metadata.generation ?? 1)
}

function conditionOf(status: unknown, type: string): unknown {
  return list(field(status, 'conditions')).find((one) => text(one, 'type') === type)
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true
  return typeof value === 'object' && Object.keys(value).length === 0
}
