import type { MessagePlace } from './api/workload-rollout-state.ts'
import type { Removal } from './core/event/removal.ts'
import type { ToldTransition } from './core/event/transition.ts'

/**
 * One outside system that is told about phase transitions.
 *
 * `send` resolves when the receiver has taken all of them, in the order given; the transitions of one workload must be
 * handed over in the order in which they happened. It rejects with a `FairleadError` when at least one was not taken:
 * `transient` means send all of them again later (not before `retryAfterMs`, when the receiver named a time),
 * `terminal` that the receiver does not take at least one of them as it is: if there were several, send each alone to find
 * which. Wrong addresses and credentials are transient, for a person mends them and no event must be lost meanwhile.
 *
 * At least once: after a rejection some may have arrived, and sending them again is right. Every message carries
 * `eventId(transition)`, which never changes, so the receiver can drop the second copy. Calls of one sink do not overlap.
 */
export interface Sink {
  /** Stable: the `sink` label of metrics, and what a state remembers as not sent yet. */
  readonly name: SinkName
  send(transitions: readonly ToldTransition[]): Promise<void>
  /** Told of workloads that were deleted, in order with their transitions; absent where the receiver has no word for it. */
  removed?(removals: readonly Removal[]): Promise<void>
  /**
   * Where the message about a rollout (`rolloutId`) stands; absent where messages are never changed. It is kept with what
   * else is known of the rollout, and handed back with its transitions when we have been restarted.
   */
  messageOf?(rollout: string): MessagePlace | undefined
  /** Says that we live; only some receivers want to know, every five minutes and from the leader alone. */
  heartbeat?(at: Date): Promise<void>
}

export const sinkNames = ['controlPlane', 'slack', 'pubsub', 'cdevents', 'webhook'] as const

export type SinkName = (typeof sinkNames)[number]
