import { type Choice, chooseImage } from '../../core/image/choice.ts'
import type { UpdateSettings } from '../../core/image/settings.ts'
import type { TagList } from '../../core/image/tag-list.ts'
import type { Trace } from '../../core/manifest/trace.ts'
import type { FairleadError } from '../../errors.ts'

/** All that is known about one container when its update is decided. */
export interface ContainerFacts {
  container: string
  settings: UpdateSettings
  trace: Trace
  tags: TagList
  /** Digest behind the present tag, where the policy follows digests. */
  presentDigest: string | undefined
  /** When the slot was last changed by us. */
  lastUpdate: Date | undefined
  now: Date
}

/** What is to be done with one container, and why. */
export type ContainerDecision =
  | Choice
  | { kind: 'wait'; reason: string; untilMs: number }
  | { kind: 'refused'; error: FairleadError }

/** Decides one container's update from facts alone. The current value is the one in Git, never the live one. */
export function decideContainer(facts: ContainerFacts): ContainerDecision {
  const { settings, trace } = facts
  if (settings.hold !== undefined) return { kind: 'none', reason: 'held' }
  const choice = chooseImage(settings.policy, trace.image, facts)
  if (choice.kind !== 'update') return choice
  const sinceMs = facts.lastUpdate === undefined ? Infinity : facts.now.getTime() - facts.lastUpdate.getTime()
  if (sinceMs < settings.minUpdateIntervalMs) {
    return { kind: 'wait', reason: 'min-update-interval', untilMs: settings.minUpdateIntervalMs - sinceMs }
  }
  return choice
}
