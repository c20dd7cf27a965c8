import type { ObjectMeta, OwnerReference } from '../../api/kubernetes.ts'
import type { Fields } from '../json.ts'

/** Object metadata as stored; fields that the sandbox does not care about are kept as they came. */
export interface Metadata extends ObjectMeta, Fields {
  generateName?: string
  finalizers?: string[]
  ownerReferences?: Owner[]
}

export interface Owner extends OwnerReference, Fields {
  controller?: boolean
}

/** Any Kubernetes object. Stored objects are never changed in place; a change is a new object. */
export interface ApiObject extends Fields {
  apiVersion: string
  kind: string
  metadata: Metadata
}

/** Key of an object inside its collection: `namespace/name`, with an empty namespace for cluster-wide kinds. */
export function keyOf(object: ApiObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`
}

/** A reference that makes `owner` the controller of another object. */
export function controllerReference(owner: ApiObject): Owner {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  }
}

/** Kubernetes times have whole seconds. */
export function kubernetesTime(date: Date = new Date()): string {
  return date.toISOString().replace(/\.\d{3}Z$/, 'Z')
}
