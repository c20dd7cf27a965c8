import type { RollbackScope } from '../../api/annotation.ts'
import { readSlotReference } from '../image/slot-reference.ts'
import type { ReleaseFailure } from '../sync/helm-failure.ts'
import { type ChartHistory, type ChartSnapshot, isSnapshotOf } from '../sync/helm-history.ts'
import { blameOf, type KnownCause } from './blame.ts'
import type { OwnChange } from './decide.ts'
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

/** What is known about a release right before the version of its chart is put back. */
export interface ClaimedChartFailure {
  /** Chart and version that are to go, e.g. `podinfo:6.6.0`. */
  from: string
  failure: ReleaseFailure | undefined
  history: ChartHistory
  /** The delivered request that brought `from`; undefined when somebody else did. */
  own: Pick<OwnChange, 'isFailed' | 'message'> | undefined
}

/** A release that Helm could not make, before Git's history is read. */
export interface ChartFailureFacts extends ClaimedChartFailure {
  /** `HelmRelease/namespace/name` */
  release: string
  scope: RollbackScope
  earlier: EarlierRollback | undefined
}

/** What is known besides, once there is a failure to be put right. */
export interface ChartRollbackFacts extends ChartFailureFacts, Omit<SlotPast, 'takenBack'> {
  /** Of workloads of the release that do not get on now. */
  causes: readonly KnownCause[]
  /** How long ago Helm had failed; undefined when it has failed more than once. */
  failedForMs: number | undefined
}

/** Helm may well try again, as fast as it is told to; what still fails after this time is judged as it is. */
const patienceMs = 60_000

/** Whether the newest attempt that failed was made with this very chart, and not with that which ran well. Pure. */
export function hasFailedWithChart({ from, failure, history, own }: ClaimedChartFailure): boolean {
  const { failed, good } = history
  // What its request is to note has to be noted first.
  if (failure === undefined || failed === undefined || own?.isFailed === false) return false
  return isSnapshotOf(versionOf(from), failed) && good?.version !== failed.version
}

/** Of older values of a slot the one that ran well last, of the same chart; undefined when none is known to have. Pure. */
export function lastGoodChart(
  older: readonly string[],
  from: string,
  { good }: Pick<ChartHistory, 'good'>,
): string | undefined {
  if (good === undefined) return undefined
  return older.find((one) => chartOf(one) === chartOf(from) && isSnapshotOf(versionOf(one), good))
}

/** Whether a chart and its version ran well last, with the values that failed with another version. Pure. */
export function isLastGoodChart(to: string, { failed, good }: ChartHistory): boolean {
  return good !== undefined && isSnapshotOf(versionOf(to), good) && isSameConfig(failed, good)
}

/** What stands in the way before anything older is looked at; undefined when nothing does. Pure. */
export function findChartObstacle(facts: ChartFailureFacts): NoRollback | undefined {
  const { scope, release, from, history, own } = facts
  if (scope === 'off') return silent('OptedOut', 'rollback is off for it')
  if (!hasFailedWithChart(facts)) return silent('NotFailed', `${release} has not failed because of ${from}`)
  const before = obstacleOfEarlier({ ...facts, value: from })
  if (before !== undefined) return before
  if (scope === 'own' && own === undefined) return notOwn({ value: from })
  return history.good === undefined
    ? none('LastSuccessUnknown', `nobody knows which version of its chart ${release} ran well with last`)
    : undefined
}

/** Decides from facts alone; `findChartObstacle` comes first. */
export function decideChartRollback(facts: ChartRollbackFacts): RollbackDecision {
  const obstacle = findChartObstacle(facts)
  if (obstacle !== undefined) return obstacle
  const { from, older, scope, release, history, failedForMs } = facts
  const { failed, good } = history
  if (facts.rolledBackBy !== undefined) return putBackAgain({ value: from }, `commit ${facts.rolledBackBy}`)
  if (facts.isRepeated && scope === 'own') return notOwn({ value: from })
  const to = lastGoodChart(older, from, history)
  if (to === undefined) {
    const wanted = `version ${good?.version} of the chart, with which ${release} ran well`
    return none('NothingBefore', `Git never held ${wanted}`)
  }
  if (!isSameConfig(failed, good)) {
    const message = `the values of ${release} differ from those with which ${to} ran well`
    return none('TemplateDiffers', `${message}; take the change back by hand`)
  }
  const words = wordsOf(facts)
  const cause = [{ reason: undefined, words }, ...facts.causes].find((one) => blameOf(one) === 'cluster')
  if (cause !== undefined) return later('ClusterCause', `the cause is not the version: ${cause.words}`)
  if (!isOver(facts) && failedForMs !== undefined && failedForMs < patienceMs) {
    const message = `Helm may try ${release} again; it is watched for ${patienceMs / 1000} s`
    return { kind: 'wait', reason: 'StillAdvancing', message, untilMs: patienceMs - failedForMs }
  }
  return { kind: 'rollback', to, why: `${release} failed: ${words}` }
}

/** Helm does not try again, or has put back what ran before. */
function isOver({ failure }: ClaimedChartFailure): boolean {
  return failure?.isGivenUp === true || failure?.isTakenBack === true
}

/** What was noted may know more: why the pods did not get on. */
function wordsOf({ failure, own }: ClaimedChartFailure): string {
  return own?.message || `${failure?.reason}: ${failure?.message}`
}

function isSameConfig(failed: ChartSnapshot | undefined, good: ChartSnapshot | undefined): boolean {
  return failed?.configDigest === good?.configDigest
}

function versionOf(value: string): string {
  return readSlotReference(value, { isChart: true }).tag ?? ''
}

function chartOf(value: string): string {
  return readSlotReference(value, { isChart: true }).name
}
