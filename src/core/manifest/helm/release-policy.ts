import { policyPrefixes } from '../../../api/annotation.ts'
import { FairleadError } from '../../../errors.ts'
import type { DeclaredPolicy } from '../declared-annotation.ts'
import type { DeclaredThrough } from '../declared-through.ts'
import { decidingPlace, enterAllMerged, mergedKeys } from '../merged.ts'
import { textOf } from '../yaml-place.ts'

/** What the release's own manifest says; its workloads are the chart's, and no manifest of Git. */
export function policyOfRelease({ merged, source }: DeclaredThrough): DeclaredPolicy {
  const layered = source.layers.flatMap((layer) => [...layer.annotations])
  try {
    return {
      annotations: { ...textsOf(merged, 'annotations'), ...Object.fromEntries(layered) },
      labels: textsOf(merged, 'labels'),
      patches: [],
    }
  } catch (thrown) {
    if (!(thrown instanceof FairleadError)) throw thrown
    return { annotations: Object.fromEntries(layered), labels: {}, patches: thrown.evidence }
  }
}

function textsOf(merged: DeclaredThrough['merged'], field: 'annotations' | 'labels'): Record<string, string> {
  const entries = enterAllMerged(merged, 'metadata', field)
  const texts = mergedKeys(entries).flatMap((key): [string, string][] => {
    const text = textOf(decidingPlace(enterAllMerged(entries, key)))
    const counts = field === 'labels' || policyPrefixes.some((prefix) => key.startsWith(prefix))
    return text === undefined || !counts ? [] : [[key, text]]
  })
  return Object.fromEntries(texts)
}
