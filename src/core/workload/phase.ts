import { type CanaryMemory, canaryProgress } from './canary-progress.ts'
import { isCounted, rolloutProgress } from './progress.ts'
import { givenVerdict } from './verdict.ts'
import type { Workload } from './workload.ts'

export type PhaseName = 'rolling_out' | 'success' | 'failed'

export type PhaseReason =
  | 'OnDelete'
  | 'Unobserved'
  | 'ProgressDeadlineExceeded'
  | 'Degraded'
  | 'CanaryFailed'
  | 'Complete'
  | 'Paused'
  | 'CanaryRuns'
  | 'CanarySilent'
  | 'DeadlineExceeded'
  | 'Progressing'

/** Where the rollout of one workload stands, from one look at it. */
export interface Phase {
  phase: PhaseName
  reason: PhaseReason
  message: string
  /** Does time count towards the deadline? */
  clock: 'running' | 'stopped'
  done: boolean
}

export interface PhaseOptions {
  /** When the new revision was applied. Without it (and without `elapsedMs`) there is no deadline. */
  startedAt?: Date | undefined
  now?: Date | undefined
  /** Time since `startedAt` during which the rollout was paused. */
  pausedMs?: number | undefined
  /** Unpaused time since the revision was applied, from a clock that never jumps; used instead of the three above. */
  elapsedMs?: number | undefined
  /** Default 15 minutes. */
  deadlineMs?: number | undefined
  /** `ProgressDeadlineExceeded` was said about an earlier template and is still there: it says nothing about this one. */
  isVerdictStale?: boolean | undefined
  /** Of the target of a Canary: when the rollout began, and what is remembered of Flagger's earlier words. */
  beganMs?: number | undefined
  canary?: CanaryMemory | undefined
}

export const defaultDeadlineMs = 15 * 60_000

/**
 * Decides the phase; the first rule that holds: OnDelete, unobserved, ProgressDeadlineExceeded, done, paused, deadline.
 * For a Rollout of Argo Rollouts its controller says whether it is degraded, done or paused; for the target of a Canary,
 * Flagger does.
 * `done` is the rule of `kubectl rollout status` (kubectl pkg/polymorphichelpers/rollout_status.go).
 */
export function decidePhase(workload: Workload, options: PhaseOptions = {}): Phase {
  if (workload.strategy === 'OnDelete' && workload.kind !== 'Deployment') {
    return ended('success', 'OnDelete', 'pods take the new revision when somebody deletes them')
  }
  if (!isObserved(workload)) return rolling(workload, 'Unobserved', unobservedMessage(workload))
  const exceeded = options.isVerdictStale === true ? undefined : progressDeadlineMessage(workload)
  if (exceeded !== undefined) return ended('failed', 'ProgressDeadlineExceeded', exceeded)
  if (!isCounted(workload)) return rolling(workload, 'Unobserved', 'the object does not say how many pods it wants')
  const { health } = workload
  if (health?.phase === 'Degraded') return ended('failed', 'Degraded', health.message || 'its controller gave it up')
  const canary = canaryProgress(workload, options.beganMs, options.canary)
  if (canary?.failed === true) return ended('failed', 'CanaryFailed', canary.message)
  const progress = canary ?? rolloutProgress(workload)
  if (progress.done) return ended('success', 'Complete', progress.message)
  if (isPaused(workload)) return rolling(workload, 'Paused', `paused: ${progress.message}`)
  if (canary?.halt !== undefined) return { ...rolling(workload, canary.halt, progress.message), clock: 'stopped' }
  const deadlineMs = options.deadlineMs ?? defaultDeadlineMs
  const elapsedMs = elapsedOf(options)
  if (elapsedMs !== undefined && elapsedMs >= deadlineMs) {
    return ended('failed', 'DeadlineExceeded', `not done after ${renderMinutes(deadlineMs)}: ${progress.message}`)
  }
  return rolling(workload, 'Progressing', progress.message)
}

/** By its spec, or by a step of its canary. */
function isPaused({ paused, health }: Workload): boolean {
  return paused || health?.phase === 'Paused'
}

/** True when the controller has looked at the newest spec; generations start at 1, so an observed 0 is none. */
export function isObserved(workload: Workload): boolean {
  return workload.observedGeneration !== undefined && workload.observedGeneration >= Math.max(1, workload.generation)
}

function elapsedOf(options: PhaseOptions): number | undefined {
  if (options.elapsedMs !== undefined) return options.elapsedMs
  if (options.startedAt === undefined || options.now === undefined) return undefined
  return options.now.getTime() - options.startedAt.getTime() - Math.max(0, options.pausedMs ?? 0)
}

function unobservedMessage({ generation, observedGeneration }: Workload): string {
  const seen = observedGeneration === undefined ? 'nothing yet' : `generation ${observedGeneration}`
  return `waiting for the controller to observe generation ${generation} (it has observed ${seen})`
}

function progressDeadlineMessage(workload: Workload): string | undefined {
  const verdict = givenVerdict(workload)
  if (verdict === undefined) return undefined
  return verdict.message || `no progress within ${workload.progressDeadlineSeconds ?? 600} seconds`
}

function rolling(workload: Workload, reason: PhaseReason, message: string): Phase {
  return { phase: 'rolling_out', reason, message, clock: isPaused(workload) ? 'stopped' : 'running', done: false }
}

function ended(phase: 'success' | 'failed', reason: PhaseReason, message: string): Phase {
  return { phase, reason, message, clock: 'stopped', done: phase === 'success' }
}

function renderMinutes(ms: number): string {
  return ms % 60_000 === 0 ? `${ms / 60_000} min` : `${Math.round(ms / 1000)} s`
}
