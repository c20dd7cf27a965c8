import { objectKey } from '../../api/kubernetes.ts'
import type { UpdateRequest, WorkloadRollout } from '../../api/update-request.ts'
import { imageVersion } from '../change/reference-part.ts'
import { conditionOf } from '../change/rolled-out.ts'
import type { OutcomePhase, WorkloadOutcome } from './workload-outcome.ts'

/** How far a delivered request has come, for every workload of its targets, as its status says. Pure. */
export function outcomesOf(request: UpdateRequest): WorkloadOutcome[] {
  const rollouts = new Map((request.status?.rollouts ?? []).map((one) => [one.workload, one]))
  return [...new Set(request.spec.targets.map(objectKey))].map((workload) => outcomeOf(request, workload, rollouts))
}

function outcomeOf(
  request: UpdateRequest,
  workload: string,
  rollouts: ReadonlyMap<string, WorkloadRollout>,
): WorkloadOutcome {
  const [pushed, seen, applied] = ['Pushed', 'Seen', 'Applied'].map((type) => timeOf(request, type))
  const rollout = rollouts.get(workload)
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
