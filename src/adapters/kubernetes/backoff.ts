/** How long to wait before the next list or watch. */
export interface Backoff {
  /**
   * After an end that is part of the game (clean close, 410): at once the first time, but never twice within a second.
   * `livedMs` is how long the ended call had lasted.
   */
  afterEnd(livedMs: number): number
  /** After a failure: 1 s to 30 s, never less than the server asked for. */
  afterFailure(retryAfterMs?: number): number
  /** The API server spoke; failures before that no longer count. */
  healthy(): void
}

const firstMs = 1_000
const maxMs = 30_000
/** No Retry-After holds a watch longer than this. */
const maxRetryAfterMs = 300_000

/** `random` gives numbers in [0, 1), so that many replicas do not come back at the same moment. */
export function createBackoff(random: () => number): Backoff {
  let failures = 0
  let quickEnds = 0

  const growing = (attempt: number): number => {
    const top = Math.min(maxMs, firstMs * 2 ** Math.min(attempt + 1, 10))
    return firstMs + random() * (top - firstMs)
  }

  return {
    afterEnd(livedMs) {
      if (livedMs >= firstMs) quickEnds = 0
      const delay = quickEnds === 0 ? random() * 200 : growing(quickEnds - 1)
      quickEnds++
      return delay
    },
    afterFailure(retryAfterMs = 0) {
      const asked = Math.min(retryAfterMs, maxRetryAfterMs)
      const delay = growing(failures)
      failures++
      return asked === 0 ? delay : Math.max(delay, asked + random() * firstMs)
    },
    healthy() {
      failures = 0
    },
  }
}
