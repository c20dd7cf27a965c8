import { endedBetween, type RolloutOutcome, rolloutOutcomes } from '../../core/workload/rollout-outcome.ts'
import type { RolloutState } from '../../core/workload/rollout-state.ts'
import type { Workload } from '../../core/workload/workload.ts'
import type { Metrics } from '../../runtime/metrics.ts'

export interface TallyDeps {
  metrics: Pick<Metrics, 'rollouts' | 'rolloutDuration' | 'timeToRestore'>
  /** Every replica sees every rollout; one counts it. */
  isLeader: () => boolean
}

interface Looked {
  key: string
  workload: Workload
  before: RolloutState | undefined
  after: RolloutState
  monotonicMs: number
}

/** Counts how rollouts end, how long they took, and how long a workload was left with a failed one. */
export function createTally({ metrics, isLeader }: TallyDeps) {
  /** Since when (monotonic) a workload is left with a failed rollout; unknown after a restart. */
  const failing = new Map<string, number>()
  /** Namespaces and kinds whose counters are there. */
  const begun = new Set<string>()

  /** A counter that begins with its first event has no increase in it. */
  const begin = ({ namespace, kind }: Workload) => {
    const counters = `${namespace}/${kind}`
    if (begun.has(counters)) return
    begun.add(counters)
    for (const outcome of rolloutOutcomes) metrics.rollouts.inc({ namespace, kind, outcome }, 0)
  }

  const count = ({ key, workload, after, monotonicMs }: Looked, outcome: RolloutOutcome) => {
    const { namespace, kind } = workload
    metrics.rollouts.inc({ namespace, kind, outcome })
    if (outcome !== 'superseded' && outcome !== 'recovered' && !after.firstSight) {
      metrics.rolloutDuration.observe({ kind, outcome }, after.elapsedMs / 1000)
    }
    const since = failing.get(key)
    if (since !== undefined && (outcome === 'success' || outcome === 'recovered')) {
      metrics.timeToRestore.observe((monotonicMs - since) / 1000)
    }
  }

  return {
    look(looked: Looked): void {
      const { key, workload, before, after, monotonicMs } = looked
      begin(workload)
      for (const outcome of endedBetween(before, after)) {
        if (isLeader()) count(looked, outcome)
        if (outcome === 'failed') failing.set(key, failing.get(key) ?? monotonicMs)
        if (outcome === 'success' || outcome === 'recovered') failing.delete(key)
      }
    },
    forget(key: string): void {
      failing.delete(key)
    },
  }
}
