import type { ObjectKey } from '../api/kubernetes.ts'
import type { WorkloadRolloutState } from '../api/workload-rollout-state.ts'
import { rolloutStateName } from '../core/workload/rollout-status.ts'

/** The WorkloadRolloutStates as they are, our own newest writes included: the watch may lag behind them. */
export interface RolloutRecords {
  /** About this workload, and about none that had its name before. */
  read(workload: ObjectKey & { uid: string }): WorkloadRolloutState | undefined
  /** What the API server answered about the object at `key` (`namespace/name`); undefined when there is none. */
  learn(key: string, record: WorkloadRolloutState | undefined): void
  /** The watch has shown the object at `key` in another way than before. */
  shown(key: string): void
}

/** `watched`: what the watch has shown, by `namespace/name` of the object. */
export function createRolloutRecords(watched: (key: string) => WorkloadRolloutState | undefined): RolloutRecords {
  const learnt = new Map<string, WorkloadRolloutState>()

  return {
    read(workload) {
      const key = recordKey(workload)
      const [seen, own] = [watched(key), learnt.get(key)]
      const newest = own !== undefined && isNewer(own, seen) ? own : seen
      return newest?.spec.workloadRef.uid === workload.uid ? newest : undefined
    },
    learn(key, record) {
      if (record === undefined) learnt.delete(key)
      else if (isNewer(record, watched(key))) learnt.set(key, record)
    },
    shown(key) {
      const [seen, own] = [watched(key), learnt.get(key)]
      if (own !== undefined && (seen === undefined || !isNewer(own, seen))) learnt.delete(key)
    },
  }
}

/** `namespace/name` of the object about a workload. */
export function recordKey(workload: ObjectKey & { uid: string }): string {
  return `${workload.namespace}/${rolloutStateName(workload)}`
}

/** Versions of one kind are numbers that rise, in every API server there is. Others are left to the watch. */
function isNewer(own: WorkloadRolloutState, seen: WorkloadRolloutState | undefined): boolean {
  if (seen === undefined) return true
  const [left, right] = [own, seen].map(({ metadata }) => Number(metadata.resourceVersion))
  return left !== undefined && right !== undefined && left > right
}
