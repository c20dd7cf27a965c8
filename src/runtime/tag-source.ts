import { parsingTags, type TagList } from '../core/image/tag-list.ts'
import { asFairleadError, FairleadError } from '../errors.ts'
import type { ImageRepository, Registry } from '../ports.ts'
import { runInSlices } from './cooperative.ts'
import { createTurnstile, type Turnstile } from './turnstile.ts'

/** The tags of every image that is looked at, each list read and parsed once for all workloads and policies. */
export interface TagSource {
  /** The newest complete list that is not empty; undefined before the first. */
  get(image: ImageRepository): TagList | undefined
  /** Why the newest attempt failed, if it did. */
  failure(image: ImageRepository): FairleadError | undefined
  /**
   * Asks the registry again. A call while one is under way causes exactly one more after it, because what was pushed
   * meanwhile may be missing from the list on its way. Never rejects; see `failure`.
   */
  refresh(image: ImageRepository): Promise<void>
  /** Forgets images that no workload uses any more. */
  keep(images: ReadonlySet<string>): void
}

/** `registry/repository`, the identity of an image. */
export function imageKey({ registry, repository }: ImageRepository): string {
  return `${registry}/${repository}`
}

/**
 * A repository whose image runs has tags. Registries that are restored, migrated or out of step with their database list
 * none for a while; read as "nothing fits", that would void what was approved.
 */
function requireSome(tags: readonly string[], key: string): readonly string[] {
  if (tags.length > 0) return tags
  throw new FairleadError('RegistryUnavailable', `${key} lists no tags at all just now; nothing is decided from that`)
}

/** Lists that are asked of one registry at once: a flood of hints must not keep the process from answering the next. */
const listsAtOnce = 8

export function createTagSource(registry: Pick<Registry, 'tags'>): TagSource {
  const turnstiles = new Map<string, Turnstile>()
  const lists = new Map<string, TagList>()
  const failures = new Map<string, FairleadError>()
  const running = new Map<string, { current: Promise<void>; again: Promise<void> | undefined }>()

  const list = (image: ImageRepository) => {
    const pass = turnstiles.get(image.registry) ?? createTurnstile(listsAtOnce)
    turnstiles.set(image.registry, pass)
    return pass(() => registry.tags(image))
  }

  const read = async (image: ImageRepository) => {
    const key = imageKey(image)
    try {
      lists.set(key, await runInSlices(parsingTags(requireSome(await list(image), key))))
      failures.delete(key)
    } catch (thrown) {
      // A list that could not be read completely changes nothing: the last good one stays.
      failures.set(key, asFairleadError(thrown))
    }
  }

  const start = (image: ImageRepository): Promise<void> => {
    const key = imageKey(image)
    const entry = { current: read(image), again: undefined as Promise<void> | undefined }
    // With one more to come the entry stays until that has begun, else two could run at once and the older end last.
    entry.current = entry.current.finally(() => {
      if (entry.again === undefined) running.delete(key)
    })
    running.set(key, entry)
    return entry.current
  }

  return {
    get: (image) => lists.get(imageKey(image)),
    failure: (image) => failures.get(imageKey(image)),
    refresh(image) {
      const under = running.get(imageKey(image))
      if (under === undefined) return start(image)
      under.again ??= under.current.then(() => start(image))
      return under.again
    },
    keep(images) {
      for (const key of lists.keys()) if (!images.has(key)) lists.delete(key)
      for (const key of failures.keys()) if (!images.has(key)) failures.delete(key)
    },
  }
}
