import type { KubernetesObject, Resource } from '../../api/kubernetes.ts'
import type { FollowObserver, Log } from '../../ports.ts'
import { keyOf, readObject } from './object.ts'

/** One kind that is followed: what turns raw JSON into calls of the observer. */
export interface Follower<T> {
  readonly resource: Resource
  /** What the API server is asked to send only, e.g. `team=shop`; undefined = all objects. */
  readonly labelSelector: string | undefined
  /** Shapes one raw object; undefined when it has no name or `shape` failed, which is counted and logged. */
  read(raw: unknown): { key: string; object: T } | undefined
  /** Key of a raw object that is gone; undefined when it has no name, which is counted. */
  keyOf(raw: unknown): string | undefined
  /** The observer, whose mistakes end up in the log and nowhere else. */
  readonly observer: FollowObserver<T>
  /** Something that should have been an event was none. */
  malformed(what: string): void
  /** How many pieces could not be read so far. */
  readonly malformedCount: number
}

/** `shape` and `observer` are other people's code: nothing they throw may end the watch. */
export function createFollower<T>(
  what: {
    resource: Resource
    labelSelector: string | undefined
    shape: (object: KubernetesObject) => T
    observer: FollowObserver<T>
  },
  log: Log,
): Follower<T> {
  const { resource, labelSelector, shape, observer } = what
  let malformedCount = 0
  const { kind } = resource

  const safely = (work: () => void) => {
    try {
      work()
    } catch (error) {
      log.error({ kind, error }, 'observer of a watch failed; the watch goes on')
    }
  }
  const malformed = (what: string) => {
    malformedCount++
    log.warn({ kind, malformed: malformedCount }, `API server sent ${what}; skipped`)
  }

  const named = (raw: unknown): KubernetesObject | undefined => {
    const object = readObject(raw, resource)
    if (object === undefined) malformed('an object without a name')
    return object
  }

  return {
    resource,
    labelSelector,
    malformed,
    get malformedCount() {
      return malformedCount
    },
    keyOf(raw) {
      const object = named(raw)
      return object === undefined ? undefined : keyOf(object)
    },
    read(raw) {
      const object = named(raw)
      if (object === undefined) return undefined
      try {
        return { key: keyOf(object), object: shape(object) }
      } catch (error) {
        log.error({ kind, object: keyOf(object), error }, 'object cannot be read; skipped')
        return undefined
      }
    },
    observer: {
      replaced: (objects) => safely(() => observer.replaced(objects)),
      changed: (key, object) => safely(() => observer.changed(key, object)),
      removed: (key) => safely(() => observer.removed(key)),
      alive: () => safely(() => observer.alive()),
      restarted: (reason) => safely(() => observer.restarted(reason)),
    },
  }
}
