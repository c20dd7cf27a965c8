import type { Transition } from '../core/event/transition.ts'
import { asFairleadError, type FairleadError } from '../errors.ts'

/** What says whose event it is. */
type AboutWorkload = Pick<Transition, 'workload'>

/** A receiver far away answers late: only many at once make many a second. */
const lanesAtOnce = 32

/** Connections of the client that sends in lanes. Those of a batch serve the next one. */
export const laneConnections = { atOnce: lanesAtOnce, kept: lanesAtOnce } as const

/**
 * Sends the events of each workload one after the other, up to 32 workloads at once. A workload whose sending
 * fails stops there; the others go on. Rejects at the end with a transient error if there is one, for then all are sent
 * again, else with the first.
 */
export async function sendInLanes<E extends AboutWorkload>(
  events: readonly E[],
  send: (ofOneWorkload: readonly E[]) => Promise<void>,
): Promise<void> {
  const waiting = byWorkload(events)
  const errors: FairleadError[] = []
  const work = async () => {
    for (let lane = waiting.shift(); lane !== undefined; lane = waiting.shift()) {
      await send(lane).catch((thrown) => errors.push(asFairleadError(thrown)))
    }
  }
  await Promise.all(Array.from({ length: Math.min(lanesAtOnce, waiting.length) }, work))
  const worst = errors.find(({ kind }) => kind === 'transient') ?? errors[0]
  if (worst !== undefined) throw worst
}

function byWorkload<E extends AboutWorkload>(events: readonly E[]): E[][] {
  const lanes = new Map<string, E[]>()
  for (const one of events) {
    const lane = lanes.get(one.workload.uid)
    if (lane === undefined) lanes.set(one.workload.uid, [one])
    else lane.push(one)
  }
  return [...lanes.values()]
}
