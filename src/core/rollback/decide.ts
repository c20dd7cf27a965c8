import type { RollbackScope } from '../../api/annotation.ts'
import type { RolloutState } from '../workload/rollout-state.ts'
import { blameOf, type KnownCause } from './blame.ts'
import {
  type EarlierRollback,
  later,
  type NoRollback,
  none,
  notOwn,
  obstacleOfEarlier,
  putBackAgain,
  type RollbackDecision,
  silent,
} from './decision.ts'
import type { SlotPast } from './past.ts'
import { standsFailed, wantedTemplate } from './standing-failure.ts'

/** A failed workload and one slot of it, before Git's history is read. */
export interface FailureFacts {
  /** `Kind/namespace/name` */
  workload: string
  scope: RollbackScope
  /** Its newest rollout; undefined before it was looked at. */
  rollout: RolloutState | undefined
  /** Some container that the slot decides runs what Git holds. */
  isRunning: boolean
  /** None does, for the release that held it has failed, and Helm has put back what ran before. */
  isTakenBack: boolean
  /** Value of the slot in Git. */
  value: string
  /** The delivered request that brought this value; undefined when somebody else did. */
  own: OwnChange | undefined
  /** The newest request that was to lead away from this very value. */
  earlier: EarlierRollback | undefined
}

export interface OwnChange {
  /** It has noted that the workload failed. */
  isFailed: boolean
  /** Why, as it has noted. */
  message: string
  /** The template that ran well when it was delivered; undefined when nobody knew. */
  lastGood: string | undefined
}

/** What is known besides, once there is a failure to be put right. */
export interface RollbackFacts extends FailureFacts {
  /** Older values of the slot, the newest first, and the revisions of the live template with them in it. */
  older: readonly OlderValue[]
  isRepeated: SlotPast['isRepeated']
  rolledBackBy: SlotPast['rolledBackBy']
  cause: KnownCause
  /** Kubernetes itself says, now, that the rollout makes no progress. */
  isGivenUp: boolean
  /** There are pods of the new template. */
  hasPods: boolean
  /** How long its counters have not moved, and how long that has to be. */
  unchangedMs: number
  stallMs: number
}

export interface OlderValue {
  image: string
  revisions: readonly string[]
}

/** What stands in the way before anything older is looked at; undefined when nothing does. Pure. */
export function findObstacle(facts: FailureFacts): NoRollback | undefined {
  const { scope, rollout, isRunning, isTakenBack, value, workload, own } = facts
  if (scope === 'off') return silent('OptedOut', 'rollback is off for it')
  if (rollout?.reason === 'RevertedInCluster') {
    return none(
      'RevertedInCluster',
      `${workload} was put back in the cluster; Git still holds ${value}: change it there`,
    )
  }
  if (!hasFailed(facts)) return silent('NotFailed', 'its newest rollout has not failed')
  if (!isRunning && !isTakenBack) return silent('NotRunning', `it does not run ${value}, which Git holds`)
  const before = obstacleOfEarlier(facts)
  if (before !== undefined) return before
  if (!isTakenBack && rollout !== undefined && lastGoodOf(facts) === rollout.revision) {
    const words = `${workload} fails with the very template that ran well last, and nothing better is known`
    return none('LastGoodFails', `${words}: ${rollout.message}`)
  }
  if (scope === 'own' && own === undefined) return notOwn(facts)
  if (rollout?.firstSight === true && own?.lastGood === undefined) {
    return none('FirstSight', 'its rollout was under way when it was first seen; what ran before is not known')
  }
  return lastGoodOf(facts) === undefined
    ? none('LastSuccessUnknown', `nobody knows which template of ${workload} ran well last`)
    : undefined
}

/** Decides from facts alone; `findObstacle` comes first. */
export function decideRollback(facts: RollbackFacts): RollbackDecision {
  const obstacle = findObstacle(facts)
  if (obstacle !== undefined) return obstacle
  const { older, scope, workload, value, cause, isGivenUp, unchangedMs, stallMs } = facts
  if (older.length === 0) return none('NothingBefore', `Git never held anything before ${value} there`)
  if (facts.rolledBackBy !== undefined) return putBackAgain(facts, `commit ${facts.rolledBackBy}`)
  if (facts.isRepeated && scope === 'own') return notOwn(facts)
  const wanted = lastGoodOf(facts) ?? ''
  const good = older.find(({ revisions }) => revisions.includes(wanted))
  if (good === undefined) {
    const message = `the template of ${workload} differs from the one that ran well in more than the image`
    return none('TemplateDiffers', `${message}; take the change back by hand`)
  }
  const blame = blameOf(cause)
  if (blame === 'cluster') return later('ClusterCause', `the cause is not the version: ${cause.words}`)
  if (!isGivenUp && unchangedMs < stallMs) {
    const message = `${workload} may still advance; its pods are watched for ${Math.ceil(stallMs / 1000)} s`
    return { kind: 'wait', reason: 'StillAdvancing', message, untilMs: stallMs - unchangedMs }
  }
  if (blame === 'unknown' && !isGivenUp && !facts.hasPods) {
    return later('CauseUnknown', `nobody knows why ${workload} has no pods of the new template`)
  }
  return { kind: 'rollback', to: good.image, why: `${workload} failed: ${cause.words}` }
}

/**
 * What its request is to note has to be noted first, so that the outcome is known before it is changed. What Helm has taken
 * back is well again, and was not what Git holds: then the note is all there is.
 */
function hasFailed({ rollout, own, isTakenBack }: FailureFacts): boolean {
  if (isTakenBack) return own?.isFailed === true
  return standsFailed(rollout, own?.isFailed === true) && own?.isFailed !== false
}

function lastGoodOf({ rollout, own }: FailureFacts): string | undefined {
  return wantedTemplate({ rollout, noted: own })
}
