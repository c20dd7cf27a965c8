import type { Clock } from '../ports.ts'

/** Says no when too much comes at once. */
export interface RateLimit {
  /** May one more pass now? */
  take(): boolean
}

/** A token bucket: `burst` at once, refilled with `perSecond`. */
export function createRateLimit(clock: Clock, { perSecond, burst }: { perSecond: number; burst: number }): RateLimit {
  let tokens = burst
  let filledAtMs = clock.monotonicMs()
  return {
    take() {
      const now = clock.monotonicMs()
      tokens = Math.min(burst, tokens + ((now - filledAtMs) / 1000) * perSecond)
      filledAtMs = now
      if (tokens < 1) return false
      tokens--
      return true
    },
  }
}
