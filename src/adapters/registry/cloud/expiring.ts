import type { Clock } from '../../../ports.ts'

/** Something that is good for a while. */
export interface Lease<T> {
  value: T
  lifetimeMs: number
}

/** After a renewal that failed, while the old value is still good. */
const retryMs = 60_000
/** What says no lifetime, or an absurd one, is fetched again after this long. */
const leastLifetimeMs = 60_000

/**
 * Keeps a value until four fifths of its life are over, then fetches the next; callers who come at the same time share
 * one fetch. A renewal that fails is no failure while the old value lives: it is tried again a minute later.
 */
export function createExpiring<T>(clock: Clock, fetch: () => Promise<Lease<T>>): () => Promise<T> {
  let known: { value: T; renewAtMs: number; endsAtMs: number } | undefined
  let underWay: Promise<T> | undefined

  async function renew(): Promise<T> {
    const askedAtMs = clock.monotonicMs()
    const { value, lifetimeMs } = await fetch()
    const life = Number.isFinite(lifetimeMs) ? Math.max(lifetimeMs, leastLifetimeMs) : leastLifetimeMs
    known = { value, renewAtMs: askedAtMs + life * 0.8, endsAtMs: askedAtMs + life }
    return value
  }

  return async () => {
    if (known !== undefined && clock.monotonicMs() < known.renewAtMs) return known.value
    underWay ??= renew().finally(() => {
      underWay = undefined
    })
    try {
      return await underWay
    } catch (error) {
      const now = clock.monotonicMs()
      if (known === undefined || now >= known.endsAtMs) throw error
      known.renewAtMs = now + retryMs
      return known.value
    }
  }
}
