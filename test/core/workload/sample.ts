import type { KubernetesObject } from '../../../src/api/kubernetes.ts'

/** Parts of an object that a test wants to differ from a settled workload. */
export interface Parts {
  metadata?: object
  spec?: object
  status?: object
  image?: string
}

/** A Deployment `prod/web` with three replicas, rolled out and observed, unless the parts say otherwise. */
export function deployment(parts: Parts = {}): KubernetesObject {
  return sample('Deployment', parts, {
    metadata: { annotations: { 'deployment.kubernetes.io/revision': '1' } },
    spec: { replicas: 3, strategy: { type: 'RollingUpdate' } },
    status: {
      observedGeneration: 1,
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      conditions: [{ type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable' }],
    },
  })
}

/** A StatefulSet `prod/web` with three replicas, rolled out and observed. */
export function statefulSet(parts: Parts = {}): KubernetesObject {
  return sample('StatefulSet', parts, {
    spec: { replicas: 3, updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } } },
    status: {
      observedGeneration: 1,
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      currentReplicas: 3,
      currentRevision: 'web-a',
      updateRevision: 'web-a',
    },
  })
}

/** A DaemonSet `prod/web` on three nodes, rolled out and observed. */
export function daemonSet(parts: Parts = {}): KubernetesObject {
  return sample('DaemonSet', parts, {
    spec: { updateStrategy: { type: 'RollingUpdate' } },
    status: {
      observedGeneration: 1,
      desiredNumberScheduled: 3,
      currentNumberScheduled: 3,
      updatedNumberScheduled: 3,
      numberReady: 3,
      numberAvailable: 3,
    },
  })
}

/** A Rollout `prod/web` of Argo Rollouts with three replicas, at the end of its steps and observed. */
export function argoRollout(parts: Parts = {}): KubernetesObject {
  const settled = sample('Rollout', parts, {
    spec: { replicas: 3, strategy: { canary: { steps: [{ setWeight: 20 }, { pause: {} }] } } },
    status: {
      observedGeneration: '1',
      currentPodHash: 'a',
      stableRS: 'a',
      phase: 'Healthy',
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
    },
  })
  return { ...settled, apiVersion: 'argoproj.io/v1alpha1' }
}

function sample(kind: string, parts: Parts, settled: Parts): KubernetesObject {
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: {
      name: 'web',
      namespace: 'prod',
      uid: 'uid-web',
      resourceVersion: '7',
      generation: 1,
      ...settled.metadata,
      ...parts.metadata,
    },
    spec: { template: template(parts.image ?? 'ghcr.io/acme/web:1.4.2'), ...settled.spec, ...parts.spec },
    status: { ...settled.status, ...parts.status },
  }
}

/** A pod template with one container `app`. */
export function template(image: string): object {
  return { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'app', image }] } }
}
