import type { Sync } from '../sync/sync-state.ts'
import { type AwaitedOutcome, outcomeOf, rolloutStanding, type Standing } from './awaited.ts'
import type { WorkloadReport } from './workload-report.ts'

/**
 * How a commit comes to a workload. `engine`: through objects of Flux or Argo CD, whose state this is; `isTried` when it
 * rests on a revision that contains the commit. `elsewhere`: nothing on the way to the workload reads a branch that
 * contains it. `unknown`: that cannot be told now.
 */
export type CommitWay =
  | { kind: 'engine'; sync: Sync; isTried: boolean }
  | { kind: 'elsewhere'; message: string }
  | { kind: 'unknown'; message: string }

/** A workload that may have to do with a commit: how that comes to it, and how its newest rollout stands. */
export interface CommitWorkload {
  /** `Kind/namespace/name` */
  workload: string
  way: CommitWay
  rollout: Pick<WorkloadReport, 'phase' | 'reason' | 'message'>
}

/** How far a commit has come: in the objects of the engines that read its branch, and in the workloads behind them. */
export interface CommitReport extends AwaitedOutcome {
  commit: string
  /** One for each object that decides about one of the workloads. */
  objects: Sync[]
}

/**
 * How far any commit of a configured repository has come. Which workloads it changes nobody knows, so all count that come
 * from its branch: it is `rolled_out` when the engines have applied it and none of these rolls out or has failed. `failed`
 * too when it comes to none of them, or will not be applied any more. Pure.
 */
export function reportCommit(commit: string, all: readonly CommitWorkload[], isNamed: boolean): CommitReport {
  const concerned = all.filter(({ way }) => way.kind !== 'elsewhere')
  const objects = new Map(concerned.flatMap(({ way }) => (way.kind === 'engine' ? [[way.sync.object, way.sync]] : [])))
  const known = { commit, objects: [...objects.values()] }
  if (concerned.length === 0 && !isNamed)
    return { ...known, state: 'failed', message: nowhere(commit, all), workloads: [] }
  const counted = isNamed ? all : concerned
  return { ...known, ...outcomeOf(counted.map((one) => ({ workload: one.workload, ...standingOf(one) }))) }
}

function standingOf({ way, rollout }: CommitWorkload): Standing {
  if (way.kind === 'elsewhere') return { state: 'failed', message: way.message }
  if (way.kind === 'unknown') return { state: 'waiting', message: way.message }
  const { object, state, reason, message } = way.sync
  if (state === 'applied') return rolloutStanding(rollout)
  // An older revision that failed says nothing about this commit; the next attempt takes it along.
  const isOver = state === 'superseded' || (state === 'failed' && way.isTried)
  return { state: isOver ? 'failed' : 'waiting', message: `${object} is ${state}: ${reason}: ${message}` }
}

function nowhere(commit: string, all: readonly CommitWorkload[]): string {
  const [first] = all.flatMap(({ way }) => (way.kind === 'elsewhere' ? [way.message] : []))
  const example = first === undefined ? 'no workload is watched there' : `e.g. ${all[0]?.workload}: ${first}`
  return `commit ${commit} comes to no watched workload; is it pushed and merged? (${example})`
}
