/** How often the event loop is asked to come by. */
const intervalMs = 20

export interface LoopLag {
  /** Longest time, in seconds, that the event loop came late since this was asked last; a block under way counts. */
  take(): number
}

/**
 * Measures by a timer of its own. `monitorEventLoopDelay` counts the time between two looks as delay, and is blind from a
 * reset until the look after it, which is when a scrape is answered.
 */
export function createLoopLag(): LoopLag {
  let dueMs = performance.now() + intervalMs
  let longestMs = 0
  const look = () => {
    const nowMs = performance.now()
    longestMs = Math.max(longestMs, nowMs - dueMs)
    return nowMs
  }
  setInterval(() => {
    dueMs = look() + intervalMs
  }, intervalMs).unref()
  return {
    take() {
      // what is late already counts here, and only the rest of it the next time
      const nowMs = look()
      const lag = longestMs / 1000
      dueMs = Math.max(dueMs, nowMs)
      longestMs = 0
      return lag
    },
  }
}
