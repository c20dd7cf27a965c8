import { type Gate, pass, stop, wait } from '../change/gate.ts'
import type { RollbackDecision } from './decision.ts'

/** What helps against that which keeps a failed version from being put back; absent where only Git can. */
const remedies: Readonly<Record<string, string>> = {
  OptedOut: 'set rollback.onFailure, or fairlead.dev/rollback: "true" in Git',
  NotFailed: 'it is looked at again when its request has noted the failure',
  NotRunning: 'nothing to do: another version is on its way, or set back what the cluster runs',
  NotOwn: 'or roll back by hand: fairlead rollback',
  FirstSight: 'roll back by hand: fairlead rollback --to',
  LastSuccessUnknown: 'roll back by hand: fairlead rollback --to',
  OldImageGone: 'push it again, or go forward',
  Refused: 'roll back by hand: fairlead rollback, or go forward',
  PutBackAgain: 'go forward, or roll back by hand: fairlead rollback',
  NothingBefore: 'go forward',
  ClusterCause: 'mend the cluster; it is looked at again every minute',
  CauseUnknown: 'it is looked at again every minute',
}

/** Why something is not put back, with what helps where anything does. */
export function withRemedy({ reason, message }: { reason: string; message: string }): string {
  const remedy = remedies[reason]
  return remedy === undefined ? message : `${message}; ${remedy}`
}

/** How the way back of one slot of a failed workload stands. Pure. */
export function explainRollback(decision: RollbackDecision, now: Date): Gate {
  if (decision.kind === 'rollback') return pass('rollback', 'Requested', `${decision.to} is put back: ${decision.why}`)
  const { reason } = decision
  if (reason === 'UnderWay') return pass('rollback', reason, decision.message)
  const message = withRemedy(decision)
  if (decision.kind === 'none') return stop('rollback', reason, message)
  return { ...wait('rollback', reason, message), until: new Date(now.getTime() + decision.untilMs).toISOString() }
}
