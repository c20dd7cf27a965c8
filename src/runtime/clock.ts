import type { Clock } from '../ports.ts'

const longestTimerMs = 2 ** 31 - 1

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      const finish = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', finish)
        resolve()
      }
      // Node fires at once what lies beyond 24.8 days, so longer waits are made of shorter ones.
      const dueMs = performance.now() + ms
      const arm = () => {
        const leftMs = dueMs - performance.now()
        timer = leftMs > longestTimerMs ? setTimeout(arm, longestTimerMs) : setTimeout(finish, Math.max(0, leftMs))
      }
      let timer: NodeJS.Timeout
      arm()
      signal?.addEventListener('abort', finish, { once: true })
    }),
}
