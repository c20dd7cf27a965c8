import { carriesImage } from '../change/carried-image.ts'
import type { RolloutState } from '../workload/rollout-state.ts'

/**
 * Whether a workload has failed as it stands now. `isNoted`: the request that brought what it runs has noted that it failed
 * there. That counts only for a rollout that was under way when it was first seen, for then its clock began anew and what
 * was seen before is lost; any other rollout of the same image is another try, and has to fail itself. Pure.
 */
export function standsFailed(rollout: RolloutState | undefined, isNoted: boolean): boolean {
  if (rollout === undefined || rollout.liveRevision !== rollout.revision) return false
  return rollout.phase === 'failed' || (rollout.phase === 'rolling_out' && rollout.firstSight && isNoted)
}

/** What is known about a target of a rollback right before it is committed. */
export interface ClaimedFailure {
  /** The value that is to go. */
  from: string
  /** Image that the container runs; undefined when there is no such container. */
  runs: string | undefined
  rollout: RolloutState | undefined
  /** Helm has put back what ran before, for its release failed. */
  isTakenBack: boolean
  /** What the request that brought `from` has noted; undefined when somebody else brought it. */
  noted: { isFailed: boolean; lastGood: string | undefined } | undefined
}

/** Whether a target has failed with the very value that is to go; of what Helm has taken back only the note is left. Pure. */
export function hasFailedWith({ from, runs, rollout, isTakenBack, noted }: ClaimedFailure): boolean {
  if (runs === undefined) return false
  if (!carriesImage(runs, { to: from })) return isTakenBack && noted?.isFailed === true
  return standsFailed(rollout, noted?.isFailed === true)
}

/**
 * The template that has to come back: the one that ran well last; undefined when nobody knows. What is tracked beats what
 * was noted. Pure.
 */
export function wantedTemplate({ rollout, noted }: Pick<ClaimedFailure, 'rollout' | 'noted'>): string | undefined {
  return rollout?.succeededRevision ?? noted?.lastGood
}
