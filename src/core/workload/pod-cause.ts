import type { KubernetesObject } from '../../api/kubernetes.ts'
import { sanitiseLine } from '../change/text.ts'
import { field, list, text } from './field.ts'
import type { Workload, WorkloadKind } from './workload.ts'

/** Why a rollout does not get on. Both texts come from outside and are one clean line each. */
export interface Cause {
  /** One word as Kubernetes gives it, e.g. `ImagePullBackOff`, `CrashLoopBackOff`, `Unschedulable`, `FailedCreate`. */
  reason: string
  /** Which pod, which container, and what was said about it. */
  message: string
}

/** The reason of a pod in which everything runs that should, only not ready; its Events may know more. */
export const notReady = 'ContainersNotReady'

/** Waiting reasons of a container that starts as it should. */
const ordinaryWaits = new Set(['', 'ContainerCreating', 'PodInitializing'])

/**
 * The trouble of the newest pod that has any, or why no pod could be created, or else which probe the newest pod has not
 * passed. Undefined when nothing is known. Pods of other workloads among `pods` are passed over.
 */
export function podCause(workload: Workload, pods: readonly KubernetesObject[]): Cause | undefined {
  const newestFirst = ownPods(workload, pods)
  return firstOf(newestFirst, podTrouble) ?? creationFailure(workload) ?? firstOf(newestFirst, missingProbe)
}

/** The newest pod of the workload that is not ready. */
export function newestUnreadyPod(workload: Workload, pods: readonly KubernetesObject[]): KubernetesObject | undefined {
  return ownPods(workload, pods).find((pod) => !isReadyPod(pod))
}

export function isReadyPod(pod: KubernetesObject): boolean {
  return text(podCondition(pod, 'Ready'), 'status') === 'True'
}

/** A cause from what the cluster says: cleaned and capped. */
export function causeOf(reason: string, message: string): Cause {
  return { reason: sanitiseLine(reason, 64), message: sanitiseLine(message, 512) }
}

/** Those of the pods that belong to the workload, the newest first. */
export function ownPods(workload: Workload, pods: readonly KubernetesObject[]): readonly KubernetesObject[] {
  const own = pods.filter((pod) => pod.kind === 'Pod' && belongsTo(pod, workload))
  return own.toSorted((a, b) => created(b).localeCompare(created(a)))
}

function firstOf(
  pods: readonly KubernetesObject[],
  find: (pod: KubernetesObject) => Cause | undefined,
): Cause | undefined {
  for (const pod of pods) {
    const found = find(pod)
    if (found !== undefined) return causeOf(found.reason, `pod ${pod.metadata.name}: ${found.message}`)
  }
  return undefined
}

function creationFailure({ conditions }: Workload): Cause | undefined {
  const failure = conditions.find(({ type, status }) => type === 'ReplicaFailure' && status === 'True')
  return failure === undefined ? undefined : causeOf(failure.reason, `${failure.reason}: ${failure.message}`)
}

/** Where the pods of a ReplicaSet tell its hash. */
const hashLabels: Partial<Record<WorkloadKind, string>> = {
  Deployment: 'pod-template-hash',
  Rollout: 'rollouts-pod-template-hash',
}

/**
 * A pod belongs to the StatefulSet or DaemonSet that owns it; to the Deployment or Rollout whose ReplicaSet
 * (`<name>-<hash>`) owns it; and, when it names no owner, to the workload that selects its labels.
 */
function belongsTo(pod: KubernetesObject, workload: Workload): boolean {
  if ((text(pod.metadata, 'namespace') ?? '') !== workload.namespace) return false
  const owners = list(field(pod.metadata, 'ownerReferences'))
  const labels = field(pod.metadata, 'labels')
  if (owners.length === 0) {
    const wanted = Object.entries(workload.selector)
    return wanted.length > 0 && wanted.every(([name, value]) => text(labels, name) === value)
  }
  const label = hashLabels[workload.kind]
  const hash = label && text(labels, label)
  return owners.some((owner) => {
    const name = text(owner, 'name')
    if (label === undefined) return text(owner, 'kind') === workload.kind && name === workload.name
    return text(owner, 'kind') === 'ReplicaSet' && name === `${workload.name}-${hash}`
  })
}

/** What keeps a pod from running; undefined for one that runs or starts as it should. */
export function podTrouble(pod: KubernetesObject): Cause | undefined {
  const { status } = pod
  const containers = ['initContainerStatuses', 'containerStatuses'].flatMap((key) => list(field(status, key)))
  const ofContainer = containers.map(containerTrouble).find((trouble) => trouble !== undefined)
  if (ofContainer !== undefined) return ofContainer
  const scheduled = podCondition(pod, 'PodScheduled')
  if (text(scheduled, 'status') === 'False') return said(text(scheduled, 'reason') ?? 'Unscheduled', scheduled)
  return text(status, 'phase') === 'Failed' ? said(text(status, 'reason') ?? 'Failed', status) : undefined
}

function containerTrouble(container: unknown): Cause | undefined {
  const name = text(container, 'name') ?? ''
  const waiting = field(field(container, 'state'), 'waiting')
  const reason = text(waiting, 'reason') ?? ''
  const last = field(field(container, 'lastState'), 'terminated')
  if (!ordinaryWaits.has(reason)) {
    const ended = text(last, 'reason')
    const before = ended === undefined ? '' : `, last ended with ${ended}${exitCode(last)}`
    return { reason, message: `container ${name}: ${said(reason, waiting).message}${before}` }
  }
  const isUnready = field(container, 'ready') === false
  const ended = field(field(container, 'state'), 'terminated') ?? (isUnready ? last : undefined)
  const end = text(ended, 'reason')
  if (end === undefined || end === 'Completed') return undefined
  return { reason: end, message: `container ${name}: ${said(end, ended).message}${exitCode(ended)}` }
}

/** A container that runs and is not ready waits for a probe; the first that it has not passed keeps the others waiting. */
function missingProbe({ spec, status }: KubernetesObject): Cause | undefined {
  for (const container of list(field(status, 'containerStatuses'))) {
    const isRunning = field(field(container, 'state'), 'running') !== undefined
    if (!isRunning || field(container, 'ready') !== false) continue
    const name = text(container, 'name') ?? ''
    const declared = list(field(spec, 'containers')).find((one) => text(one, 'name') === name)
    const probe = field(container, 'started') === false ? 'startupProbe' : 'readinessProbe'
    if (field(declared, probe) === undefined) continue
    return { reason: notReady, message: `container ${name} runs, but has not passed its ${probe}` }
  }
  return undefined
}

function podCondition({ status }: KubernetesObject, type: string): unknown {
  return list(field(status, 'conditions')).find((condition) => text(condition, 'type') === type)
}

function exitCode(terminated: unknown): string {
  const code = field(terminated, 'exitCode')
  return typeof code === 'number' ? ` (exit code ${code})` : ''
}

function said(reason: string, from: unknown): Cause {
  const message = (text(from, 'message') ?? '').slice(0, 256)
  return { reason, message: message === '' ? reason : `${reason}: ${message}` }
}

function created(pod: KubernetesObject): string {
  return text(pod.metadata, 'creationTimestamp') ?? ''
}
