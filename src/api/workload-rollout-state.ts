import type { Condition } from './condition.ts'
import type { KubernetesObject, ObjectMeta } from './kubernetes.ts'

/**
 * WorkloadRolloutState (`wrs`): what is known about the newest rollout of one workload, and which events about it have
 * not reached every sink yet. It lies beside the workload, which owns it: with the workload it goes. Written only when a
 * fact changes; it holds no time that moves by itself.
 */
export interface WorkloadRolloutState extends KubernetesObject {
  apiVersion: 'fairlead.dev/v1alpha1'
  kind: 'WorkloadRolloutState'
  metadata: ObjectMeta
  spec: { workloadRef: WorkloadRef }
  /** Absent between the creation and the first write: then nothing is known. */
  status?: WorkloadRolloutStateStatus
}

/** One workload; another one of the same name has another uid. */
export interface WorkloadRef {
  kind: string
  namespace: string
  name: string
  uid: string
}

/** Every phase of a workload's rollout. */
export const rolloutPhases = ['rolling_out', 'success', 'failed'] as const

export interface WorkloadRolloutStateStatus {
  observedGeneration?: number
  /** Hash of the pod template that the rollout is about. */
  revision: string
  /** `metadata.generation` of the workload when this was written. */
  generation: number
  /** By which the workload's own controller tells two templates apart. */
  controllerRevision: string
  version: string
  previousVersion?: string
  /** The template before this rollout. */
  previousRevision?: string
  /** The template that the workload has; absent when it is `revision`. Another one after a revert in the cluster. */
  liveRevision?: string
  /** The template that rolled out successfully last; absent while no success was seen. */
  succeededRevision?: string
  phase: (typeof rolloutPhases)[number]
  reason: string
  /** Empty while it advances, for how many pods are up changes all the time. At most 512 characters. */
  message: string
  /** Why it failed, as one word from the pods; absent when nobody asked them. */
  cause?: string
  /** RFC 3339, as all times here. Absent when nobody saw it begin and it was over when it was first seen. */
  startedAt?: string
  /** Since when its clock stands still; absent while it runs and when it is over. */
  pausedAt?: string
  /** What was left of the deadline at `pausedAt`. */
  remainingSeconds?: number
  /** When the deadline falls, if nothing pauses it; absent while the clock stands still. */
  deadlineAt?: string
  /** Unpaused time after which it fails. */
  deadlineSeconds: number
  finishedAt?: string
  /** It failed, and was completed later. */
  recovered?: true
  /** It was under way when it was first seen. */
  firstSight?: true
  /** It puts the template before the last one back. */
  rollback?: true
  /** Commit that brought this revision, when known. */
  commit?: string
  /** `Fairlead-Id` of the image change that brought it, when known. */
  changeId?: string
  /** Id of the first failure since the last success: the incident that the next success ends. */
  incident?: string
  /** Events that some sink has not taken yet, oldest first; at most 8. */
  pending?: PendingEvent[]
  /** Where the newest rollout that Slack was told of has its message; absent when it cannot be changed there. */
  slackMessage?: MessagePlace & { rollout: string }
  /** How many events were given up, because they were refused, too old or too many. */
  eventsDropped?: number
  /** `RolledOut`: `True` when the newest rollout succeeded, `False` when it failed, else `Unknown`. */
  conditions?: Condition[]
}

/** Where a message stands, in Slack's words. */
export interface MessagePlace {
  channel: string
  ts: string
}

/** One transition that still has to be told, complete in itself: the status may be about a newer rollout already. */
export interface PendingEvent {
  /** Under which every sink tells of it. */
  id: string
  phase: WorkloadRolloutStateStatus['phase']
  at: string
  /** Names of those who have not taken it yet. */
  sinks: string[]
  revision: string
  version: string
  previousVersion?: string
  reason: string
  /** At most 256 characters. */
  message: string
  startedAt?: string
  finishedAt?: string
  recovered?: true
  rollback?: true
  /** Image reference of the container that speaks for the workload. */
  image?: string
  commit?: string
  changeId?: string
  /** The incident that it opens, goes on with or ends. */
  incident?: string
}

/** How many undelivered events one object keeps. */
export const maxPendingEvents = 8
