import type { Transition } from '../core/event/transition.ts'
import { asFairleadError, type FairleadError } from '../errors.ts'

/** As many connections as the outbound client opens to one origin. */
const lanesAtOnce = 8

/**
 * Sends the transitions of each workload one after the other, up to eight workloads at once. A workload whose sending
 * fails stops there; the others go on. Rejects at the end with a transient error if there is one, for then all are sent
 * again, else with the first.
 */
export async function sendInLanes(
  transitions: readonly Transition[],
  send: (ofOneWorkload: readonly Transition[]) => Promise<void>,
): Promise<void> {
  const waiting = byWorkload(transitions)
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

function byWorkload(transitions: readonly Transition[]): Transition[][] {
  const lanes = new Map<string, Transition[]>()
  for (const one of transitions) {
    const lane = lanes.get(one.workload.uid)
    if (lane === undefined) lanes.set(one.workload.uid, [one])
    else lane.push(one)
  }
  return [...lanes.values()]
}
