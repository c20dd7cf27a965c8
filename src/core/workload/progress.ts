import type { Workload } from './workload.ts'

/** A workload of which it is known how many pods it wants. */
export type CountedWorkload = Workload & { wanted: number }

export function isCounted(workload: Workload): workload is CountedWorkload {
  return workload.wanted !== undefined
}

/** How far the pods are, and in words what is still missing. */
export interface Progress {
  done: boolean
  message: string
}

/**
 * The rule of `kubectl rollout status` on an observed workload whose strategy is not `OnDelete`, with two gaps closed:
 * a partition larger than the replicas asks for nothing, and a StatefulSet with `minReadySeconds` waits until its pods
 * are available, not only ready.
 */
export function rolloutProgress(workload: CountedWorkload): Progress {
  switch (workload.kind) {
    case 'Deployment':
      return deploymentProgress(workload)
    case 'StatefulSet':
      return statefulSetProgress(workload)
    case 'DaemonSet':
      return daemonSetProgress(workload)
    case 'Rollout':
      return argoRolloutProgress(workload)
  }
}

function deploymentProgress({ wanted, counters }: CountedWorkload): Progress {
  const available = counters.available ?? 0
  if (counters.updated < wanted) return waiting(`${counters.updated} of ${wanted} replicas are updated`)
  if (counters.current > counters.updated) {
    return waiting(`${counters.current - counters.updated} old replicas are pending termination`)
  }
  if (available < counters.updated) return waiting(`${available} of ${counters.updated} updated replicas are available`)
  return finished(wanted === 0 ? 'scaled to zero' : `${wanted} of ${wanted} replicas are updated and available`)
}

function statefulSetProgress(workload: CountedWorkload): Progress {
  const { wanted, counters, partition } = workload
  if (counters.ready < wanted) return waiting(`${counters.ready} of ${wanted} pods are ready`)
  if (workload.minReadySeconds > 0 && counters.available !== undefined && counters.available < wanted) {
    return waiting(`${counters.available} of ${wanted} pods are available`)
  }
  if (partition === undefined) {
    if (!workload.revisionsEqual) return waiting(`${counters.updated} of ${wanted} pods are updated`)
  } else {
    const wantedNew = Math.max(0, wanted - partition)
    if (counters.updated < wantedNew) return waiting(`${counters.updated} of ${wantedNew} pods are updated`)
    if (partition > 0) return finished(`${wantedNew} of ${wanted} pods are updated; the partition keeps the others`)
  }
  return finished(wanted === 0 ? 'scaled to zero' : `${wanted} of ${wanted} pods are updated and ready`)
}

function daemonSetProgress({ wanted, counters }: CountedWorkload): Progress {
  const available = counters.available ?? 0
  if (counters.updated < wanted) return waiting(`${counters.updated} of ${wanted} pods are updated`)
  if (available < wanted) return waiting(`${available} of ${wanted} updated pods are available`)
  return finished(wanted === 0 ? 'no node wants a pod' : `${wanted} of ${wanted} pods are updated and available`)
}

/** Its controller knows of steps, analyses and Services besides the pods. */
function argoRolloutProgress({ wanted, counters, health }: CountedWorkload): Progress {
  if (health?.phase !== 'Healthy') {
    return waiting(health?.message || `${counters.updated} of ${wanted} replicas are updated`)
  }
  return finished(wanted === 0 ? 'scaled to zero' : `${wanted} of ${wanted} replicas are updated and available`)
}

function waiting(message: string): Progress {
  return { done: false, message }
}

function finished(message: string): Progress {
  return { done: true, message }
}
