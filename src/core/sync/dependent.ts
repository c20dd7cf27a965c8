import type { KubernetesObject } from '../../api/kubernetes.ts'
import { readApplication } from './argo-application.ts'
import { fluxCondition, isSuspended, withAge } from './flux-condition.ts'
import { fluxVerdicts, type Sync, syncedObject } from './sync-state.ts'

/**
 * How far a Kustomization or an Application has come with a commit that changes its own manifest, not what it reads: first
 * its owner applies the manifest, and from then on its own state tells. `owner` is the state of the one that applied it.
 * `leaves` is the version of its chart that the commit leaves behind: an Application that was last compared with that one
 * has not seen its new manifest.
 */
export function decideDependentSync(object: KubernetesObject, owner: Sync, now?: Date, leaves?: string): Sync {
  const name = syncedObject(object)
  if (owner.state !== 'applied') return { ...owner, object: name, message: `${owner.object}: ${owner.message}` }
  return object.kind === 'Application'
    ? applicationState(object, owner, leaves)
    : kustomizationState(object, owner, now)
}

function applicationState(object: KubernetesObject, { revision }: Sync, leaves: string | undefined): Sync {
  const verdict = { engine: 'argocd', object: syncedObject(object), revision } as const
  const { isSettled, revisions } = readApplication(object)
  if (isSettled && (leaves === undefined || !revisions.includes(leaves))) {
    return { ...verdict, state: 'applied', reason: 'Synced', message: 'it is Synced with its new manifest' }
  }
  return {
    ...verdict,
    state: 'seen',
    reason: 'Syncing',
    message: 'its new manifest is applied, and it is not Synced yet',
  }
}

function kustomizationState(object: KubernetesObject, owner: Sync, now: Date | undefined): Sync {
  const verdict = fluxVerdicts(object, owner.revision)
  if (isSuspended(object)) return verdict('blocked', 'Suspended', 'the Kustomization is suspended; resume it')
  const ready = fluxCondition(object, 'Ready')
  if (ready?.status === 'True') return verdict('applied', ready.reason, ready.message)
  if (ready?.status === 'False') {
    const state = ready.reason === 'DependencyNotReady' ? 'blocked' : 'failed'
    return verdict(state, ready.reason, withAge(ready, now))
  }
  return verdict('seen', ready?.reason || 'Progressing', ready?.message || 'its new manifest is not applied yet')
}
