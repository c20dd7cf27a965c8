import { rfc3339 } from '../../api/condition.ts'
import { canaryAtStart, rememberCanary } from './canary-progress.ts'
import { deadlineMs } from './deadline.ts'
import { type EngineFailure, isAbout } from './engine-failure.ts'
import { decidePhase, isObserved, type Phase } from './phase.ts'
import { applyPhase, close, type Moment, withoutStaleDeadline } from './rollout-phase.ts'
import type { RolloutState } from './rollout-state.ts'
import { nextVerdict } from './verdict.ts'
import type { Workload } from './workload.ts'

export interface TrackOptions {
  /**
   * Milliseconds since `previous` was made, from a clock that never jumps. Without it (fairlead was restarted) the wall
   * clock since `observedAt` is taken, never less than 0.
   */
  elapsedMs?: number | undefined
  /** Default for workloads without `fairlead.dev/deadline`; 15 minutes when absent. */
  defaultDeadlineMs?: number | 'auto' | undefined
  /** The template that is seen now was put there by a commit, so going back to an older one is no revert by hand. */
  committed?: boolean | undefined
  /** The engine could not make its configuration true; a rollout that this is about has failed, whatever its pods do. */
  engineFailure?: EngineFailure | undefined
}

interface Look extends Moment {
  workload: Workload
  /** Milliseconds since the previous look. */
  sinceMs: number
  options: TrackOptions
}

/**
 * The next state of a workload's rollout. Only another template opens a rollout, and only when `metadata.generation`
 * rose and the controller's own revision moved; a template that merely reads differently (an upgraded API server fills
 * in new defaults) is taken over silently. Nothing else opens or restarts one: not readiness, restarts, scaling, PDE
 * after success, or an engine that applies the same again.
 */
export function trackRollout(
  previous: RolloutState | undefined,
  workload: Workload,
  now: Date,
  options: TrackOptions = {},
): RolloutState {
  const deadline = deadlineMs(workload, options.defaultDeadlineMs)
  const look: Look = { workload, now, options, deadlineMs: deadline, sinceMs: sinceMs(previous, now, options) }
  if (previous === undefined || previous.uid !== workload.uid) return firstSight(look)
  if (workload.revision === previous.liveRevision) return followSame(withoutCandidate(previous), look)
  if (workload.generation <= previous.generation) return rebase(previous, look)
  const candidate = candidateOf(previous, look)
  if (!isObserved(workload)) return { ...followSame(previous, look), candidate }
  if (!isNewRollout(previous, workload)) return rebase(previous, look)
  return isRevert(previous, look) ? reverted(previous, look) : open(previous, look, candidate.elapsedMs)
}

/**
 * Time since the last look. A monotonic number beats the wall clock, which may have been set by hours meanwhile.
 */
function sinceMs(previous: RolloutState | undefined, now: Date, options: TrackOptions): number {
  if (options.elapsedMs !== undefined) return Math.max(0, options.elapsedMs)
  const before = previous === undefined ? Number.NaN : Date.parse(previous.observedAt)
  return Number.isNaN(before) ? 0 : Math.max(0, now.getTime() - before)
}

/**
 * A Deployment that says `NewReplicaSetAvailable` finished before we came, also when a pod is unready just now. Any
 * other that is not done is under way since nobody knows when, and its clock starts now.
 */
function firstSight(look: Look): RolloutState {
  const { workload, now } = look
  const phase = decidePhase(workload, { elapsedMs: 0, deadlineMs: look.deadlineMs })
  const settled: RolloutState = {
    uid: workload.uid,
    revision: workload.revision,
    phase: 'success',
    reason: phase.phase === 'success' ? phase.reason : 'AlreadyRunning',
    message: phase.phase === 'success' ? phase.message : 'the rollout had finished before it was first seen',
    clock: 'stopped',
    elapsedMs: 0,
    recovered: false,
    firstSight: true,
    verdict: nextVerdict(undefined, workload, { opens: true, staleUntil: undefined }),
    ...seen(look),
  }
  if (phase.phase === 'success' || finishedBefore(workload)) {
    return { ...settled, succeededRevision: settled.revision }
  }
  return applyPhase({ ...settled, startedAt: rfc3339(now), phase: 'rolling_out' }, phase, look)
}

function finishedBefore(workload: Workload): boolean {
  return (
    workload.canary === undefined &&
    isObserved(workload) &&
    workload.conditions.some(({ type, reason }) => type === 'Progressing' && reason === 'NewReplicaSetAvailable')
  )
}

/** The same template as before: only an unfinished rollout, or a failed one that completes, can change. */
function followSame(previous: RolloutState, look: Look): RolloutState {
  const verdict = nextVerdict(previous.verdict, look.workload, { opens: false, staleUntil: previous.startedAt })
  const next = { ...previous, ...seen(look, previous), ...tick(previous, look), verdict }
  const state = withoutStaleDeadline(withCanaryMemory(next, look.workload), previous)
  // after a revert in the cluster what runs is not what this rollout is about
  if (state.liveRevision !== state.revision) return state
  const { engineFailure } = look.options
  if (isAbout(engineFailure, state)) {
    return state.phase === 'failed' ? state : failByEngine(state, engineFailure, look)
  }
  if (state.phase === 'success') return state
  const phase = phaseOf(state, look)
  if (state.phase === 'failed') {
    return phase.phase === 'success' ? { ...applyPhase(state, phase, look), recovered: true } : state
  }
  return applyPhase(state, phase, look)
}

/** Its pods may be well while its test is not, and then it is not what ran well last. */
function failByEngine(state: RolloutState, { message }: EngineFailure, look: Look): RolloutState {
  const { succeededRevision, ...rest } = state
  const failed = succeededRevision === undefined || succeededRevision === state.revision ? rest : state
  return close({ ...failed, recovered: false }, { phase: 'failed', reason: 'EngineFailed', message }, look)
}

/** The interval since the last look counts when the clock ran at its beginning. */
function tick(previous: RolloutState, look: Look): Pick<RolloutState, 'elapsedMs'> {
  return { elapsedMs: previous.elapsedMs + (previous.clock === 'running' ? look.sinceMs : 0) }
}

/** The facts that every look renews. A label changed beside the same template names the version, and opens nothing. */
function seen(look: Look, previous?: RolloutState) {
  const { workload, now } = look
  const same = previous === undefined || previous.liveRevision === workload.revision
  return {
    liveRevision: same ? workload.revision : previous.liveRevision,
    generation: same ? workload.generation : previous.generation,
    controllerRevision: same ? workload.controllerRevision : previous.controllerRevision,
    version: same && previous?.liveRevision === previous?.revision ? workload.version : (previous?.version ?? ''),
    observedAt: now.toISOString(),
    deadlineMs: look.deadlineMs,
  }
}

function candidateOf(previous: RolloutState, look: Look): { revision: string; elapsedMs: number } {
  const { revision } = look.workload
  const known = previous.candidate?.revision === revision
  return { revision, elapsedMs: known ? (previous.candidate?.elapsedMs ?? 0) + look.sinceMs : 0 }
}

/**
 * The controller's own revision moved. A paused Deployment's controller does not move it before it is resumed, but it
 * has no pods of the new template.
 */
function isNewRollout(previous: RolloutState, workload: Workload): boolean {
  if (workload.controllerRevision !== previous.controllerRevision) return true
  return workload.paused && workload.wanted !== 0 && workload.counters.updated === 0
}

function rebase(previous: RolloutState, look: Look): RolloutState {
  const { workload } = look
  const isOwn = previous.liveRevision === previous.revision
  const rebased: RolloutState = {
    ...withoutCandidate(previous),
    liveRevision: workload.revision,
    revision: isOwn ? workload.revision : previous.revision,
    // What merely reads differently is what has succeeded.
    ...(previous.succeededRevision === previous.liveRevision && { succeededRevision: workload.revision }),
  }
  return followSame(rebased, look)
}

function isRevert(previous: RolloutState, look: Look): boolean {
  const isOpen = previous.phase === 'rolling_out'
  return isOpen && look.options.committed !== true && look.workload.revision === previous.previousRevision
}

function reverted(previous: RolloutState, look: Look): RolloutState {
  const { workload } = look
  const state: RolloutState = {
    ...withoutCandidate(previous),
    ...tick(previous, look),
    liveRevision: workload.revision,
    generation: workload.generation,
    controllerRevision: workload.controllerRevision,
    observedAt: look.now.toISOString(),
  }
  const message = `the template went back to revision ${workload.revision} (${workload.version}) without a commit`
  return close(state, { phase: 'failed', reason: 'RevertedInCluster', message }, look)
}

/** A new rollout; `elapsedMs` is how long ago its template was first seen. */
function open(previous: RolloutState, look: Look, elapsedMs: number): RolloutState {
  const { workload, now } = look
  const running = previous.liveRevision === previous.revision ? previous.version : previous.previousVersion
  const previousVersion = running === workload.version ? previous.previousVersion : running
  const failedAt = previous.reason === 'ProgressDeadlineExceeded' ? previous.finishedAt : undefined
  const state: RolloutState = {
    uid: workload.uid,
    revision: workload.revision,
    ...(previousVersion !== undefined && { previousVersion }),
    previousRevision: previous.liveRevision,
    ...(previous.succeededRevision !== undefined && { succeededRevision: previous.succeededRevision }),
    ...(workload.revision === previous.previousRevision && { rollback: true as const }),
    phase: 'rolling_out',
    reason: 'Progressing',
    message: '',
    clock: 'running',
    startedAt: rfc3339(new Date(now.getTime() - elapsedMs)),
    elapsedMs,
    recovered: false,
    firstSight: false,
    verdict: nextVerdict(previous.verdict, workload, { opens: true, staleUntil: failedAt }),
    canary: canaryAtStart(workload),
    ...seen(look),
  }
  return applyPhase(state, phaseOf(state, look), look)
}

function phaseOf(state: RolloutState, { workload, deadlineMs }: Look): Phase {
  const { elapsedMs, verdict, canary } = state
  const isVerdictStale = verdict?.isStale
  return decidePhase(workload, { elapsedMs, deadlineMs, isVerdictStale, canary, beganMs: beganMs(state) })
}

function withCanaryMemory(state: RolloutState, { canary }: Workload): RolloutState {
  if (canary === undefined && state.canary === undefined) return state
  return { ...state, canary: canary && rememberCanary(state.canary, canary, beganMs(state)) }
}

function beganMs({ startedAt }: RolloutState): number | undefined {
  return startedAt === undefined ? undefined : Date.parse(startedAt)
}

function withoutCandidate(state: RolloutState): RolloutState {
  const { candidate: _, ...rest } = state
  return rest
}
