import { objectKey } from '../../api/kubernetes.ts'
import type { Workload } from '../../core/workload/workload.ts'
import type { Clock } from '../../ports.ts'

/** Remembers since when the counters of failed workloads have not moved. */
export interface StallWatch {
  /** How long that is, and how long it has to be, both in milliseconds. */
  look(workload: Workload, deadlineMs: number): { unchangedMs: number; stallMs: number }
  forget(key: string): void
}

/** Long enough for the next pod to come up; shorter deadlines are watched shorter. */
const longestMs = 60_000

export function createStallWatch(clock: Clock): StallWatch {
  const seen = new Map<string, { counters: string; sinceMs: number }>()
  return {
    look(workload, deadlineMs) {
      const key = objectKey(workload)
      const counters = JSON.stringify([workload.revision, workload.counters])
      const known = seen.get(key)
      const since = known?.counters === counters ? known : { counters, sinceMs: clock.monotonicMs() }
      seen.set(key, since)
      return { unchangedMs: clock.monotonicMs() - since.sinceMs, stallMs: Math.min(longestMs, deadlineMs / 2) }
    },
    forget: (key) => void seen.delete(key),
  }
}
