import { isPolicyAnnotation, policyPrefixes } from '../../api/annotation.ts'
import { orRefusal } from '../../errors.ts'
import type { Deployed } from './deployed.ts'
import type { Kustomization } from './kustomize/kustomization.ts'
import { passesOf } from './kustomize/layer-pass.ts'
import { mentions } from './kustomize/patched-object.ts'
import { writtenObject } from './kustomize/patched-workload.ts'
import type { Snapshot } from './snapshot.ts'
import { enterAllMerged, type Merged, mergedEntries } from './yaml/merged.ts'
import { textOf } from './yaml/place.ts'

/** What Git says about how a workload may be updated. */
export interface DeclaredPolicy {
  /** As the root renders them: of the manifest, then the `commonAnnotations` of each layer. */
  annotations: Readonly<Record<string, string>>
  /** Of the manifest itself. */
  labels: Readonly<Record<string, string>>
  /** Patches that speak of policies, whose outcome is not known: what the workload may do is not known either. */
  patches: readonly string[]
}

/** What Git declares for a deployed workload. */
export function declaredPolicyOf(snapshot: Snapshot, deployed: Deployed): DeclaredPolicy {
  const { workload, source } = deployed
  const annotations = new Map([...workload.annotations, ...source.layers.flatMap((layer) => [...layer.annotations])])
  // A JSON patch writes the slash of a key as ~1 (RFC 6901).
  const words = policyPrefixes.flatMap((prefix) => [prefix, prefix.replace('/', '~1')])
  const passes = passesOf(writtenObject(workload), source.layers)
  const patches = passes.flatMap(({ layer, before, after }) =>
    layer.patches.map((patch) => ({ patch, object: patch.stage === 'before-names' ? before : after })),
  )
  return {
    annotations: Object.fromEntries(annotations),
    labels: Object.fromEntries(workload.labels),
    patches: patches
      .filter(({ patch, object }) => words.some((word) => mentions(snapshot, patch, object, word)))
      .map(({ patch }) => patch.where),
  }
}

/**
 * What a HelmRelease or an Application says about its workloads, which are no manifests of Git themselves: `merged` is its
 * manifest, `layers` what kustomize puts on it. What cannot be followed speaks of policies, for all that is known.
 */
export function declaredPolicyOfOwner(merged: Merged, layers: readonly Kustomization[]): DeclaredPolicy {
  const layered = layers.flatMap((layer) => [...layer.annotations])
  return orRefusal<DeclaredPolicy>(
    () => {
      const own = textsOf(merged, 'annotations').filter(([key]) => isPolicyAnnotation(key))
      return {
        annotations: Object.fromEntries([...own, ...layered]),
        labels: Object.fromEntries(textsOf(merged, 'labels')),
        patches: [],
      }
    },
    ({ evidence }) => ({ annotations: Object.fromEntries(layered), labels: {}, patches: evidence }),
  )
}

function textsOf(merged: Merged, field: 'annotations' | 'labels'): [string, string][] {
  return mergedEntries(enterAllMerged(merged, 'metadata', field)).flatMap(({ key, value }): [string, string][] => {
    const text = textOf(value)
    return text === undefined ? [] : [[key, text]]
  })
}
