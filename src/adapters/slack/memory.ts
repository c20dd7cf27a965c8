import { eventId, rolloutId, type Transition } from '../../core/event/transition.ts'

/** Where a message stands. */
export interface SlackPlace {
  channel: string
  ts: string
}

/**
 * What was told already, so that a batch that is sent once more after a failure half-way doubles nothing: Slack itself
 * takes no ids. It is forgotten at a restart; a rollout under way then gets a second message for its end.
 */
export interface SlackMemory {
  isTold(transition: Transition): boolean
  told(transition: Transition): void
  /** It was in a message about many failures. */
  isDigested(transition: Transition): boolean
  digested(transition: Transition): void
  /** Of the rollout's message. */
  placeOf(transition: Transition): SlackPlace | undefined
  placed(transition: Transition, place: SlackPlace): void
}

const remembered = 5_000

export function createSlackMemory(): SlackMemory {
  const events = new Map<string, true>()
  const digests = new Map<string, true>()
  const places = new Map<string, SlackPlace>()
  return {
    isTold: (transition) => events.has(eventId(transition)),
    told: (transition) => remember(events, eventId(transition), true),
    isDigested: (transition) => digests.has(eventId(transition)),
    digested: (transition) => remember(digests, eventId(transition), true),
    placeOf: (transition) => places.get(rolloutId(transition)),
    placed: (transition, place) => remember(places, rolloutId(transition), place),
  }
}

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key)
  map.set(key, value)
  if (map.size <= remembered) return
  const [oldest] = map.keys()
  if (oldest !== undefined) map.delete(oldest)
}
