import { FairleadError } from '../../errors.ts'
import type { Clock } from '../../ports.ts'

/** The pace at which one host is asked. */
export interface RateGate {
  /**
   * Resolves when the next request may go out. `RegistryUnavailable` with `retryAfterMs`, at once, when the host asked
   * for a longer silence than a caller should be kept waiting.
   */
  pass(): Promise<void>
  /** The host asked for silence; everybody waits, also those who passed the queue already and sleep. */
  pause(ms: number): void
}

export interface RateGateSettings {
  clock: Clock
  host: string
  perSecond: number
}

/** Longer silences are handed to the caller, who has better things to do than to wait. */
export const longestWaitMs = 60_000

/** A token bucket that holds one second's worth; slots are reserved in order, so nobody overtakes. */
export function createRateGate({ clock, host, perSecond }: RateGateSettings): RateGate {
  const intervalMs = 1000 / perSecond
  const burstMs = Math.max(0, 1000 - intervalMs)
  let nextFree = Number.NEGATIVE_INFINITY
  let silentUntil = Number.NEGATIVE_INFINITY

  const reserve = (now: number): number => {
    const slot = Math.max(nextFree, now - burstMs)
    nextFree = slot + intervalMs
    return slot - now
  }

  return {
    async pass() {
      for (;;) {
        const now = clock.monotonicMs()
        const silence = silentUntil - now
        if (silence > longestWaitMs) throw silentHost(host, silence)
        const waitMs = silence > 0 ? silence : reserve(now)
        if (waitMs > 0) await clock.sleep(waitMs)
        if (silence <= 0 && silentUntil <= clock.monotonicMs()) return
      }
    },
    pause(ms) {
      silentUntil = Math.max(silentUntil, clock.monotonicMs() + ms)
    },
  }
}

function silentHost(host: string, silenceMs: number): FairleadError {
  const seconds = Math.ceil(silenceMs / 1000)
  return new FairleadError(
    'RegistryUnavailable',
    `${host} asked not to be called for another ${seconds} s (rate limit)`,
    {
      retryAfterMs: silenceMs,
    },
  )
}
