import type { Clock, ImageRepository } from '../../ports.ts'
import { imageKey, type TagSource } from '../../runtime/tag-source.ts'

export interface HintDeps {
  tags: TagSource
  /** Asks the registry again and wakes whoever uses the image. Never rejects. */
  refresh: (image: ImageRepository) => Promise<void>
  /** Is the image used, and are we the one who acts? Else the hint is nobody's any more. */
  isWanted: (image: ImageRepository) => boolean
  clock: Clock
  /** Aborts what still waits. */
  stopped: AbortSignal
}

/** Measured on docker-registry 2.8: one notification in thirteen is ahead of the tag, by up to some tens of milliseconds. */
const earlyMs = [100, 1_000, 5_000]
/** A registry that does not answer is asked less and less often, as long as it takes. */
const failedMs = { first: 15_000, longest: 300_000 }
/** Hinted tags that are waited for, per image: whoever can send hints can make them up. */
const missingLimit = 100

/** What is still open about the hints of one image. */
interface Open {
  missing: Set<string>
  /** How often the registry was asked since something is open. */
  looks: number
}

/**
 * Follows hints: the registry is always asked after a hint came, again when a hinted tag is missing in its answer, and
 * again and again when it does not answer, because the sender was told that its hint was taken. Hints of different
 * images do not wait for each other; those of one image are waited for together.
 */
export function createHintFollower({ tags, refresh, isWanted, clock, stopped }: HintDeps) {
  const following = new Map<string, Open>()

  const isListed = (image: ImageRepository, tag: string) => tags.get(image)?.tags.includes(tag) === true

  /** How long to wait before the next look; undefined when none is needed. */
  const nextLookMs = (image: ImageRepository, { missing, looks }: Open): number | undefined => {
    for (const tag of missing) if (isListed(image, tag)) missing.delete(tag)
    const failure = tags.failure(image)
    const early = earlyMs[looks]
    if (early !== undefined) return failure !== undefined || missing.size > 0 ? early : undefined
    // What a person has to mend is left to polling.
    const mayHeal = failure !== undefined && failure.kind !== 'terminal'
    return mayHeal ? Math.min(failedMs.first * 2 ** (looks - earlyMs.length), failedMs.longest) : undefined
  }

  const keepLooking = async (image: ImageRepository, open: Open) => {
    for (;;) {
      const waitMs = nextLookMs(image, open)
      if (waitMs === undefined) return
      open.looks++
      await clock.sleep(waitMs, stopped)
      if (stopped.aborted || !isWanted(image)) return
      await refresh(image)
    }
  }

  return async (image: ImageRepository, tag: string | undefined): Promise<void> => {
    await refresh(image)
    const key = imageKey(image)
    const open = following.get(key) ?? { missing: new Set<string>(), looks: 0 }
    if (tag !== undefined && open.missing.size < missingLimit && !isListed(image, tag)) {
      open.missing.add(tag)
      // A tag that is new here gets an early look of its own, too.
      open.looks = Math.min(open.looks, earlyMs.length - 1)
    }
    if (following.has(key)) return
    following.set(key, open)
    await keepLooking(image, open)
    following.delete(key)
  }
}
