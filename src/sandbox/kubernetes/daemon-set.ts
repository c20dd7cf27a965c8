import { textAt, textMapAt, valueAt } from '../json.ts'
import type { ApiObject } from './object.ts'
import { countPods, isReady, minReadySecondsOf, newPod, randomSuffix, scaledCount, templateHash } from './pod.ts'
import type { WorkloadContext } from './workload-context.ts'

const revisionLabel = 'controller-revision-hash'

/** One step of the daemon set controller: one pod a node, old ones removed as far as `maxUnavailable` allows. */
export function reconcileDaemonSet(set: ApiObject, context: WorkloadContext): void {
  const template = valueAt(set, 'spec', 'template')
  const hash = templateHash(template)
  const pods = new Map(context.owned(set, 'Pod').map((pod) => [textAt(pod, 'spec', 'nodeName'), pod]))
  const labels = { ...textMapAt(set, 'spec', 'selector', 'matchLabels'), [revisionLabel]: hash }
  for (const nodeName of context.nodes) {
    if (pods.has(nodeName)) continue
    context.create(newPod(set, template, { name: `${set.metadata.name}-${randomSuffix()}`, labels, nodeName }))
  }
  if (textAt(set, 'spec', 'updateStrategy', 'type') !== 'OnDelete') replaceOld(set, context, [...pods.values()], hash)
  writeStatus(set, context, hash)
}

/** Old pods that are not ready cost nothing; ready ones go while the others keep enough nodes served. */
function replaceOld(set: ApiObject, context: WorkloadContext, pods: readonly ApiObject[], hash: string): void {
  const allowed = valueAt(set, 'spec', 'updateStrategy', 'rollingUpdate', 'maxUnavailable')
  const maxUnavailable = Math.max(1, scaledCount(allowed, context.nodes.length, 'up'))
  const old = pods.filter((pod) => pod.metadata.labels?.[revisionLabel] !== hash)
  const broken = old.filter((pod) => !isReady(pod))
  const unavailable = context.nodes.length - pods.filter(isReady).length
  const healthy = old.filter(isReady).slice(0, Math.max(0, maxUnavailable - unavailable))
  for (const pod of [...broken, ...healthy]) context.remove(pod)
}

function writeStatus(set: ApiObject, context: WorkloadContext, hash: string): void {
  const pods = context.owned(set, 'Pod')
  const counts = countPods(pods, minReadySecondsOf(set), context.now())
  if (counts.nextAvailableAt !== undefined) context.wakeAt(set, counts.nextAvailableAt)
  const desired = context.nodes.length
  const unavailable = desired - counts.available
  context.updateStatus(set, {
    observedGeneration: set.metadata.generation,
    currentNumberScheduled: pods.length,
    desiredNumberScheduled: desired,
    updatedNumberScheduled: pods.filter((pod) => pod.metadata.labels?.[revisionLabel] === hash).length,
    numberMisscheduled: 0,
    numberReady: counts.ready,
    numberAvailable: counts.available,
    ...(unavailable > 0 ? { numberUnavailable: unavailable } : {}),
  })
}
