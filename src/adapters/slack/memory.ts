import type { MessagePlace } from '../../api/workload-rollout-state.ts'
import { eventId, type Transition } from '../../core/event/transition.ts'

/**
 * What was told already, so that a batch that is sent once more after a failure half-way doubles nothing: Slack itself
 * takes no ids. It is forgotten at a restart; where a rollout has its message is then told by what the cluster keeps.
 */
export interface SlackMemory {
  isTold(transition: Transition): boolean
  told(transition: Transition): void
  /** It was in a message about many failures. */
  isDigested(transition: Transition): boolean
  digested(transition: Transition): void
  /** Of the message of a rollout, by `rolloutId`. */
  placeOf(rollout: string): MessagePlace | undefined
  placed(rollout: string, place: MessagePlace): void
}

const remembered = 5_000

export function createSlackMemory(): SlackMemory {
  const events = new Map<string, true>()
  const digests = new Map<string, true>()
  const places = new Map<string, MessagePlace>()
  return {
    isTold: (transition) => events.has(eventId(transition)),
    told: (transition) => remember(events, eventId(transition), true),
    isDigested: (transition) => digests.has(eventId(transition)),
    digested: (transition) => remember(digests, eventId(transition), true),
    placeOf: (rollout) => places.get(rollout),
    placed: (rollout, place) => remember(places, rollout, place),
  }
}

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key)
  map.set(key, value)
  if (map.size <= remembered) return
  const [oldest] = map.keys()
  if (oldest !== undefined) map.delete(oldest)
}
