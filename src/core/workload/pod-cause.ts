import type { KubernetesObject } from '../../api/kubernetes.ts'
import { field, list, text } from './field.ts'
import type { Workload } from './workload.ts'

/** Waiting reasons of a container that starts as it should. */
const ordinaryWaits = new Set(['', 'ContainerCreating', 'PodInitializing'])

/**
 * Why a rollout does not get on, in words: the trouble of its newest pod that has any, or why no pod could be created.
 * Undefined when nothing is known. Pods of other workloads among `pods` are passed over.
 */
export function podCause(workload: Workload, pods: readonly KubernetesObject[]): string | undefined {
  const own = pods.filter((pod) => pod.kind === 'Pod' && belongsTo(pod, workload))
  const newestFirst = own.toSorted((a, b) => created(b).localeCompare(created(a)))
  for (const pod of newestFirst) {
    const trouble = podTrouble(pod)
    if (trouble !== undefined) return `pod ${pod.metadata.name}: ${trouble}`
  }
  const failure = workload.conditions.find(({ type, status }) => type === 'ReplicaFailure' && status === 'True')
  return failure === undefined ? undefined : `${failure.reason}: ${failure.message}`
}

/**
 * A pod belongs to the StatefulSet or DaemonSet that owns it; to the Deployment whose ReplicaSet (`<name>-<hash>`) owns
 * it; and, when it names no owner, to the workload that selects its labels.
 */
function belongsTo(pod: KubernetesObject, workload: Workload): boolean {
  if ((text(pod.metadata, 'namespace') ?? '') !== workload.namespace) return false
  const owners = list(field(pod.metadata, 'ownerReferences'))
  const labels = field(pod.metadata, 'labels')
  if (owners.length === 0) {
    const wanted = Object.entries(workload.selector)
    return wanted.length > 0 && wanted.every(([name, value]) => text(labels, name) === value)
  }
  const hash = text(labels, 'pod-template-hash') ?? ''
  return owners.some((owner) => {
    const name = text(owner, 'name')
    if (workload.kind !== 'Deployment') return text(owner, 'kind') === workload.kind && name === workload.name
    return text(owner, 'kind') === 'ReplicaSet' && name === `${workload.name}-${hash}`
  })
}

function podTrouble(pod: KubernetesObject): string | undefined {
  const { status } = pod
  const containers = ['initContainerStatuses', 'containerStatuses'].flatMap((key) => list(field(status, key)))
  const ofContainer = containers.map(containerTrouble).find((trouble) => trouble !== undefined)
  if (ofContainer !== undefined) return ofContainer
  const scheduled = list(field(status, 'conditions')).find((condition) => text(condition, 'type') === 'PodScheduled')
  if (text(scheduled, 'status') === 'False') return said(text(scheduled, 'reason') ?? 'Unscheduled', scheduled)
  return text(status, 'phase') === 'Failed' ? said(text(status, 'reason') ?? 'Failed', status) : undefined
}

function containerTrouble(container: unknown): string | undefined {
  const name = text(container, 'name') ?? ''
  const waiting = field(field(container, 'state'), 'waiting')
  const reason = text(waiting, 'reason') ?? ''
  const last = field(field(container, 'lastState'), 'terminated')
  if (!ordinaryWaits.has(reason)) {
    const ended = text(last, 'reason')
    const before = ended === undefined ? '' : `, last ended with ${ended}${exitCode(last)}`
    return `container ${name}: ${said(reason, waiting)}${before}`
  }
  const isUnready = field(container, 'ready') === false
  const ended = field(field(container, 'state'), 'terminated') ?? (isUnready ? last : undefined)
  const end = text(ended, 'reason')
  return end === undefined || end === 'Completed'
    ? undefined
    : `container ${name}: ${said(end, ended)}${exitCode(ended)}`
}

function exitCode(terminated: unknown): string {
  const code = field(terminated, 'exitCode')
  return typeof code === 'number' ? ` (exit code ${code})` : ''
}

function said(reason: string, from: unknown): string {
  const message = (text(from, 'message') ?? '').slice(0, 256)
  return message === '' ? reason : `${reason}: ${message}`
}

function created(pod: KubernetesObject): string {
  return text(pod.metadata, 'creationTimestamp') ?? ''
}
