import type { Removal } from '../../src/core/event/removal.ts'
import { eventId, type ToldTransition, type Transition } from '../../src/core/event/transition.ts'
import type { Sink, SinkName } from '../../src/ports-event.ts'

/** A sink that remembers what it took, in order, each as often as it came. */
export interface FakeSink extends Sink {
  readonly taken: readonly ToldTransition[]
  /** Workloads that it was told are gone; of webhook and cdevents only, as the real ones. */
  readonly gone: readonly Removal[]
  /** `version phase` of what it took, each id once: what a receiver makes of it. */
  told(): string[]
  /** Called before anything is taken; what it throws, or never answers, is what the receiver does. */
  answer: (transitions: readonly Transition[]) => Promise<void> | void
  /** How many calls came. */
  readonly calls: number
}

export function createFakeSink(name: SinkName): FakeSink {
  const taken: ToldTransition[] = []
  const gone: Removal[] = []
  let calls = 0
  let busy = false
  const sink: FakeSink = {
    name,
    taken,
    gone,
    answer: () => undefined,
    get calls() {
      return calls
    },
    told() {
      const byId = new Map(taken.map((one) => [eventId(one), `${one.version} ${one.phase}`]))
      return [...byId.values()]
    },
    async send(transitions) {
      if (busy) throw new Error('calls of one sink must not overlap')
      busy = true
      calls++
      try {
        await sink.answer(transitions)
        taken.push(...transitions)
      } finally {
        busy = false
      }
    },
  }
  if (name === 'webhook' || name === 'cdevents') sink.removed = async (removals) => void gone.push(...removals)
  return sink
}
