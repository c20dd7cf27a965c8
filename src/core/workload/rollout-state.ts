import type { CanaryMemory } from './canary-progress.ts'
import type { PhaseName, PhaseReason } from './phase.ts'
import type { Verdict } from './verdict.ts'

export type RolloutReason = PhaseReason | 'RevertedInCluster' | 'AlreadyRunning' | 'EngineFailed'

/** What is remembered about one workload: its newest rollout, and the template it was last seen with. Plain data. */
export interface RolloutState {
  uid: string
  /** The template that this rollout is about. */
  revision: string
  version: string
  /** The version before this rollout; absent at first sight. */
  previousVersion?: string
  /** The template before this rollout: what a revert goes back to. */
  previousRevision?: string
  /** The template that rolled out successfully last; absent while no success was seen. */
  succeededRevision?: string
  phase: PhaseName
  reason: RolloutReason
  /** What is missing or went wrong; with the pod's trouble behind it when that was looked up. */
  message: string
  /** Why it does not get on, as one word from the pods (see `Cause`); absent when nobody asked them. */
  cause?: string
  clock: 'running' | 'stopped'
  /** RFC 3339, for people; durations come from `elapsedMs`. Absent when no rollout was ever seen. */
  startedAt?: string
  pausedAt?: string
  /** When the deadline falls if nothing pauses it; absent while the clock is stopped. */
  deadlineAt?: string
  finishedAt?: string
  /** Unpaused milliseconds since the revision was applied. */
  elapsedMs: number
  /** After how many of them the rollout fails. */
  deadlineMs: number
  /** It failed and was completed later. */
  recovered: boolean
  /** Opened because it was under way when first seen: nobody knows since when, so it is never rolled back. */
  firstSight: boolean
  /** It puts the template before the last one back. */
  rollback?: true
  /** The template as last seen; differs from `revision` only after a revert in the cluster. */
  liveRevision: string
  generation: number
  controllerRevision: string
  /** A new template that the controller has not observed yet, and for how many milliseconds it has been there. */
  candidate?: { revision: string; elapsedMs: number }
  /** What Kubernetes itself says about the progress, when that is bad. */
  verdict?: Verdict | undefined
  /** Of the target of a Canary: what Flagger has said meanwhile. */
  canary?: CanaryMemory | undefined
  /** When this state was made, for the time during which fairlead did not run. */
  observedAt: string
}
