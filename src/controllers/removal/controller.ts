import { workloadResources } from '../../api/kubernetes.ts'
import type { Removal } from '../../core/event/removal.ts'
import type { Cluster } from '../../ports.ts'
import type { Controller } from '../../runtime/loop.ts'
import type { Outbox } from '../../runtime/outbox.ts'

export interface RemovalDeps {
  cluster: Pick<Cluster, 'get'>
  isLeader: () => boolean
  outbox: Pick<Outbox, 'tellRemoved'>
}

/** What the watch does not show any more, until it is certain why. */
export interface Removals {
  /** Remembers it under the key that is to be worked on. */
  seen(removal: Removal): string
  controller: Controller<Removal, Removal, { removal: Removal; isGone: boolean }, { removal: Removal; isGone: boolean }>
}

/**
 * Tells of workloads that were deleted. A watch also drops what no longer matches its selector, so the API server is asked
 * once more: only what it does not have under this uid is gone. What goes while nobody leads, or just before the leader
 * ends, is told by nobody.
 */
export function createRemovals({ cluster, isLeader, outbox }: RemovalDeps): Removals {
  const unsure = new Map<string, Removal>()

  return {
    seen(removal) {
      unsure.set(removal.id, removal)
      return removal.id
    },
    controller: {
      name: 'removal',
      async observe(key) {
        if (isLeader()) return unsure.get(key)
        unsure.delete(key)
        return undefined
      },
      decide: (removal) => removal,
      async propose(removal) {
        const { kind, namespace, name, uid } = removal.workload
        const resource = workloadResources.find((one) => one.kind === kind)
        if (resource === undefined) return { removal, isGone: false }
        const live = await cluster.get(resource, namespace, name)
        return { removal, isGone: live?.metadata.uid !== uid }
      },
      verify: async (answer) => answer,
      async report({ removal, isGone }) {
        unsure.delete(removal.id)
        if (isGone) outbox.tellRemoved(removal)
        return {}
      },
    },
  }
}
