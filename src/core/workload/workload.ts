import { fluxHelmLabels, fluxKustomizeLabels, policyPrefixes, versionLabel } from '../../api/annotation.ts'
import type { KubernetesObject } from '../../api/kubernetes.ts'
import { observedGeneration, type RolloutHealth, readRolloutHealth } from './argo-rollout.ts'
import { isOfCanary, type TargetCanary } from './canary.ts'
import { count, field, integer, list, strings, text } from './field.ts'
import { templateRevision } from './revision.ts'
import { workloadVersion } from './version.ts'

/** `Rollout` is the one of Argo Rollouts. */
export const workloadKinds = ['Deployment', 'StatefulSet', 'DaemonSet', 'Rollout'] as const

export type WorkloadKind = (typeof workloadKinds)[number]

/** What a Deployment, a StatefulSet, a DaemonSet and a Rollout have in common, and nothing that is not needed: 10,000 are kept. */
export interface Workload {
  kind: WorkloadKind
  /** Only where it is not `apps`. */
  group?: string
  namespace: string
  name: string
  uid: string
  generation: number
  /** Undefined until the workload's controller has looked at the object. */
  observedGeneration: number | undefined
  /** Hash of the pod template as served; see `templateRevision`. */
  revision: string
  /**
   * By which the controller itself tells two templates apart: a Deployment's revision annotation, a StatefulSet's
   * `updateRevision`, a DaemonSet's generation, a Rollout's `currentPodHash`.
   */
  controllerRevision: string
  /** Shown version: label, tag or digest; empty when there is no container. */
  version: string
  paused: boolean
  /** Deleted already, and only there until what it owns or a finalizer is gone: nothing of it is a rollout any more. */
  deleting: boolean
  /** As written; an absent strategy is `RollingUpdate`. */
  strategy: string
  /** StatefulSet only: pods with a lower ordinal stay at the old revision. Undefined without `rollingUpdate`. */
  partition: number | undefined
  minReadySeconds: number
  progressDeadlineSeconds: number | undefined
  /**
   * Replicas wanted, or the number of nodes that should run a DaemonSet's pod. Undefined when the object does not say, or
   * not in numbers that make sense: what is wanted is then unknown, and so is whether it is there.
   */
  wanted: number | undefined
  counters: WorkloadCounters
  /** StatefulSet only: all pods are at the newest revision. */
  revisionsEqual: boolean
  /** Rollout only: what its controller says. */
  health?: RolloutHealth
  /** Of a target of Flagger only: its Canary. No part of the object itself. */
  canary?: TargetCanary
  /** Made by Flagger for a Canary: no manifest declares it, and what marks it is a copy of what marks the target. */
  isPrimary?: true
  /** `Progressing`, `Available` and `ReplicaFailure`, where the kind has them. */
  conditions: readonly WorkloadCondition[]
  labels: Readonly<Record<string, string>>
  /** Those of fairlead and of Headwind, and what tells who applied it. */
  annotations: Readonly<Record<string, string>>
  /** `matchLabels` of the selector: which pods belong to it when they do not say so themselves. */
  selector: Readonly<Record<string, string>>
  containers: readonly WorkloadContainer[]
}

/** Pods by what they have reached; absent counters are 0, as Kubernetes leaves zeros out. */
export interface WorkloadCounters {
  current: number
  updated: number
  ready: number
  /** Undefined when the status does not tell; a StatefulSet always tells since Kubernetes 1.25. */
  available: number | undefined
}

export interface WorkloadCondition {
  type: string
  status: string
  reason: string
  message: string
  /** RFC 3339 as written; empty when it does not say. Moves when status or reason change. */
  updatedAt: string
}

export interface WorkloadContainer {
  name: string
  image: string
  init: boolean
}

const neededConditions = new Set(['Progressing', 'Available', 'ReplicaFailure'])
const neededLabels: ReadonlySet<string> = new Set([
  versionLabel,
  fluxKustomizeLabels.name,
  fluxKustomizeLabels.namespace,
  fluxHelmLabels.name,
  fluxHelmLabels.namespace,
  'app.kubernetes.io/instance',
])
const annotationPrefixes = [...policyPrefixes, 'meta.helm.sh/', 'argocd.argoproj.io/tracking-id']
const deploymentRevision = 'deployment.kubernetes.io/revision'

/** True for the kinds whose rollouts are tracked. */
export function isWorkloadKind(kind: string): kind is WorkloadKind {
  return workloadKinds.some((known) => known === kind)
}

/**
 * The compact shape of a Deployment, StatefulSet, DaemonSet or Rollout. Never throws: whatever makes no sense counts as absent,
 * and an object of another kind is read as a Deployment. `extraLabels` names labels to keep beside the usual ones.
 */
export function readWorkload(object: KubernetesObject, extraLabels?: ReadonlySet<string>): Workload {
  const kind: WorkloadKind = isWorkloadKind(object.kind) ? object.kind : 'Deployment'
  const { metadata, spec, status } = object
  const template = field(spec, 'template')
  const name = text(metadata, 'name') ?? ''
  const generation = count(metadata, 'generation') ?? 0
  const labels = field(metadata, 'labels')
  const containers = readContainers(field(template, 'spec'))
  return {
    kind,
    name,
    generation,
    containers,
    namespace: text(metadata, 'namespace') ?? '',
    uid: text(metadata, 'uid') ?? '',
    observedGeneration:
      kind === 'Rollout' ? observedGeneration(status, generation) : count(status, 'observedGeneration'),
    revision: templateRevision(template),
    controllerRevision: controllerRevision(kind, object, generation),
    version: workloadVersion({
      label: versionLabelOf(labels) ?? versionLabelOf(field(field(template, 'metadata'), 'labels')),
      image: speakingImage(containers, name),
    }),
    deleting: text(metadata, 'deletionTimestamp') !== undefined,
    ...readStrategy(kind, spec),
    minReadySeconds: count(spec, 'minReadySeconds') ?? 0,
    progressDeadlineSeconds: count(spec, 'progressDeadlineSeconds'),
    wanted: readWanted(kind, spec, status),
    counters: readCounters(kind, status),
    revisionsEqual: text(status, 'updateRevision') === text(status, 'currentRevision'),
    conditions: readConditions(status),
    labels: strings(labels, (label) => neededLabels.has(label) || extraLabels?.has(label) === true),
    annotations: strings(field(metadata, 'annotations'), (annotation) =>
      annotationPrefixes.some((prefix) => annotation.startsWith(prefix)),
    ),
    ...(isOfCanary(metadata) && { isPrimary: true as const, labels: {}, annotations: {} }),
    selector: strings(field(field(spec, 'selector'), 'matchLabels')),
    ...(kind === 'Rollout' && { group: 'argoproj.io', health: readRolloutHealth(spec, status) }),
  }
}

function controllerRevision(kind: WorkloadKind, object: KubernetesObject, generation: number): string {
  switch (kind) {
    case 'Deployment':
      return text(field(object.metadata, 'annotations'), deploymentRevision) ?? ''
    case 'StatefulSet':
      return text(object.status, 'updateRevision') ?? ''
    case 'DaemonSet':
      return String(generation)
    case 'Rollout':
      return text(object.status, 'currentPodHash') ?? ''
  }
}

function readStrategy(kind: WorkloadKind, spec: unknown): Pick<Workload, 'strategy' | 'partition' | 'paused'> {
  const strategy = field(spec, kind === 'Deployment' ? 'strategy' : 'updateStrategy')
  const rollingUpdate = field(strategy, 'rollingUpdate')
  const partitioned = kind === 'StatefulSet' && typeof rollingUpdate === 'object' && rollingUpdate !== null
  return {
    strategy: text(strategy, 'type') ?? 'RollingUpdate',
    // the API server fills in partition 0 whenever rollingUpdate is there
    partition: partitioned ? (count(rollingUpdate, 'partition') ?? 0) : undefined,
    paused: (kind === 'Deployment' || kind === 'Rollout') && field(spec, 'paused') === true,
  }
}

/** The API server fills in 1 where `replicas` is left out; a DaemonSet's controller always writes its number, also 0. */
function readWanted(kind: WorkloadKind, spec: unknown, status: unknown): number | undefined {
  const isDefault = kind !== 'DaemonSet' && (field(spec, 'replicas') ?? undefined) === undefined
  if (isDefault) return 1
  const wanted = kind === 'DaemonSet' ? integer(status, 'desiredNumberScheduled') : integer(spec, 'replicas')
  return wanted === undefined || wanted < 0 ? undefined : wanted
}

function readCounters(kind: WorkloadKind, status: unknown): WorkloadCounters {
  if (kind === 'DaemonSet') {
    return {
      current: count(status, 'currentNumberScheduled') ?? 0,
      updated: count(status, 'updatedNumberScheduled') ?? 0,
      ready: count(status, 'numberReady') ?? 0,
      available: count(status, 'numberAvailable') ?? 0,
    }
  }
  const available = count(status, 'availableReplicas')
  return {
    current: count(status, 'replicas') ?? 0,
    updated: count(status, 'updatedReplicas') ?? 0,
    ready: count(status, 'readyReplicas') ?? 0,
    available: kind === 'StatefulSet' ? available : (available ?? 0),
  }
}

function readConditions(status: unknown): readonly WorkloadCondition[] {
  return list(field(status, 'conditions'))
    .filter((condition) => neededConditions.has(text(condition, 'type') ?? ''))
    .map((condition) => ({
      type: text(condition, 'type') ?? '',
      status: text(condition, 'status') ?? 'Unknown',
      reason: text(condition, 'reason') ?? '',
      message: (text(condition, 'message') ?? '').slice(0, 1024),
      updatedAt: text(condition, 'lastUpdateTime') ?? '',
    }))
}

function readContainers(podSpec: unknown): readonly WorkloadContainer[] {
  const read = (key: string, init: boolean) =>
    list(field(podSpec, key)).map((one) => ({ name: text(one, 'name') ?? '', image: text(one, 'image') ?? '', init }))
  return [...read('containers', false), ...read('initContainers', true)]
}

/** Image of the container that speaks for a workload: the one named like it, else the first. */
export function speakingImage(containers: readonly WorkloadContainer[], name: string): string | undefined {
  const running = containers.filter((container) => !container.init)
  return (running.find((container) => container.name === name) ?? running[0])?.image
}

function versionLabelOf(labels: unknown): string | undefined {
  return text(labels, versionLabel) || undefined
}
