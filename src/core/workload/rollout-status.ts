import { hash } from 'node:crypto'
import { type ObjectKey, objectKey } from '../../api/kubernetes.ts'
import type { WorkloadRolloutStateStatus } from '../../api/workload-rollout-state.ts'
import type { RolloutReason, RolloutState } from './rollout-state.ts'

/** The facts of a rollout that are kept in the cluster, without what is told about it to others. */
export type RolloutFacts = Omit<
  WorkloadRolloutStateStatus,
  | 'observedGeneration'
  | 'commit'
  | 'changeId'
  | 'incident'
  | 'pending'
  | 'slackMessage'
  | 'eventsDropped'
  | 'conditions'
>

/**
 * Name of the WorkloadRolloutState of one workload: readable in front, and the hash keeps `a-b` of `c` and `a` of `b-c`,
 * and a deleted workload and its successor, apart. At most 63 characters.
 */
export function rolloutStateName(workload: ObjectKey & { uid: string }): string {
  const id = hash('sha256', `${objectKey(workload)}\0${workload.uid}`).slice(0, 16)
  const readable = `${workload.kind}-${workload.name}`.toLowerCase().slice(0, 46)
  return `${readable.replace(/[^a-z0-9]+$/, '')}-${id}`
}

/**
 * What is kept of a rollout: all that is needed to go on with it after a restart, and nothing that changes by itself.
 * Texts are cut to what the schema takes.
 */
export function rolloutFacts(state: RolloutState): RolloutFacts {
  const { phase, liveRevision, revision, pausedAt } = state
  const stopped = phase === 'rolling_out' && state.clock === 'stopped'
  const left = Math.max(0, Math.ceil((state.deadlineMs - state.elapsedMs) / 1000))
  return {
    revision,
    generation: state.generation,
    controllerRevision: state.controllerRevision.slice(0, 253),
    version: state.version.slice(0, 256),
    ...(state.previousVersion !== undefined && { previousVersion: state.previousVersion.slice(0, 256) }),
    ...(state.previousRevision !== undefined && { previousRevision: state.previousRevision }),
    ...(liveRevision !== revision && { liveRevision }),
    ...(state.succeededRevision !== undefined && { succeededRevision: state.succeededRevision }),
    phase,
    // like the message, what a running clock waits for changes all the time
    reason: phase === 'rolling_out' && !stopped ? 'Progressing' : state.reason,
    message: phase === 'rolling_out' ? '' : state.message.slice(0, 512),
    ...(phase !== 'rolling_out' && state.cause !== undefined && { cause: state.cause.slice(0, 128) }),
    ...(state.startedAt !== undefined && { startedAt: state.startedAt }),
    ...(stopped && pausedAt !== undefined && { pausedAt, remainingSeconds: left }),
    ...(!stopped && state.deadlineAt !== undefined && { deadlineAt: state.deadlineAt }),
    deadlineSeconds: Math.ceil(state.deadlineMs / 1000),
    ...(state.finishedAt !== undefined && { finishedAt: state.finishedAt }),
    ...(state.recovered && { recovered: true }),
    ...(state.firstSight && { firstSight: true }),
    ...(state.rollback === true && { rollback: true }),
  }
}

/**
 * The rollout that the facts are about, at the moment `now`, for a process that has not seen it before. Time goes on
 * while nobody looks: what is left of a running clock is what is left until `deadlineAt`. Only the wall clock can tell, and
 * the rollout never gets more time from it than it had at its beginning.
 */
export function restoreRollout(facts: RolloutFacts, uid: string, now: Date): RolloutState {
  const { deadlineSeconds, liveRevision, remainingSeconds: _, recovered, firstSight, ...same } = facts
  const isOpen = facts.phase === 'rolling_out'
  return {
    ...same,
    uid,
    reason: facts.reason as RolloutReason,
    clock: isOpen && facts.pausedAt === undefined ? 'running' : 'stopped',
    elapsedMs: isOpen ? elapsedMs(facts, now) : 0,
    deadlineMs: deadlineSeconds * 1000,
    recovered: recovered === true,
    firstSight: firstSight === true,
    liveRevision: liveRevision ?? facts.revision,
    observedAt: now.toISOString(),
  }
}

function elapsedMs({ pausedAt, remainingSeconds, deadlineAt, deadlineSeconds, startedAt }: RolloutFacts, now: Date) {
  const whole = deadlineSeconds * 1000
  if (pausedAt !== undefined) return Math.max(0, whole - (remainingSeconds ?? deadlineSeconds) * 1000)
  // it follows the wall clock when that is set; the beginning does not
  const untilDeadline = millisecondsUntil(deadlineAt, now)
  if (untilDeadline !== undefined) return Math.max(0, whole - untilDeadline)
  return Math.max(0, -(millisecondsUntil(startedAt, now) ?? 0))
}

function millisecondsUntil(text: string | undefined, now: Date): number | undefined {
  const time = Date.parse(text ?? '')
  return Number.isNaN(time) ? undefined : time - now.getTime()
}

const names = [
  'revision',
  'version',
  'previousVersion',
  'liveRevision',
  'succeededRevision',
  'phase',
  'startedAt',
  'pausedAt',
  'deadlineAt',
  'finishedAt',
] as const satisfies readonly (keyof RolloutFacts)[]

/**
 * Whether what is kept need not be written again. The workload's generation moves with every change of its scale, and is
 * taken along when something else is written.
 */
export function isSameRollout(kept: RolloutFacts, facts: RolloutFacts): boolean {
  if (kept.deadlineSeconds !== facts.deadlineSeconds && facts.phase === 'rolling_out') return false
  if (kept.controllerRevision !== facts.controllerRevision && facts.phase !== 'rolling_out') return false
  return names.every((name) => kept[name] === facts[name]) && kept.recovered === facts.recovered
}

/** The same question about two looks at one workload. Asked for every event of every workload, so it makes nothing. */
export function isSameLook(before: RolloutState, after: RolloutState): boolean {
  if (before.uid !== after.uid || before.recovered !== after.recovered) return false
  if (before.deadlineMs !== after.deadlineMs && after.phase === 'rolling_out') return false
  if (before.controllerRevision !== after.controllerRevision && after.phase !== 'rolling_out') return false
  for (const name of names) if (before[name] !== after[name]) return false
  return true
}
