import type { Clock } from '../../../src/ports.ts'

/** Time that passes as fast as somebody waits for it. */
export interface EagerClock extends Clock {
  /** Waits so far, in milliseconds, without those for a silent watch. */
  readonly waits: readonly number[]
  /** Lets all watches that are waited for fall silent for too long. */
  silence(): void
}

/**
 * Short waits are over at once and move the clock. Whoever waits longer than `longestWaitMs` waits for a sign of life,
 * and that silence lasts until the test says so.
 */
export function createEagerClock(longestWaitMs = 200_000): EagerClock {
  const waits: number[] = []
  const silent = new Set<() => void>()
  let passedMs = 0
  const start = Date.parse('2026-01-01T00:00:00Z')

  return {
    waits,
    now: () => new Date(start + passedMs),
    monotonicMs: () => passedMs,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve()
        const wake = () => {
          silent.delete(over)
          signal?.removeEventListener('abort', wake)
          resolve()
        }
        const over = () => {
          passedMs += ms
          wake()
        }
        signal?.addEventListener('abort', wake, { once: true })
        if (ms > longestWaitMs) silent.add(over)
        else {
          waits.push(ms)
          setImmediate(over)
        }
      }),
    silence() {
      for (const over of [...silent]) over()
    },
  }
}
