import type { KubernetesObject } from '../../api/kubernetes.ts'
import { field, text } from '../workload/field.ts'
import type { Ancestry } from './ancestry.ts'
import { fluxCondition, isSuspended, withAge } from './flux-condition.ts'
import { fluxVerdicts, type Sync } from './sync-state.ts'

/**
 * How far a GitRepository or an OCIRepository has come with a commit: `seen` when its artifact contains it. A source
 * stays Ready=True with its old artifact until the next poll, so Ready alone proves nothing.
 */
export function decideSourceSync(
  source: KubernetesObject,
  stored: { revision: string; contains: Ancestry },
  question: { commit: string; now?: Date | undefined },
): Sync {
  const verdict = fluxVerdicts(source, stored.revision)
  if (stored.contains === 'yes') return verdict('seen', 'ArtifactStored', `${stored.revision} is stored`)
  if (isSuspended(source)) return verdict('blocked', 'Suspended', `the ${source.kind} is suspended; resume it`)
  const pinned = pinOf(source)
  if (pinned !== undefined) return verdict('blocked', 'PinnedRevision', `it follows ${pinned}, and no branch`)
  const trouble = sourceTrouble(source)
  if (trouble !== undefined) return verdict('failed', trouble.reason, withAge(trouble, question.now))
  if (stored.revision !== '' && stored.contains === 'unknown') {
    return verdict('unknown', 'AncestryUnknown', `nobody knows whether ${stored.revision} contains ${question.commit}`)
  }
  return verdict('pending', 'NotFetched', `${question.commit} has not been fetched yet`)
}

/** What a GitRepository follows instead of a branch; of an OCIRepository a commit cannot tell. */
function pinOf({ kind, spec }: KubernetesObject): string | undefined {
  const ref = field(spec, 'ref')
  if (kind !== 'GitRepository') return undefined
  const name = text(ref, 'name')
  if (name !== undefined) return name.startsWith('refs/heads/') ? undefined : name
  const pin = ['commit', 'semver', 'tag'].find((key) => text(ref, key) !== undefined)
  return pin === undefined ? undefined : `the ${pin} ${text(ref, pin)}`
}

function sourceTrouble(source: KubernetesObject) {
  const whenTrue = ['Stalled', 'FetchFailed', 'StorageOperationFailed'].map((type) => fluxCondition(source, type))
  const whenFalse = ['SourceVerified', 'Ready'].map((type) => fluxCondition(source, type))
  return (
    whenTrue.find((condition) => condition?.status === 'True') ??
    whenFalse.find((condition) => condition?.status === 'False')
  )
}
