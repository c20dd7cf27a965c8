import { objectKey } from '../../api/kubernetes.ts'
import type { UpdateRequest } from '../../api/update-request.ts'
import { carrierOf, pushedAtMs } from '../../core/change/carrier.ts'
import { type Nomination, nominatedOwner } from '../../core/manifest/origin.ts'
import type { EngineFailure } from '../../core/workload/engine-failure.ts'
import { needsCause, withCause } from '../../core/workload/rollout-cause.ts'
import type { RolloutState } from '../../core/workload/rollout-state.ts'
import { isSameLook, restoreRollout } from '../../core/workload/rollout-status.ts'
import { trackRollout } from '../../core/workload/track-rollout.ts'
import type { Workload } from '../../core/workload/workload.ts'
import type { Clock, Log } from '../../ports.ts'
import type { Controller } from '../../runtime/loop.ts'
import type { Metrics } from '../../runtime/metrics.ts'
import type { RolloutRecords } from '../../runtime/rollout-records.ts'
import type { RolloutStates, SeenRollout } from '../../runtime/rollout-states.ts'
import type { Causes } from './cause.ts'
import { workloadSamples } from './series.ts'
import { createTally } from './tally.ts'

export interface WorkloadDeps {
  workload: (key: string) => Workload | undefined
  deadlineMs: number
  clock: Clock
  log: Log
  metrics: Metrics
  /** Why rollouts in trouble do not get on. */
  causes: Causes
  /** What the owner that a workload names could not make true. */
  engineFailure: (workload: Workload, owner: Nomination) => EngineFailure | undefined
  /** Where what is learnt is kept while we live. */
  rollouts: RolloutStates
  /** The updates that were ever decided for a workload, as far as they are kept. */
  requestsOf: (key: string) => readonly UpdateRequest[]
  isLeader: () => boolean
  /** What an earlier life, or another replica, has learnt. */
  records: Pick<RolloutRecords, 'read'>
  /** Sees to it that the cluster keeps a rollout; false when it keeps it like this already. */
  record: (key: string, workload: Workload, state: RolloutState) => boolean
}

/** An open rollout is looked at as often, so that what is kept of its clock follows a wall clock that was set. */
const lookMs = 60_000

interface Observed {
  key: string
  workload: Workload | undefined
  remembered: SeenRollout | undefined
  now: Date
  monotonicMs: number
}
interface Decided extends Observed {
  state: RolloutState | undefined
}

/** Tracks version and phase of every workload. It proposes nothing: what it learns is reported, and kept by others. */
export function createWorkloadController(deps: WorkloadDeps): Controller<Observed, Decided, Decided, Decided> {
  const states = deps.rollouts
  const tally = createTally(deps)

  const tell = ({ workload, remembered, state }: Decided) => {
    if (workload === undefined || state === undefined) return
    const before = remembered?.state
    if (before?.phase === state.phase && before.revision === state.revision) return
    // What was finished when first seen is no news.
    if (before === undefined && state.startedAt === undefined) return
    const { phase, version, previousVersion, reason, message } = state
    const fields = { workload: objectKey(workload), phase, version, previousVersion, reason }
    deps.log.info(fields, `rollout ${phase}${message === '' ? '' : `: ${message}`}`)
  }

  return {
    name: 'workload',
    async observe(key) {
      const [now, monotonicMs] = [deps.clock.now(), deps.clock.monotonicMs()]
      const [workload, seen] = [deps.workload(key), states.get(key)]
      if (workload === undefined || seen?.state.uid === workload.uid) {
        return { key, workload, remembered: seen, now, monotonicMs }
      }
      const kept = deps.records.read(workload)?.status
      const remembered: SeenRollout | undefined = kept && {
        state: restoreRollout(kept, workload.uid, now),
        atMs: monotonicMs,
        recorded: false,
      }
      return { key, workload, remembered, now, monotonicMs }
    },
    decide(observed) {
      const { workload, remembered, now, monotonicMs } = observed
      if (workload === undefined) return { ...observed, state: undefined }
      if (workload.deleting) return { ...observed, state: remembered?.state }
      const owner = nominatedOwner(workload)
      const state = trackRollout(remembered?.state, workload, now, {
        elapsedMs: remembered === undefined ? 0 : monotonicMs - remembered.atMs,
        defaultDeadlineMs: deps.deadlineMs,
        // What the engine applied was committed; only templates that nobody declares can be reverted by hand.
        committed: owner !== undefined,
        engineFailure: owner && deps.engineFailure(workload, owner),
      })
      return { ...observed, state }
    },
    async propose(decided) {
      const { key, workload, state, remembered } = decided
      const isFollowed = workload !== undefined && !workload.deleting && state !== undefined
      if (isFollowed && needsCause(remembered?.state, state)) {
        return { ...decided, state: withCause(state, await deps.causes.of(workload)) }
      }
      if (state?.phase !== 'rolling_out') deps.causes.forget(key)
      return decided
    },
    verify: async (decided) => decided,
    async report(decided) {
      const { key, workload, state, monotonicMs, remembered } = decided
      if (workload === undefined || state === undefined) {
        states.set(key, undefined)
        deps.metrics.workloads.delete(key)
        tally.forget(key)
        return {}
      }
      const isKept = remembered?.recorded === true && isSameLook(remembered.state, state)
      states.set(key, { state, atMs: monotonicMs, recorded: isKept || !deps.record(key, workload, state) })
      if (workload.deleting) {
        deps.metrics.workloads.delete(key)
        return {}
      }
      const carrier = carrierOf(workload, deps.requestsOf(key))
      deps.metrics.workloads.set(key, workloadSamples(workload, state, carrier && pushedAtMs(carrier)))
      tally.look({ key, workload, before: remembered?.state, after: state, monotonicMs })
      tell(decided)
      // Changes of the workload wake us; only time passes in silence.
      return state.clock === 'running' ? { requeueAfterMs: nextLookMs(state) } : {}
    },
  }
}

/** Until half of the deadline has passed, when the pods are asked; then until its end; and at least once a minute. */
function nextLookMs({ deadlineMs, elapsedMs }: RolloutState): number {
  const halfMs = Math.ceil(deadlineMs / 2)
  return Math.max(1000, Math.min(lookMs, (elapsedMs < halfMs ? halfMs : deadlineMs) - elapsedMs))
}
