import type { WorkloadManifest } from '../workload-manifest.ts'
import { groupVersionOf, type PatchedObject } from './patched-object.ts'

/** Kinds whose lists of containers kustomize merges by name, by the schema of Kubernetes; lists of others are replaced. */
export const schemaKinds: ReadonlySet<string> = new Set([
  'CronJob',
  'DaemonSet',
  'Deployment',
  'Job',
  'Pod',
  'PodTemplate',
  'ReplicaSet',
  'ReplicationController',
  'StatefulSet',
])

/** A workload as its manifest has it, for the targets of patches. */
export function writtenObject(workload: WorkloadManifest): PatchedObject {
  return {
    ...groupVersionOf(workload.apiVersion),
    kind: workload.kind,
    ids: [{ name: workload.name, namespace: workload.namespace }],
    labels: workload.labels,
    annotations: workload.allAnnotations,
  }
}
