import type { KubernetesObject } from '../../api/kubernetes.ts'
import { text } from '../workload/field.ts'

/** The part of a Flux HelmRepository that tells where its charts are listed. */
export interface FluxHelmRepository {
  namespace: string
  name: string
  /** `https://…` with an index, or `oci://…`; empty when it says nothing. */
  url: string
}

/** Reads a HelmRepository; never throws. */
export function readHelmRepository({ metadata, spec }: KubernetesObject): FluxHelmRepository {
  return { namespace: metadata.namespace ?? '', name: metadata.name, url: text(spec, 'url') ?? '' }
}
