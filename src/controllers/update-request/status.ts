import { isDeepStrictEqual } from 'node:util'
import { type Condition, withCondition } from '../../api/condition.ts'
import type { UpdateRequest, UpdateRequestStatus, WorkloadRollout } from '../../api/update-request.ts'
import { summariseRollouts } from '../../core/change/rolled-out.ts'
import { sanitiseLine } from '../../core/change/text.ts'
import type { Sync } from '../../core/sync/flux.ts'

/** Facts to add to a status; what is absent stays. */
export type StatusFacts = Partial<Omit<UpdateRequestStatus, 'conditions'>>

/** `True` while something is still to come, `False` at the end; `degraded` when it needs somebody. */
export interface Progress {
  status: 'True' | 'False'
  reason: string
  message: string
  degraded: boolean
}

/** How the change came to the branch; `Refused`: a rule of the branch did not take the push. */
export type Delivery = 'Pushed' | 'Settled' | 'Merged' | { refused: string }

/** What one pass over a request has learnt. */
interface Learnt {
  status: StatusFacts
  progress: Progress | undefined
  /** Set by the pass that brought the change to the branch, or found it there. */
  delivered: Delivery | undefined
  sync: Pick<Sync, 'state' | 'reason' | 'message'> | undefined
  /** How the workloads stand, once the engine has applied it. */
  rollouts?: readonly WorkloadRollout[] | undefined
  now: Date
}

/** The condition whose transition is the time of the push. */
export const pushedCondition = 'Pushed'

/** The status with what was learnt; the very same object when nothing is new. */
export function nextStatus(request: UpdateRequest, { now, ...learnt }: Learnt): UpdateRequestStatus {
  const { status, rollouts } = learnt
  const old = request.status ?? {}
  const observedGeneration = request.metadata.generation ?? 1
  let conditions: readonly Condition[] = old.conditions ?? []
  for (const one of newConditions(learnt)) {
    const message = sanitiseLine(one.message, 1024)
    conditions = withCondition(conditions, { ...one, message, observedGeneration }, now)
  }
  const message = status.message === undefined ? {} : { message: sanitiseLine(status.message, 1024) }
  const known: StatusFacts = { ...status, ...message, ...(rollouts === undefined ? {} : { rollouts: [...rollouts] }) }
  const next: UpdateRequestStatus = { ...old, ...known, observedGeneration, conditions: [...conditions] }
  return isDeepStrictEqual(next, old) ? old : next
}

type NewCondition = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>

/** `Ready` says that the spec was accepted, as for every kind of ours; how far it is stands in `Progressing`. */
function newConditions({ progress, delivered, sync, rollouts }: Omit<Learnt, 'now'>): NewCondition[] {
  const isApplied = sync?.state === 'applied'
  const conditions: NewCondition[] = [
    { type: 'Ready', status: 'True', reason: 'Accepted', message: 'the request is handled' },
  ]
  if (delivered !== undefined) {
    conditions.push(pushedAs(delivered))
  }
  if (sync?.state === 'seen' || isApplied) {
    conditions.push({ type: 'Seen', status: 'True', reason: 'Seen', message: 'the engine has seen the commit' })
  }
  if (sync !== undefined) {
    const status = isApplied ? 'True' : sync.state === 'unknown' ? 'Unknown' : 'False'
    conditions.push({ type: 'Applied', status, reason: sync.reason, message: sync.message })
  }
  if (rollouts !== undefined) conditions.push(summariseRollouts(rollouts))
  if (isApplied) {
    conditions.push({
      type: 'Progressing',
      status: 'False',
      reason: 'Applied',
      message: 'the engine has applied the commit',
    })
    conditions.push({ type: 'Degraded', status: 'False', reason: 'Applied', message: '' })
  } else if (sync?.state === 'superseded') {
    const over = { status: 'False', reason: 'Superseded' } as const
    conditions.push({ type: 'Progressing', ...over, message: sync.message })
    conditions.push({ type: 'Degraded', ...over, message: '' })
  } else if (rollouts !== undefined && sync !== undefined) {
    // Helm could not make it: what was to come has come.
    const over = { status: 'False', reason: sync.reason } as const
    conditions.push({ type: 'Progressing', ...over, message: sync.message })
    conditions.push({ type: 'Degraded', ...over, message: '' })
  } else if (progress !== undefined) {
    const { status, reason, message, degraded } = progress
    conditions.push({ type: 'Progressing', status, reason, message })
    conditions.push({ type: 'Degraded', status: degraded ? 'True' : 'False', reason, message: degraded ? message : '' })
  }
  return conditions
}

function pushedAs(delivered: Delivery): NewCondition {
  if (typeof delivered !== 'string') {
    return { type: pushedCondition, status: 'False', reason: 'PushRefused', message: delivered.refused }
  }
  return { type: pushedCondition, status: 'True', reason: delivered, message: 'the branch holds the change' }
}

/** Pushed; the rest is the engine's. */
export function waitingForEngine(message: string): Progress {
  const rest = `${message}; waits for the engine to apply it`
  return { status: 'True', reason: 'WaitingForSync', message: rest, degraded: false }
}
