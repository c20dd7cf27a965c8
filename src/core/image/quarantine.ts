import { parseTrailers } from '../change/trailer.ts'
import type { TagFacts } from './decision.ts'
import { compareTags } from './newer.ts'
import type { Policy } from './policy.ts'
import type { ImageReference } from './reference.ts'
import { readSlotReference } from './slot-reference.ts'

/** A value that a slot had, and the commit that brought it. */
export interface SlotValue {
  image: string
  /** Empty for the oldest value that is known. */
  commit: string
  /** The image that this commit rolled back, as its own trailers say. */
  rolledBack?: string
}

/** A version that somebody took back. */
export interface Quarantined {
  tag: string
  /** Set when only what the tag points to was put back. */
  digest: string | undefined
  /** What replaced it, and where. */
  by: string
  commit: string
}

/**
 * Versions that were lowered or put back along the history of a slot, by anyone, newest first. `values` are newest
 * first, too, and the newest is the present one. A value that was raised is simply the new current value. Values of
 * another repository than the present one say nothing about it.
 */
export function findQuarantined(values: readonly SlotValue[], policy: Policy, facts: TagFacts): Quarantined[] {
  const present = parsed(values[0]?.image, policy)
  const seen = new Set<string>()
  const found: Quarantined[] = []
  let before: ImageReference | undefined
  for (const { image, commit } of [...values].reverse()) {
    const now = parsed(image, policy)
    if (now === undefined || present === undefined || !isSameRepository(now, present)) continue
    const one = before && replaced(before, now, { seen, policy, facts })
    if (one !== undefined) found.unshift({ ...one, by: image, commit })
    seen.add(now.tag ?? 'latest').add(`${now.tag ?? 'latest'}@${now.digest}`)
    before = now
  }
  return found
}

/**
 * Without what was released since: a later commit whose trailers are `Fairlead-Action: release` and a
 * `Fairlead-Workload` that is one of these. `log` is newest first.
 */
export function withoutReleased(
  found: readonly Quarantined[],
  log: readonly { id: string; message: string }[],
  workloads: ReadonlySet<string>,
): Quarantined[] {
  const release = log.findIndex(({ message }) => isReleaseOf(message, workloads))
  if (release < 0) return [...found]
  return found.filter(({ commit }) => log.slice(0, release).some(({ id }) => id === commit))
}

/** Whether a commit releases one of these workloads, `Kind/namespace/name` each. */
export function isReleaseOf(message: string, workloads: ReadonlySet<string>): boolean {
  const trailers = parseTrailers(message)
  const isRelease = trailers.get('Fairlead-Action')?.includes('release') ?? false
  return isRelease && (trailers.get('Fairlead-Workload') ?? []).some((one) => workloads.has(one))
}

/** Those that would be newer than the present value, or are the same tag with other content: only they are missed. */
export function findKeptAway(found: readonly Quarantined[], present: string, policy: Policy): Quarantined[] {
  const tag = parsed(present, policy)?.tag ?? 'latest'
  const isMissed = (one: Quarantined) =>
    one.tag === tag ? one.digest !== undefined : compareTags(policy, tag, one.tag, {}) !== 'not-newer'
  return found.filter(isMissed)
}

interface Context {
  seen: ReadonlySet<string>
  policy: Policy
  facts: TagFacts
}

/** What a step from one value to the next quarantines. */
function replaced(
  before: ImageReference,
  now: ImageReference,
  { seen, policy, facts }: Context,
): Pick<Quarantined, 'tag' | 'digest'> | undefined {
  const [from, to] = [before.tag ?? 'latest', now.tag ?? 'latest']
  if (from === to) {
    const isPutBack = now.digest !== undefined && now.digest !== before.digest && seen.has(`${to}@${now.digest}`)
    return isPutBack && before.digest !== undefined ? { tag: from, digest: before.digest } : undefined
  }
  const direction = compareTags(policy, from, to, facts)
  const isBack = direction === 'not-newer' || (direction === 'unknown' && seen.has(to))
  return isBack ? { tag: from, digest: undefined } : undefined
}

function isSameRepository(a: ImageReference, b: ImageReference): boolean {
  return a.registry === b.registry && a.repository === b.repository
}

function parsed(image: string | undefined, policy: Policy): ImageReference | undefined {
  try {
    return image === undefined ? undefined : readSlotReference(image, policy)
  } catch {
    return undefined
  }
}
