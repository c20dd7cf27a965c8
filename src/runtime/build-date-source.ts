import { asFairleadError } from '../errors.ts'
import type { Clock, ImageRepository, Registry } from '../ports.ts'
import { imageKey } from './tag-source.ts'

/** When images say they were built. */
export interface BuildDateSource {
  /**
   * Dates of tags, in milliseconds since 1970, as far as the registry may be asked now: what a tag points to by HEAD, and
   * for digests that are new their manifests, few at a time. Those first in `tags` are asked first. Rejects as the
   * registry does.
   */
  read(image: ImageRepository, tags: readonly string[]): Promise<BuildDates>
}

export interface BuildDates {
  builtAt: ReadonlyMap<string, number>
  /** Tags that were not asked about yet. */
  missing: number
  /** When there may be more; 0 when nothing is missing. */
  retryAfterMs: number
}

/** Manifests that may be asked for within `windowMs`: registries count them as pulls, and have limits. */
const manifestLimit = 20
const windowMs = 300_000
/** HEAD requests in one look; they are no pulls. */
const headLimit = 100
/** So long a tag is believed to point to the same digest. */
const freshMs = 60_000

interface ImageState {
  /** Undefined digest: there is no such tag (any more). */
  tags: Map<string, { digest: string | undefined; askedMs: number }>
  /** Undefined: the image does not say. */
  dates: Map<string, number | undefined>
  windowStartMs: number
  asked: number
}

export function createBuildDateSource(registry: Registry, clock: Clock): BuildDateSource {
  const images = new Map<string, ImageState>()

  const stateOf = (image: ImageRepository, tags: readonly string[]): ImageState => {
    const known = images.get(imageKey(image))
    const state = known ?? { tags: new Map(), dates: new Map(), windowStartMs: clock.monotonicMs(), asked: 0 }
    images.set(imageKey(image), state)
    const wanted = new Set(tags)
    for (const tag of state.tags.keys()) if (!wanted.has(tag)) state.tags.delete(tag)
    return state
  }

  const askDigests = async (image: ImageRepository, tags: readonly string[], state: ImageState) => {
    const nowMs = clock.monotonicMs()
    const ageOf = (tag: string) => nowMs - (state.tags.get(tag)?.askedMs ?? Number.NEGATIVE_INFINITY)
    const [first = '', ...others] = tags.filter((tag) => ageOf(tag) >= freshMs)
    const stalest = others.sort((a, b) => (ageOf(a) === ageOf(b) ? 0 : ageOf(b) - ageOf(a)))
    for (const tag of [first, ...stalest].slice(0, headLimit)) {
      if (tag !== '') state.tags.set(tag, { digest: await registry.digest(image, tag), askedMs: clock.monotonicMs() })
    }
  }

  const askDates = async (image: ImageRepository, tags: readonly string[], state: ImageState) => {
    if (clock.monotonicMs() - state.windowStartMs >= windowMs) {
      state.windowStartMs = clock.monotonicMs()
      state.asked = 0
    }
    for (const tag of tags) {
      const digest = state.tags.get(tag)?.digest
      if (digest === undefined || state.dates.has(digest)) continue
      if (state.asked >= manifestLimit) return
      state.asked++
      state.dates.set(digest, await readDate(image, digest))
    }
  }

  /** What was deleted between two questions has no date. */
  const readDate = async (image: ImageRepository, digest: string): Promise<number | undefined> => {
    try {
      return (await registry.builtAt(image, digest))?.getTime()
    } catch (thrown) {
      const error = asFairleadError(thrown)
      if (error.code === 'RegistryNotFound') return undefined
      throw error
    }
  }

  return {
    async read(image, tags) {
      const state = stateOf(image, tags)
      await askDigests(image, tags, state)
      await askDates(image, tags, state)
      return summary(tags, state, clock.monotonicMs())
    },
  }
}

function summary(
  tags: readonly string[],
  { tags: known, dates, windowStartMs, asked }: ImageState,
  nowMs: number,
): BuildDates {
  const builtAt = new Map<string, number>()
  let missing = 0
  for (const tag of tags) {
    const at = known.get(tag)
    const date = dates.get(at?.digest ?? '')
    if (date !== undefined) builtAt.set(tag, date)
    if (at === undefined || (at.digest !== undefined && !dates.has(at.digest))) missing++
  }
  const pauseMs = asked >= manifestLimit ? Math.max(1000, windowStartMs + windowMs - nowMs) : 1000
  return { builtAt, missing, retryAfterMs: missing === 0 ? 0 : pauseMs }
}
