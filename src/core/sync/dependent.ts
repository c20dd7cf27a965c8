import type { KubernetesObject } from '../../api/kubernetes.ts'
import { fluxCondition, isSuspended, withAge } from './flux-condition.ts'
import { fluxVerdicts, type Sync, syncedObject } from './sync-state.ts'

/**
 * How far a Kustomization has come with a commit that changes its own manifest, not what it reads: first its owner
 * applies the manifest, and from then on its generation tells. `owner` is the state of the one that applied it.
 */
export function decideDependentSync(kustomization: KubernetesObject, owner: Sync, now?: Date): Sync {
  const object = syncedObject(kustomization)
  if (owner.state !== 'applied') return { ...owner, object, message: `${owner.object}: ${owner.message}` }
  const verdict = fluxVerdicts(kustomization, owner.revision)
  if (isSuspended(kustomization)) return verdict('blocked', 'Suspended', 'the Kustomization is suspended; resume it')
  const ready = fluxCondition(kustomization, 'Ready')
  if (ready?.status === 'True') return verdict('applied', ready.reason, ready.message)
  if (ready?.status === 'False') {
    const state = ready.reason === 'DependencyNotReady' ? 'blocked' : 'failed'
    return verdict(state, ready.reason, withAge(ready, now))
  }
  return verdict('seen', ready?.reason || 'Progressing', ready?.message || 'its new manifest is not applied yet')
}
