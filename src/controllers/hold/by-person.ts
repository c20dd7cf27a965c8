import { type ObjectKey, objectKey, workloadApiVersion } from '../../api/kubernetes.ts'
import type { HoldReport } from '../../core/change/hold.ts'
import type { HoldWish } from '../../core/change/wish.ts'
import type { Clock, EventRecorder, Log } from '../../ports.ts'
import { type ObserveDeps, type ObservedWorkload, observeHold } from './observe.ts'
import { releaseWorkload } from './release.ts'
import { holdWorkload, type WriteDeps } from './write.ts'

/** What a person asked for and may have when they have the right in all of these namespaces. */
export interface HoldOrder {
  /** Of every workload that is concerned. */
  namespaces: Iterable<string>
  /** Writes it. Rejects with the refusal, and with a transient error when nothing is known; asking again is safe. */
  carryOut(): Promise<HoldReport>
}

/** Holds and releases that people ask for. */
export interface HoldsByPerson {
  /** Undefined when there is no such workload. Rejects with the refusals of tracing and of `observeHold`. */
  hold(workload: ObjectKey, wish: HoldWish): Promise<HoldOrder | undefined>
  release(workload: ObjectKey, wish: HoldWish): Promise<HoldOrder | undefined>
}

export interface HoldsDeps extends ObserveDeps, WriteDeps {
  events: EventRecorder
  clock: Clock
  log: Log
}

/**
 * A hold is an annotation in the manifest, as anybody could write it, so it needs no object of its own: the answer comes
 * when the remote has the commit, or the host the pull request.
 */
export function createHoldsByPerson(deps: HoldsDeps): HoldsByPerson {
  const order = async (
    key: ObjectKey,
    wish: HoldWish,
    write: (observed: ObservedWorkload) => Promise<HoldReport>,
  ): Promise<HoldOrder | undefined> => {
    const observed = await observeHold(key, deps)
    if (observed === undefined) return undefined
    const carryOut = async () => {
      const report = await write(observed)
      if (report.result !== 'unchanged') await tell(observed, report, wish)
      return report
    }
    return { namespaces: observed.namespaces, carryOut }
  }

  const tell = async ({ workload }: ObservedWorkload, report: HoldReport, { by, reason }: HoldWish) => {
    const { action, result, commit, pullRequest, message } = report
    const done = { workload: objectKey(workload), by, action, result, commit, pullRequest: pullRequest?.number }
    deps.log.info({ ...done, reason }, 'a person holds or releases')
    const event = { type: 'Normal', reason: action === 'hold' ? 'HoldRequested' : 'ReleaseRequested' } as const
    const about = { apiVersion: workloadApiVersion(workload.kind), ...workload }
    await deps.events.record(about, { ...event, message: `${by}: ${message}` })
  }

  return {
    hold: (key, wish) => order(key, wish, (observed) => holdWorkload(observed, wish, deps)),
    release: (key, wish) => order(key, wish, (observed) => releaseWorkload(observed, wish, deps)),
  }
}
