import { fieldsAt, numberAt, textAt, textMapAt, valueAt } from '../json.ts'
import { type ApiObject, controllerReference } from './object.ts'
import { countPods, isReady, minReadySecondsOf, newPod, templateHash } from './pod.ts'
import type { WorkloadContext } from './workload-context.ts'

const revisionLabel = 'controller-revision-hash'

/**
 * One step of the stateful set controller: pods in order, updates from the last ordinal down to the partition. A pod
 * that never becomes ready holds up everything after it, also its own replacement by an older template, until somebody
 * deletes it, as Kubernetes documents under "Forced rollback".
 */
export function reconcileStatefulSet(set: ApiObject, context: WorkloadContext): void {
  const template = valueAt(set, 'spec', 'template')
  const updateRevision = `${set.metadata.name}-${templateHash(template)}`
  const currentRevision = textAt(set, 'status', 'currentRevision') || updateRevision
  const revisions = context.owned(set, 'ControllerRevision')
  if (!revisions.some((one) => one.metadata.name === updateRevision)) {
    context.create(controllerRevision(set, updateRevision, revisions.length + 1))
  }
  const wanted = numberAt(set, 'spec', 'replicas') ?? 1
  const strategy = fieldsAt(set, 'spec', 'updateStrategy')
  const partition = strategy['type'] === 'OnDelete' ? 0 : (numberAt(strategy, 'rollingUpdate', 'partition') ?? 0)
  const currentTemplate =
    valueAt(
      revisions.find((one) => one.metadata.name === currentRevision),
      'data',
      'spec',
      'template',
    ) ?? template

  const makePod = (ordinal: number) => {
    const isCurrent = ordinal < partition
    const revision = isCurrent ? currentRevision : updateRevision
    context.create(statefulPod(set, ordinal, { template: isCurrent ? currentTemplate : template, revision }, context))
  }
  step(set, context, { wanted, partition, updateRevision, makePod })
  writeStatus(set, context, { wanted, currentRevision, updateRevision })
}

function ordinalOf(pod: ApiObject): number {
  return Number(pod.metadata.name.slice(pod.metadata.name.lastIndexOf('-') + 1))
}

function revisionOf(pod: ApiObject): string {
  return pod.metadata.labels?.[revisionLabel] ?? ''
}

interface Plan {
  wanted: number
  partition: number
  updateRevision: string
  makePod(ordinal: number): void
}

/** At most one pod is made or removed at a time, unless pods are managed in parallel. */
function step(set: ApiObject, context: WorkloadContext, plan: Plan): void {
  const pods = new Map(context.owned(set, 'Pod').map((pod) => [ordinalOf(pod), pod]))
  const inParallel = textAt(set, 'spec', 'podManagementPolicy') === 'Parallel'
  for (let ordinal = 0; ordinal < plan.wanted; ordinal += 1) {
    const pod = pods.get(ordinal)
    if (pod === undefined) plan.makePod(ordinal)
    if (!inParallel && (pod === undefined || !isReady(pod))) return
  }
  const surplus = [...pods].filter(([ordinal]) => ordinal >= plan.wanted).sort(([a], [b]) => b - a)
  for (const [, pod] of inParallel ? surplus : surplus.slice(0, 1)) context.remove(pod)
  if (surplus.length > 0 || textAt(set, 'spec', 'updateStrategy', 'type') === 'OnDelete') return
  for (let ordinal = plan.wanted - 1; ordinal >= plan.partition; ordinal -= 1) {
    const pod = pods.get(ordinal)
    if (pod === undefined) return
    if (revisionOf(pod) !== plan.updateRevision) {
      context.remove(pod)
      return
    }
    if (!isReady(pod)) return
  }
}

function statefulPod(
  set: ApiObject,
  ordinal: number,
  { template, revision }: { template: unknown; revision: string },
  context: WorkloadContext,
): ApiObject {
  const name = `${set.metadata.name}-${ordinal}`
  const labels = {
    ...textMapAt(set, 'spec', 'selector', 'matchLabels'),
    [revisionLabel]: revision,
    'statefulset.kubernetes.io/pod-name': name,
    'apps.kubernetes.io/pod-index': String(ordinal),
  }
  return newPod(set, template, { name, labels, nodeName: context.nodes[ordinal % context.nodes.length] ?? '' })
}

function controllerRevision(set: ApiObject, name: string, revision: number): ApiObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: { name, namespace: set.metadata.namespace ?? '', ownerReferences: [controllerReference(set)] },
    data: { spec: { template: valueAt(set, 'spec', 'template') } },
    revision,
  }
}

function writeStatus(
  set: ApiObject,
  context: WorkloadContext,
  { wanted, currentRevision, updateRevision }: { wanted: number; currentRevision: string; updateRevision: string },
): void {
  const pods = context.owned(set, 'Pod')
  const counts = countPods(pods, minReadySecondsOf(set), context.now())
  if (counts.nextAvailableAt !== undefined) context.wakeAt(set, counts.nextAvailableAt)
  const updated = pods.filter((pod) => revisionOf(pod) === updateRevision).length
  const current = pods.filter((pod) => revisionOf(pod) === currentRevision).length
  const isOnDelete = textAt(set, 'spec', 'updateStrategy', 'type') === 'OnDelete'
  const isComplete = !isOnDelete && [updated, counts.ready, pods.length].every((count) => count === wanted)
  context.updateStatus(set, {
    observedGeneration: set.metadata.generation,
    replicas: pods.length,
    readyReplicas: counts.ready,
    availableReplicas: counts.available,
    currentReplicas: isComplete ? updated : current,
    updatedReplicas: updated,
    currentRevision: isComplete ? updateRevision : currentRevision,
    updateRevision,
    collisionCount: 0,
  })
}
