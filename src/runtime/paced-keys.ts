import type { Clock } from '../ports.ts'

/** Keys that have time: they are let through one after the other, so that what they cause is spread out. */
export interface PacedKeys {
  /** A key that waits already keeps its place. */
  add(key: string): void
  /** Lets keys through until the signal aborts. */
  run(signal: AbortSignal): Promise<void>
  readonly size: number
}

export interface PacedKeysOptions {
  clock: Clock
  /** At most so many in a second. */
  perSecond: number
  /** Nobody is let through while this is false; asked again every five seconds. */
  isOpen: () => boolean
  release: (key: string) => void
}

const closedPauseMs = 5_000

export function createPacedKeys({ clock, perSecond, isOpen, release }: PacedKeysOptions): PacedKeys {
  const waiting = new Set<string>()
  let wake: () => void = () => undefined

  return {
    add(key) {
      waiting.add(key)
      wake()
    },
    async run(signal) {
      signal.addEventListener('abort', () => wake(), { once: true })
      while (!signal.aborted) {
        const [key] = waiting
        if (key === undefined) {
          await new Promise<void>((resolve) => {
            wake = resolve
          })
        } else if (!isOpen()) {
          await clock.sleep(closedPauseMs, signal)
        } else {
          waiting.delete(key)
          release(key)
          await clock.sleep(1000 / perSecond, signal)
        }
      }
    },
    get size() {
      return waiting.size
    },
  }
}
