import type { KubernetesObject } from '../../api/kubernetes.ts'
import { field, list, text } from '../workload/field.ts'
import { withoutManagedFields } from './kept-object.ts'

/** The parts of an Argo CD Application that tell where a workload comes from. What it renders is read from Git alone. */
export interface ArgoApplication {
  namespace: string
  name: string
  project: string
  destination: ArgoDestination
  /** `spec.sources`, else `spec.source`; of a hydrated Application only the dry source. */
  sources: readonly ArgoSource[]
  /** What each source was compared at last, by position; a commit for a Git repository. */
  revisions: readonly (string | undefined)[]
  /** A hydrator writes what is applied; people and fairlead write what it is made from. */
  isHydrated: boolean
  /** Ids `<group>/<kind>/<namespace>/<name>` of what it manages. */
  resources: ReadonlySet<string>
  /** It was compared with Git at least once; until then `resources` may lag. */
  isCompared: boolean
  /** What it was compared with is applied, and no operation runs. */
  isSettled: boolean
  /** Name of the ApplicationSet that made it, in the same namespace. */
  applicationSet: string | undefined
  object: KubernetesObject
}

/** Where an Application applies to. */
export interface ArgoDestination {
  /** Address or name as written; `''` when absent. */
  server: string
  name: string
  namespace: string
  /** The cluster that Argo CD runs in. */
  isInCluster: boolean
}

/** One source of an Application. */
export interface ArgoSource {
  repoUrl: string
  /** Folder, without `./` and slashes at the ends. */
  path: string
  /** As written; `''` when absent. */
  targetRevision: string
  /** Name in a Helm repository, `''` for a Git repository. */
  chart: string
  /** Name under which value files of other sources reach this one, `''` when absent. */
  ref: string
}

/** Argo CD's own names for the cluster it runs in (its v1alpha1 constants). */
const inClusterServer = 'https://kubernetes.default.svc'
const inClusterName = 'in-cluster'

/** Reads an Application; never throws, what is missing stays empty. */
export function readApplication(object: KubernetesObject): ArgoApplication {
  const { spec, metadata } = object
  const dry = field(field(spec, 'sourceHydrator'), 'drySource')
  const several = list(field(spec, 'sources'))
  const single = [field(spec, 'source')].filter((source) => source !== undefined)
  const sources = dry !== undefined ? [dry] : several.length > 0 ? several : single
  const resources = list(field(object.status, 'resources'))
  const owner = (metadata.ownerReferences ?? []).find(({ kind }) => kind === 'ApplicationSet')
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    project: text(spec, 'project') || 'default',
    destination: destinationOf(field(spec, 'destination')),
    sources: sources.map(readArgoSource),
    revisions: sources.map((_, index) => comparedRevision(object, index, dry !== undefined)),
    isHydrated: dry !== undefined,
    resources: new Set(resources.map((one) => resourceId(part(one, 'group'), part(one, 'kind'), one))),
    isCompared: isCompared(object),
    isSettled: isSettled(object),
    applicationSet: owner?.name,
    object: withoutManagedFields(object),
  }
}

/** The id of an object in `ArgoApplication.resources`. */
export function argoResourceId(object: { group: string; kind: string; namespace: string; name: string }): string {
  return resourceId(object.group, object.kind, object)
}

/** The address of a source's Helm repository: without a scheme it is an OCI registry (Argo CD's Helm client). */
export function argoChartAddress(repoUrl: string): string {
  return repoUrl.includes('://') ? repoUrl : `oci://${repoUrl}`
}

function resourceId(group: string, kind: string, named: unknown): string {
  return `${group}/${kind}/${part(named, 'namespace')}/${part(named, 'name')}`
}

function part(value: unknown, key: string): string {
  return text(value, key) ?? ''
}

function destinationOf(destination: unknown): ArgoDestination {
  const [server, name] = [part(destination, 'server'), part(destination, 'name')]
  const isInCluster = server === '' ? name === inClusterName : server.replace(/\/+$/, '') === inClusterServer
  return { server, name, namespace: part(destination, 'namespace'), isInCluster }
}

function readArgoSource(source: unknown): ArgoSource {
  return {
    repoUrl: part(source, 'repoURL'),
    path: part(source, 'path')
      .replace(/^(\.?\/)+/, '')
      .replace(/^\.$|\/+$/, ''),
    targetRevision: part(source, 'targetRevision'),
    chart: part(source, 'chart'),
    ref: part(source, 'ref'),
  }
}

function isCompared(object: KubernetesObject): boolean {
  return ['Synced', 'OutOfSync'].includes(part(field(object.status, 'sync'), 'status'))
}

function comparedRevision({ status }: KubernetesObject, index: number, isHydrated: boolean): string | undefined {
  if (isHydrated) return text(field(field(status, 'sourceHydrator'), 'lastSuccessfulOperation'), 'drySHA')
  const sync = field(status, 'sync')
  const revision = list(field(sync, 'revisions'))[index]
  return typeof revision === 'string' ? revision : index === 0 ? text(sync, 'revision') : undefined
}

/** An operation runs when it is asked for, and until it has finished; between retries it has, and counts as running. */
function isSettled(object: KubernetesObject): boolean {
  const phase = part(field(object.status, 'operationState'), 'phase')
  const isOperating = field(object, 'operation') !== undefined || phase === 'Running' || phase === 'Terminating'
  return part(field(object.status, 'sync'), 'status') === 'Synced' && !isOperating
}
