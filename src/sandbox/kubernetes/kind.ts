import { type Fields, fieldsAt, isFields, listAt, textAt, valueAt } from '../json.ts'
import type { ApiObject } from './object.ts'

/** One served kind in one version. */
export interface Kind {
  group: string
  version: string
  plural: string
  singular: string
  kind: string
  namespaced: boolean
  shortNames: readonly string[]
  /** Has a status subresource: writes to the object keep the status and writes to `/status` keep all else. */
  hasStatus: boolean
  /** Counts edits in `metadata.generation`. */
  hasGeneration: boolean
  /** Defined by a CustomResourceDefinition. */
  custom: boolean
  /** `openAPIV3Schema` of a custom kind. */
  schema: Fields | undefined
}

/** Name of the collection that holds the objects of all versions of a kind. */
export function collectionOf(kind: Pick<Kind, 'group' | 'plural'>): string {
  return `${kind.group}/${kind.plural}`
}

export function apiVersionOf(kind: Pick<Kind, 'group' | 'version'>): string {
  return kind.group === '' ? kind.version : `${kind.group}/${kind.version}`
}

type Trait = 'cluster' | 'status' | 'generation'

function builtIn(apiVersion: string, kind: string, plural: string, traits: readonly Trait[], shortName?: string): Kind {
  const [first = '', second] = apiVersion.split('/')
  return {
    group: second === undefined ? '' : first,
    version: second ?? first,
    plural,
    singular: kind.toLowerCase(),
    kind,
    namespaced: !traits.includes('cluster'),
    shortNames: shortName === undefined ? [] : [shortName],
    hasStatus: traits.includes('status'),
    hasGeneration: traits.includes('generation'),
    custom: false,
    schema: undefined,
  }
}

/** The built-in kinds that are served; scopes and subresources as `kubectl api-resources` of Kubernetes 1.33 shows them. */
export const builtInKinds: readonly Kind[] = [
  builtIn('v1', 'Namespace', 'namespaces', ['cluster', 'status'], 'ns'),
  builtIn('v1', 'Node', 'nodes', ['cluster', 'status'], 'no'),
  builtIn('v1', 'PersistentVolume', 'persistentvolumes', ['cluster', 'status'], 'pv'),
  builtIn('v1', 'Pod', 'pods', ['status'], 'po'),
  builtIn('v1', 'Service', 'services', ['status'], 'svc'),
  builtIn('v1', 'ConfigMap', 'configmaps', [], 'cm'),
  builtIn('v1', 'Secret', 'secrets', []),
  builtIn('v1', 'ServiceAccount', 'serviceaccounts', [], 'sa'),
  builtIn('v1', 'Event', 'events', [], 'ev'),
  builtIn('v1', 'Endpoints', 'endpoints', [], 'ep'),
  builtIn('v1', 'PersistentVolumeClaim', 'persistentvolumeclaims', ['status'], 'pvc'),
  builtIn('v1', 'ResourceQuota', 'resourcequotas', ['status'], 'quota'),
  builtIn('v1', 'LimitRange', 'limitranges', [], 'limits'),
  builtIn('apps/v1', 'Deployment', 'deployments', ['status', 'generation'], 'deploy'),
  builtIn('apps/v1', 'ReplicaSet', 'replicasets', ['status', 'generation'], 'rs'),
  builtIn('apps/v1', 'StatefulSet', 'statefulsets', ['status', 'generation'], 'sts'),
  builtIn('apps/v1', 'DaemonSet', 'daemonsets', ['status', 'generation'], 'ds'),
  builtIn('apps/v1', 'ControllerRevision', 'controllerrevisions', []),
  builtIn('batch/v1', 'Job', 'jobs', ['status', 'generation']),
  builtIn('batch/v1', 'CronJob', 'cronjobs', ['status', 'generation'], 'cj'),
  builtIn('autoscaling/v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers', ['status'], 'hpa'),
  builtIn('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets', ['status', 'generation'], 'pdb'),
  builtIn('networking.k8s.io/v1', 'Ingress', 'ingresses', ['status', 'generation'], 'ing'),
  builtIn('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies', ['generation'], 'netpol'),
  builtIn('discovery.k8s.io/v1', 'EndpointSlice', 'endpointslices', ['generation']),
  builtIn('coordination.k8s.io/v1', 'Lease', 'leases', []),
  builtIn('storage.k8s.io/v1', 'StorageClass', 'storageclasses', ['cluster'], 'sc'),
  builtIn('rbac.authorization.k8s.io/v1', 'Role', 'roles', []),
  builtIn('rbac.authorization.k8s.io/v1', 'RoleBinding', 'rolebindings', []),
  builtIn('rbac.authorization.k8s.io/v1', 'ClusterRole', 'clusterroles', ['cluster']),
  builtIn('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', 'clusterrolebindings', ['cluster']),
  builtIn(
    'apiextensions.k8s.io/v1',
    'CustomResourceDefinition',
    'customresourcedefinitions',
    ['cluster', 'status', 'generation'],
    'crd',
  ),
]

/** The kinds that a CustomResourceDefinition makes the server serve: one for each served version. */
export function kindsOfDefinition(definition: ApiObject): Kind[] {
  const names = fieldsAt(definition, 'spec', 'names')
  return listAt(definition, 'spec', 'versions')
    .filter((version) => isFields(version) && version['served'] !== false)
    .map((version) => ({
      group: textAt(definition, 'spec', 'group'),
      version: textAt(version, 'name'),
      plural: textAt(names, 'plural'),
      singular: textAt(names, 'singular') || textAt(names, 'kind').toLowerCase(),
      kind: textAt(names, 'kind'),
      namespaced: textAt(definition, 'spec', 'scope') !== 'Cluster',
      shortNames: listAt(names, 'shortNames').filter((name): name is string => typeof name === 'string'),
      hasStatus: valueAt(version, 'subresources', 'status') !== undefined,
      hasGeneration: true,
      custom: true,
      schema: isFields(valueAt(version, 'schema', 'openAPIV3Schema'))
        ? fieldsAt(version, 'schema', 'openAPIV3Schema')
        : undefined,
    }))
}
