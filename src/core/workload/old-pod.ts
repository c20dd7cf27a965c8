import type { KubernetesObject } from '../../api/kubernetes.ts'
import { field, text } from './field.ts'
import { type Cause, causeOf, isReadyPod, ownPods, podTrouble } from './pod-cause.ts'
import type { Workload } from './workload.ts'

/** The reason of a StatefulSet that waits for a pod of an earlier template. */
export const oldPodUnready = 'OldPodUnready'

/**
 * The pod of an earlier template that keeps a StatefulSet from replacing any. It goes from pod to pod, and not on before
 * all are ready; one that never gets ready, as of a version that was put back, is replaced only when somebody deletes it.
 * Source: kubernetes.io, StatefulSets, "Forced rollback". Undefined when there is none, and for other kinds.
 */
export function oldPodCause(workload: Workload, pods: readonly KubernetesObject[]): Cause | undefined {
  if (workload.kind !== 'StatefulSet') return undefined
  const old = ownPods(workload, pods).find((pod) => isOld(pod, workload) && !isReadyPod(pod))
  if (old === undefined) return undefined
  const { namespace, name } = old.metadata
  const what = 'it is of an earlier template, not ready, and replaced only when it is deleted'
  const trouble = podTrouble(old)
  const words = `pod ${name}: ${oldPodUnready}: ${what}: kubectl -n ${namespace} delete pod ${name}`
  return causeOf(oldPodUnready, trouble === undefined ? words : `${words}; ${trouble.message}`)
}

/** Those below the partition keep the earlier template; one that is going away is replaced already. */
function isOld({ metadata }: KubernetesObject, { controllerRevision, partition = 0 }: Workload): boolean {
  const revision = text(field(metadata, 'labels'), 'controller-revision-hash')
  const ordinal = Number(/-(\d+)$/.exec(metadata.name)?.[1])
  return revision !== controllerRevision && ordinal >= partition && metadata.deletionTimestamp === undefined
}
