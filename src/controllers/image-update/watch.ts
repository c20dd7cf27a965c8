import type { Mode } from '../../api/annotation.ts'
import { objectKey } from '../../api/kubernetes.ts'
import { ociPlace } from '../../core/image/chart-place.ts'
import { chartVersionOfTag } from '../../core/image/chart-version.ts'
import { parseImageReference } from '../../core/image/reference.ts'
import type { UpdateRule } from '../../core/image/rule.ts'
import type { UpdateSubject } from '../../core/manifest/update-subject.ts'
import type { Clock, ImageRepository, Log } from '../../ports.ts'
import type { WorkQueue } from '../../runtime/queue.ts'
import { imageKey, type TagSource } from '../../runtime/tag-source.ts'
import { createHintFollower } from './hint.ts'
import { watchedContainers } from './watched.ts'

/** What wakes the image-update loop: changed workloads, hints from registries, and polling as the safety net. */
export interface ImageWatch {
  /** A workload appeared, changed or went (`undefined`). */
  changed(key: string, workload: UpdateSubject | undefined): void
  /**
   * Something was pushed to this image, somebody says. The registry is asked afterwards, whatever is under way; it may
   * say so before it lists the tag or serves its manifest, so it is asked again when the hinted tag is missing.
   */
  hinted(image: ImageRepository, tag?: string): void
  /** One workload is looked at again, e.g. because a decision about it has come to nothing. */
  wake(key: string, afterMs: number): void
  /** Everything is looked at again, e.g. after becoming leader. */
  wakeAll(): void
  /** Polls each image once per interval, jittered, until the signal aborts. */
  poll(signal: AbortSignal): Promise<void>
}

export interface ImageWatchDeps {
  queue: WorkQueue
  tags: TagSource
  rules: readonly UpdateRule[]
  mode: Mode
  intervalMs: number
  isLeader: () => boolean
  clock: Clock
  random: () => number
  /** Aborts what still waits. */
  stopped: AbortSignal
  log: Log
}

export function createImageWatch(deps: ImageWatchDeps): ImageWatch {
  const keysByImage = new Map<string, { image: ImageRepository; keys: Set<string> }>()
  const imagesByKey = new Map<string, readonly string[]>()

  const forget = (key: string) => {
    for (const image of imagesByKey.get(key) ?? []) {
      const entry = keysByImage.get(image)
      entry?.keys.delete(key)
      if (entry?.keys.size === 0) keysByImage.delete(image)
    }
    imagesByKey.delete(key)
  }

  const remember = (key: string, workload: UpdateSubject) => {
    const images = watchedContainers(workload, deps.rules, deps.mode).flatMap((one) =>
      'image' in one ? placesOf(one.image, workload) : [],
    )
    for (const image of images) {
      const entry = keysByImage.get(imageKey(image)) ?? { image, keys: new Set() }
      entry.keys.add(key)
      keysByImage.set(imageKey(image), entry)
    }
    imagesByKey.set(key, images.map(imageKey))
  }

  const refresh = async (image: ImageRepository) => {
    await deps.tags.refresh(image)
    const failure = deps.tags.failure(image)
    if (failure !== undefined) deps.log.warn({ image: imageKey(image), code: failure.code }, failure.message)
    for (const key of keysByImage.get(imageKey(image))?.keys ?? []) deps.queue.add(key)
  }

  const followHint = createHintFollower({
    ...deps,
    refresh,
    isWanted: (image) => keysByImage.has(imageKey(image)) && deps.isLeader(),
  })

  return {
    changed(key, workload) {
      forget(key)
      if (workload === undefined) return
      if (watchedContainers(workload, deps.rules, deps.mode).length === 0) return
      remember(key, workload)
      deps.queue.add(objectKey(workload))
    },
    hinted(image, tag) {
      if (keysByImage.has(imageKey(image))) void followHint(image, tag)
      // In a registry charts lie beside images.
      const chart = ociPlace(image)
      if (keysByImage.has(imageKey(chart))) void followHint(chart, tag && chartVersionOfTag(tag))
    },
    wake(key, afterMs) {
      if (imagesByKey.has(key)) deps.queue.add(key, { afterMs })
    },
    wakeAll() {
      for (const key of imagesByKey.keys()) deps.queue.add(key)
    },
    async poll(signal) {
      while (!signal.aborted) {
        const images = [...keysByImage.values()].map((one) => one.image)
        deps.tags.keep(new Set(images.map(imageKey)))
        const pauseMs = deps.intervalMs / (images.length + 1)
        for (const image of images) {
          await deps.clock.sleep(pauseMs * (0.5 + deps.random()), signal)
          if (signal.aborted) return
          if (deps.isLeader()) await refresh(image)
        }
        await deps.clock.sleep(pauseMs, signal)
      }
    },
  }
}

/** Where the versions of a container's image, or of a chart, are listed. */
function placesOf(image: string, { chart }: UpdateSubject): ImageRepository[] {
  if (chart === undefined) return parsed(image)
  return chart.place === undefined ? [] : [chart.place]
}

/** An image that cannot be parsed cannot be asked for; tracing it says so. */
function parsed(image: string): ImageRepository[] {
  try {
    return [parseImageReference(image)]
  } catch {
    return []
  }
}
