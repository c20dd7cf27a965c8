import type { UpdateRequestPhase } from '../../api/update-request.ts'

/** Why nothing is put back. What is `silent` is no news to anybody. */
export interface NoRollback {
  kind: 'none'
  reason: string
  message: string
  silent?: true
}

export type RollbackDecision =
  | { kind: 'rollback'; to: string; why: string }
  | { kind: 'wait'; reason: string; message: string; untilMs: number }
  | NoRollback

/** The newest request that was to lead away from the value that Git holds. */
export interface EarlierRollback {
  name: string
  phase: UpdateRequestPhase
  /** Whether Git, as it was read, contains its commit. */
  isContained: boolean
}

/** A value in Git, and who was to lead away from it. */
interface Standing {
  value: string
  earlier: EarlierRollback | undefined
}

/** Causes go away without anybody telling us. */
const causeRecheckMs = 60_000

/** The same way is gone once: whoever stands against it afterwards means it. */
export function obstacleOfEarlier(standing: Standing): NoRollback | undefined {
  const { earlier } = standing
  if (earlier === undefined) return undefined
  switch (earlier.phase) {
    case 'Superseded':
      return undefined
    case 'Pending':
    case 'Approved':
      return silent('UnderWay', `${earlier.name} puts it right`)
    case 'Completed':
      if (!earlier.isContained) return silent('UnderWay', `${earlier.name} is on its way`)
      return putBackAgain(standing, earlier.name)
    default:
      return none('Refused', `${earlier.name} was to put it right and is ${earlier.phase}`)
  }
}

export function putBackAgain({ value }: Pick<Standing, 'value'>, by: string): NoRollback {
  const message = `somebody put ${value} into Git again after ${by} had rolled it back; it is not rolled back twice`
  return none('PutBackAgain', message)
}

export function notOwn({ value }: Pick<Standing, 'value'>): NoRollback {
  return none('NotOwn', `${value} was not brought by fairlead; with rollback.onFailure: any it would be put back`)
}

export function none(reason: string, message: string): NoRollback {
  return { kind: 'none', reason, message }
}

export function silent(reason: string, message: string): NoRollback {
  return { kind: 'none', reason, message, silent: true }
}

export function later(reason: string, message: string): RollbackDecision {
  return { kind: 'wait', reason, message, untilMs: causeRecheckMs }
}
