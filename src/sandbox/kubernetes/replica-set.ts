import { fieldsAt, numberAt, textMapAt, valueAt } from '../json.ts'
import type { ApiObject } from './object.ts'
import { byExpendability, countPods, minReadySecondsOf, newPod, randomSuffix } from './pod.ts'
import type { WorkloadContext } from './workload-context.ts'

/** Makes or removes pods until there are as many as wanted, and counts them. */
export function reconcileReplicaSet(set: ApiObject, context: WorkloadContext): void {
  const pods = context.owned(set, 'Pod')
  const wanted = numberAt(set, 'spec', 'replicas') ?? 1
  const template = valueAt(set, 'spec', 'template')
  for (let missing = wanted - pods.length; missing > 0; missing -= 1) {
    const name = `${set.metadata.name}-${randomSuffix()}`
    const node = context.nodes[missing % context.nodes.length] ?? ''
    context.create(
      newPod(set, template, { name, labels: textMapAt(set, 'spec', 'selector', 'matchLabels'), nodeName: node }),
    )
  }
  const surplus = [...pods].sort(byExpendability).slice(0, Math.max(0, pods.length - wanted))
  for (const pod of surplus) context.remove(pod)

  const left = context.owned(set, 'Pod')
  const counts = countPods(left, minReadySecondsOf(set), context.now())
  if (counts.nextAvailableAt !== undefined) context.wakeAt(set, counts.nextAvailableAt)
  context.updateStatus(set, {
    ...fieldsAt(set, 'status'),
    observedGeneration: set.metadata.generation,
    replicas: left.length,
    fullyLabeledReplicas: left.length,
    readyReplicas: counts.ready,
    availableReplicas: counts.available,
  })
}
