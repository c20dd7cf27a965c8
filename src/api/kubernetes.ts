/** The few Kubernetes shapes fairlead reads and writes. Everything from outside stays `unknown` until a reader checks it. */

export interface ObjectMeta {
  name: string
  namespace?: string
  uid?: string
  resourceVersion?: string
  generation?: number
  creationTimestamp?: string
  deletionTimestamp?: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
  ownerReferences?: OwnerReference[]
}

export interface OwnerReference {
  apiVersion: string
  kind: string
  name: string
  uid: string
  controller?: boolean
  blockOwnerDeletion?: boolean
}

/** Any object as served; `spec` and `status` are unchecked. */
export interface KubernetesObject {
  apiVersion: string
  kind: string
  metadata: ObjectMeta
  spec?: unknown
  status?: unknown
}

/** A served collection, e.g. `{group: 'apps', version: 'v1', plural: 'deployments', kind: 'Deployment', namespaced: true}`. */
export interface Resource {
  group: string
  version: string
  plural: string
  kind: string
  namespaced: boolean
}

/** Identity of one object, in kubectl's order. */
export interface ObjectKey {
  kind: string
  namespace: string
  name: string
}

/** `Kind/namespace/name`, the form used in keys, logs, trailers and messages. */
export function objectKey(key: ObjectKey): string {
  return `${key.kind}/${key.namespace}/${key.name}`
}

export const resources = {
  deployment: { group: 'apps', version: 'v1', plural: 'deployments', kind: 'Deployment', namespaced: true },
  statefulSet: { group: 'apps', version: 'v1', plural: 'statefulsets', kind: 'StatefulSet', namespaced: true },
  daemonSet: { group: 'apps', version: 'v1', plural: 'daemonsets', kind: 'DaemonSet', namespaced: true },
  argoRollout: { group: 'argoproj.io', version: 'v1alpha1', plural: 'rollouts', kind: 'Rollout', namespaced: true },
  canary: { group: 'flagger.app', version: 'v1beta1', plural: 'canaries', kind: 'Canary', namespaced: true },
  updateRequest: {
    group: 'fairlead.dev',
    version: 'v1alpha1',
    plural: 'updaterequests',
    kind: 'UpdateRequest',
    namespaced: true,
  },
  workloadRolloutState: {
    group: 'fairlead.dev',
    version: 'v1alpha1',
    plural: 'workloadrolloutstates',
    kind: 'WorkloadRolloutState',
    namespaced: true,
  },
  lease: { group: 'coordination.k8s.io', version: 'v1', plural: 'leases', kind: 'Lease', namespaced: true },
  secret: { group: '', version: 'v1', plural: 'secrets', kind: 'Secret', namespaced: true },
  pod: { group: '', version: 'v1', plural: 'pods', kind: 'Pod', namespaced: true },
  event: { group: '', version: 'v1', plural: 'events', kind: 'Event', namespaced: true },
  kustomization: {
    group: 'kustomize.toolkit.fluxcd.io',
    version: 'v1',
    plural: 'kustomizations',
    kind: 'Kustomization',
    namespaced: true,
  },
  gitRepository: {
    group: 'source.toolkit.fluxcd.io',
    version: 'v1',
    plural: 'gitrepositories',
    kind: 'GitRepository',
    namespaced: true,
  },
  imagePolicy: {
    group: 'image.toolkit.fluxcd.io',
    version: 'v1',
    plural: 'imagepolicies',
    kind: 'ImagePolicy',
    namespaced: true,
  },
  imageUpdateAutomation: {
    group: 'image.toolkit.fluxcd.io',
    version: 'v1',
    plural: 'imageupdateautomations',
    kind: 'ImageUpdateAutomation',
    namespaced: true,
  },
  ociRepository: {
    group: 'source.toolkit.fluxcd.io',
    version: 'v1',
    plural: 'ocirepositories',
    kind: 'OCIRepository',
    namespaced: true,
  },
  application: {
    group: 'argoproj.io',
    version: 'v1alpha1',
    plural: 'applications',
    kind: 'Application',
    namespaced: true,
  },
  applicationSet: {
    group: 'argoproj.io',
    version: 'v1alpha1',
    plural: 'applicationsets',
    kind: 'ApplicationSet',
    namespaced: true,
  },
  imageUpdater: {
    group: 'argocd-image-updater.argoproj.io',
    version: 'v1alpha1',
    plural: 'imageupdaters',
    kind: 'ImageUpdater',
    namespaced: true,
  },
  appProject: {
    group: 'argoproj.io',
    version: 'v1alpha1',
    plural: 'appprojects',
    kind: 'AppProject',
    namespaced: true,
  },
  helmRepository: {
    group: 'source.toolkit.fluxcd.io',
    version: 'v1',
    plural: 'helmrepositories',
    kind: 'HelmRepository',
    namespaced: true,
  },
  helmRelease: {
    group: 'helm.toolkit.fluxcd.io',
    version: 'v2',
    plural: 'helmreleases',
    kind: 'HelmRelease',
    namespaced: true,
  },
} as const satisfies Record<string, Resource>

/** The kinds whose images and phases are followed. */
export const workloadResources = [
  resources.deployment,
  resources.statefulSet,
  resources.daemonSet,
  resources.argoRollout,
] as const

/** Of a workload by its kind, as `involvedObject` and owner references name it. */
export function workloadApiVersion(kind: string): string {
  return apiVersionOf(workloadResources.find((one) => one.kind === kind) ?? resources.deployment)
}

/** `apps/v1`, or `v1` for the core group. */
export function apiVersionOf(resource: Resource): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`
}
