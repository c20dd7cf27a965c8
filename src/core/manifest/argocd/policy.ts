import { policyPrefixes } from '../../../api/annotation.ts'
import { FairleadError } from '../../../errors.ts'
import type { DeclaredPolicy } from '../declared-annotation.ts'
import { decidingPlace, enterAllMerged, enterMerged, mergedKeys } from '../merged.ts'
import { textOf } from '../yaml-place.ts'
import type { DeclaredApplication } from './declared-application.ts'

/** What Git says about how a workload of an Application may be updated: the Application's word, and over it its own. */
export function policyOfApplication(application: DeclaredApplication, workload: DeclaredPolicy): DeclaredPolicy {
  const { annotations, labels, patches } = ownPolicy(application)
  const isOwn = Object.keys(workload.labels).length > 0
  return {
    annotations: { ...annotations, ...workload.annotations },
    labels: isOwn ? workload.labels : labels,
    patches: [...workload.patches, ...patches],
  }
}

function ownPolicy({ fields, manifest, generated }: DeclaredApplication): DeclaredPolicy {
  // What kustomize puts on an ApplicationSet does not reach what it makes.
  const layers = generated === undefined ? (manifest?.source.layers ?? []) : []
  const layered = layers.flatMap((layer) => [...layer.annotations])
  try {
    const annotations = textsOf(fields, 'annotations').filter(([key]) =>
      policyPrefixes.some((one) => key.startsWith(one)),
    )
    return {
      annotations: Object.fromEntries([...annotations, ...layered]),
      labels: Object.fromEntries(textsOf(fields, 'labels')),
      patches: [],
    }
  } catch (thrown) {
    if (!(thrown instanceof FairleadError)) throw thrown
    return { annotations: Object.fromEntries(layered), labels: {}, patches: thrown.evidence }
  }
}

function textsOf(fields: DeclaredApplication['fields'], map: 'annotations' | 'labels'): [string, string][] {
  const entries = enterAllMerged(fields, 'metadata', map)
  return mergedKeys(entries).flatMap((key): [string, string][] => {
    const text = textOf(decidingPlace(enterMerged(entries, key)))
    return text === undefined ? [] : [[key, text]]
  })
}
