import type { Decision as TagDecision } from '../../core/image/decision.ts'
import { type ImageReference, parseImageReference, withTag } from '../../core/image/reference.ts'
import { selectTag } from '../../core/image/select.ts'
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
  | { kind: 'update'; tag: string; digest: string | undefined; reason: string; verdicts: TagDecision }
  | { kind: 'wait'; reason: string; untilMs: number }
  | { kind: 'none'; reason: string }
  | { kind: 'refused'; error: FairleadError }

/** Decides one container's update from facts alone. The current value is the one in Git, never the live one. */
export function decideContainer(facts: ContainerFacts): ContainerDecision {
  const { settings, trace } = facts
  if (settings.hold !== undefined) return { kind: 'none', reason: 'held' }
  const present = parseImageReference(trace.image)
  const decision = decideTag(facts, present)
  if (decision.kind !== 'update') return decision
  const sinceMs = facts.lastUpdate === undefined ? Infinity : facts.now.getTime() - facts.lastUpdate.getTime()
  if (sinceMs < settings.minUpdateIntervalMs) {
    return { kind: 'wait', reason: 'min-update-interval', untilMs: settings.minUpdateIntervalMs - sinceMs }
  }
  return decision
}

function decideTag({ settings, tags, presentDigest }: ContainerFacts, present: ImageReference): ContainerDecision {
  const { policy } = settings
  const tag = present.tag ?? 'latest'
  const verdicts = selectTag(policy, tag, tags)
  if (verdicts.selected !== null && verdicts.selected !== tag) {
    return { kind: 'update', tag: verdicts.selected, digest: undefined, reason: verdicts.reason, verdicts }
  }
  const followsDigest = policy.kind === 'digest' || policy.kind === 'force'
  if (followsDigest && presentDigest !== undefined && presentDigest !== present.digest) {
    return { kind: 'update', tag, digest: presentDigest, reason: 'digest', verdicts }
  }
  return { kind: 'none', reason: verdicts.reason === 'selected' ? 'no-candidate' : verdicts.reason }
}

/** The wanted reference, in the style in which the present one is written. */
export function wantedReference(image: string, decision: { tag: string; digest: string | undefined }, digest: string) {
  const present = parseImageReference(image)
  const isPinned = present.digest !== undefined || decision.digest !== undefined
  return withTag(present, decision.tag, isPinned ? digest : undefined)
}
