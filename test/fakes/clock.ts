import type { Clock } from '../../src/ports.ts'

export interface ManualClock extends Clock {
  /** Moves both clocks forward and lets everything that became due run. */
  advance(ms: number): Promise<void>
  /** Moves only the wall clock, as an administrator or a resumed laptop would. */
  jumpWallClock(ms: number): void
  /** How many sleepers wait now. */
  readonly sleepers: number
}

/** A clock that stands still until told otherwise. */
export function createManualClock(start = '2026-01-01T00:00:00Z'): ManualClock {
  let monotonic = 0
  let wall = Date.parse(start)
  const sleeping = new Set<{ due: number; wake: () => void }>()

  const settle = async () => {
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
  }

  return {
    now: () => new Date(wall),
    monotonicMs: () => monotonic,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve()
        const sleeper = {
          due: monotonic + Math.max(0, ms),
          wake: () => {
            sleeping.delete(sleeper)
            signal?.removeEventListener('abort', sleeper.wake)
            resolve()
          },
        }
        sleeping.add(sleeper)
        signal?.addEventListener('abort', sleeper.wake, { once: true })
      }),
    async advance(ms) {
      const end = monotonic + ms
      await settle()
      for (;;) {
        const next = [...sleeping].filter((one) => one.due <= end).sort((a, b) => a.due - b.due)[0]
        if (next === undefined) break
        wall += next.due - monotonic
        monotonic = next.due
        next.wake()
        await settle()
      }
      wall += end - monotonic
      monotonic = end
      await settle()
    },
    jumpWallClock(ms) {
      wall += ms
    },
    get sleepers() {
      return sleeping.size
    },
  }
}
