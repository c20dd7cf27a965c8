import type { Deployed } from './deployed.ts'
import { patchedContainer } from './deployed.ts'
import { mentions } from './patch.ts'
import type { Snapshot } from './snapshot.ts'

/** What Git says about how a workload may be updated. */
export interface DeclaredAnnotations {
  /** As the root renders them: of the manifest, then the `commonAnnotations` of each layer. */
  annotations: Readonly<Record<string, string>>
  /** Of those asked about, the ones a patch of some layer mentions: whatever they are, Git put them there. */
  patched: (key: string) => boolean
}

/** The policy annotations that Git declares for a deployed workload. */
export function declaredAnnotationsOf(snapshot: Snapshot, deployed: Deployed): DeclaredAnnotations {
  const { workload, source } = deployed
  const annotations = new Map([...workload.annotations, ...source.layers.flatMap((layer) => [...layer.annotations])])
  const patches = source.layers.flatMap((layer) => layer.patches)
  const subject = patchedContainer(deployed, '')
  // A JSON patch writes the slash of a key as ~1 (RFC 6901).
  const spellings = (key: string) => [key, key.replaceAll('/', '~1')]
  return {
    annotations: Object.fromEntries(annotations),
    patched: (key) =>
      patches.some((patch) => spellings(key).some((spelling) => mentions(snapshot, patch, subject, spelling))),
  }
}
