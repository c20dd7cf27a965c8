import { objectKey } from '../../api/kubernetes.ts'
import { isRollback, sequenceOf, type UpdateRequest, type WorkloadRollout } from '../../api/update-request.ts'
import { carriesImage } from '../change/carried-image.ts'
import { isObjectId } from '../change/object-id.ts'
import { imageVersion } from '../change/reference-part.ts'
import { conditionOf } from '../change/rolled-out.ts'
import type { OutcomePhase, OutcomeRollback, WorkloadOutcome } from './workload-outcome.ts'

/**
 * How far a delivered request has come, for every workload of its targets, as its status says. `rollback`: the one that
 * took it back, see `rollbackOf`. Pure.
 */
export function outcomesOf(request: UpdateRequest, rollback?: UpdateRequest): WorkloadOutcome[] {
  const rollouts = new Map((request.status?.rollouts ?? []).map((one) => [one.workload, one]))
  return [...new Set(request.spec.targets.map(objectKey))].map((workload) => ({
    ...outcomeOf(request, workload, rollouts.get(workload)),
    ...(rollback !== undefined && { rollback: rollbackIn(rollback) }),
  }))
}

/** The first delivered rollback that leads away from what a request brought. `siblings`: all requests for its slot. */
export function rollbackOf(request: UpdateRequest, siblings: readonly UpdateRequest[]): UpdateRequest | undefined {
  const [first] = siblings
    .filter((one) => isRollback(one) && sequenceOf(one) > sequenceOf(request))
    .filter(({ spec, status }) => isDelivered(status) && carriesImage(spec.change.from, request.spec.change))
    .sort((a, b) => sequenceOf(a) - sequenceOf(b))
  return first
}

function isDelivered(status: UpdateRequest['status']): boolean {
  return status?.phase === 'Completed' && isObjectId(status.commit ?? '')
}

function rollbackIn({ spec, status }: UpdateRequest): OutcomeRollback {
  return { commit: status?.commit ?? '', ...(spec.requestedBy !== undefined && { by: spec.requestedBy }) }
}

function outcomeOf(request: UpdateRequest, workload: string, rollout: WorkloadRollout | undefined): WorkloadOutcome {
  const [pushed, seen, applied] = ['Pushed', 'Seen', 'Applied'].map((type) => timeOf(request, type))
  const state = stateOf(rollout, { isSeen: seen !== undefined, isApplied: applied !== undefined })
  const began = date(rollout?.startedAt)
  const ended = date(rollout?.finishedAt)
  const isOver = state === 'success' || state === 'failed'
  // Before its template is there, what it waits for is what the engine says.
  const message = rollout === undefined ? waitingFor(request) : rollout.message
  return defined({
    workload,
    state,
    version: imageVersion(request.spec.change.to),
    since: isOver ? (ended ?? applied) : (began ?? applied ?? seen ?? pushed),
    seenAt: seen,
    appliedAt: applied,
    durationMs: isOver && began !== undefined && ended !== undefined ? ended.getTime() - began.getTime() : undefined,
    commit: request.status?.commit,
    message,
  })
}

function stateOf(
  rollout: WorkloadRollout | undefined,
  { isSeen, isApplied }: { isSeen: boolean; isApplied: boolean },
): OutcomePhase {
  if (rollout !== undefined && rollout.phase !== 'waiting') return rollout.phase
  if (isApplied) return 'applied'
  return isSeen ? 'seen' : 'waiting'
}

/** Only what needs somebody: ordinary progress says new words all the time. */
function waitingFor(request: UpdateRequest): string | undefined {
  const applied = conditionOf(request, 'Applied')
  return applied?.status === 'Unknown' ? applied.message : undefined
}

function timeOf(request: UpdateRequest, type: string): Date | undefined {
  const condition = conditionOf(request, type)
  return condition?.status === 'True' ? date(condition.lastTransitionTime) : undefined
}

function date(time: string | undefined): Date | undefined {
  const ms = Date.parse(time ?? '')
  return Number.isNaN(ms) ? undefined : new Date(ms)
}

type Loose = { [K in keyof WorkloadOutcome]: WorkloadOutcome[K] | undefined } & Pick<
  WorkloadOutcome,
  'workload' | 'state'
>

function defined(outcome: Loose): WorkloadOutcome {
  const entries = Object.entries(outcome).filter(([, value]) => value !== undefined)
  return { ...Object.fromEntries(entries), workload: outcome.workload, state: outcome.state }
}
