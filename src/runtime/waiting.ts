import type { Gauge } from 'prom-client'

/** Since when the oldest one waits, for each thing that is waited for. Only who waits now is kept. */
export interface WaitingTimes {
  /** Undefined: it waits for nothing (any more). */
  set(key: string, waiting: { what: string; sinceMs: number } | undefined): void
  /** Fills the gauge: one series for each thing somebody waits for, and none for the others. */
  collect(gauge: Gauge<'for'>): void
}

export function createWaitingTimes(): WaitingTimes {
  const waiting = new Map<string, { what: string; sinceMs: number }>()
  return {
    set(key, one) {
      if (one === undefined) waiting.delete(key)
      else waiting.set(key, one)
    },
    collect(gauge) {
      gauge.reset()
      const oldest = new Map<string, number>()
      for (const { what, sinceMs } of waiting.values()) {
        oldest.set(what, Math.min(sinceMs, oldest.get(what) ?? sinceMs))
      }
      for (const [what, sinceMs] of oldest) gauge.set({ for: what }, sinceMs / 1000)
    },
  }
}
