import { policyPrefixes } from '../../api/annotation.ts'
import type { Deployed } from './deployed.ts'
import { patchedContainer } from './deployed.ts'
import { mentions } from './patch.ts'
import type { Snapshot } from './snapshot.ts'

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
  const subject = patchedContainer(deployed, '')
  // A JSON patch writes the slash of a key as ~1 (RFC 6901).
  const words = policyPrefixes.flatMap((prefix) => [prefix, prefix.replace('/', '~1')])
  const patches = source.layers.flatMap((layer) => layer.patches)
  return {
    annotations: Object.fromEntries(annotations),
    labels: Object.fromEntries(workload.labels),
    patches: patches
      .filter((patch) => words.some((word) => mentions(snapshot, patch, subject, word)))
      .map((patch) => patch.where),
  }
}
