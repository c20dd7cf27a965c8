import type { KubernetesObject } from '../../api/kubernetes.ts'

/** An engine's object as it is kept: `managedFields` are often half of it, and nobody reads them. */
export function withoutManagedFields(object: KubernetesObject): KubernetesObject {
  const { managedFields: _, ...metadata } = object.metadata as KubernetesObject['metadata'] & {
    managedFields?: unknown
  }
  return { ...object, metadata }
}
