import { apiVersionOf, type KubernetesObject, type Resource } from '../../api/kubernetes.ts'
import { field, text } from '../../core/workload/field.ts'
import { FairleadError } from '../../errors.ts'

/**
 * What the API server sent as an object of `resource`, checked as far as fairlead relies on it. Items of a list carry
 * neither kind nor apiVersion; they are added. Undefined when there is no name.
 */
export function readObject(value: unknown, resource: Resource): KubernetesObject | undefined {
  const metadata = field(value, 'metadata')
  if ((text(metadata, 'name') ?? '') === '') return undefined
  const object = value as KubernetesObject
  object.kind = text(value, 'kind') ?? resource.kind
  object.apiVersion = text(value, 'apiVersion') ?? apiVersionOf(resource)
  return object
}

/** Like `readObject`, for answers that must be one. */
export function expectObject(value: unknown, resource: Resource, action: string): KubernetesObject {
  const object = readObject(value, resource)
  if (object !== undefined) return object
  throw new FairleadError('ApiUnavailable', `API server's answer to ${action} is not a Kubernetes object`)
}

/** `namespace/name`; a cluster-scoped object has an empty namespace. */
export function keyOf(object: KubernetesObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`
}
