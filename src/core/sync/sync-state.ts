import { type KubernetesObject, objectKey } from '../../api/kubernetes.ts'

/**
 * How far an engine has come with one commit. `seen`: it has fetched the commit but not applied it. `superseded`: it
 * applied the commit, and later something else in its place. `blocked`: it waits for a person or another object.
 */
export type SyncStateName = 'pending' | 'seen' | 'applied' | 'superseded' | 'blocked' | 'failed' | 'unknown'

export interface Sync {
  engine: 'flux' | 'argocd'
  /** `Kind/namespace/name` */
  object: string
  state: SyncStateName
  /** CamelCase: the engine's own reason where it gave one. */
  reason: string
  message: string
  /** The engine's revision that the verdict rests on, as it wrote it; empty when there is none. */
  revision: string
}

/** Makes verdicts about one object of Flux, all resting on the same revision. */
export function fluxVerdicts(object: KubernetesObject, revision: string) {
  const of = { engine: 'flux' as const, object: syncedObject(object) }
  return (state: SyncStateName, reason: string, message: string): Sync => ({ ...of, state, reason, message, revision })
}

/** `Kind/namespace/name` of an object. */
export function syncedObject(object: KubernetesObject): string {
  const { name, namespace } = object.metadata
  return objectKey({ kind: object.kind, namespace: namespace ?? '', name })
}
