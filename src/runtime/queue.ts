import type { Clock } from '../ports.ts'

/** How a key left the hands of a worker. */
export type Outcome = { kind: 'done'; requeueAfterMs?: number } | { kind: 'failed'; retryAfterMs?: number }

export interface WorkQueue {
  /** Asks for the key to be worked on. Adding it again before that changes nothing but the order. */
  add(key: string, options?: { afterMs?: number; urgent?: boolean }): void
  /** The next key, marked as being worked on; undefined when the queue was closed. */
  take(): Promise<string | undefined>
  /** Gives the key back. A key added meanwhile becomes ready again at once. */
  finish(key: string, outcome: Outcome): void
  /** No more keys are given out; waiting takers get undefined. */
  close(): void
  /** Keys ready or being worked on, without those that wait for their time. */
  readonly depth: number
}

export interface QueueOptions {
  clock: Clock
  /** 0..1; jitter of the back-off. */
  random: () => number
  /** First back-off, doubled with every failure in a row. Default 500. */
  baseMs?: number
  /** Longest back-off. Default 300,000. */
  maxMs?: number
}

/**
 * A workqueue of keys, not of events, after the model of client-go: one key is never worked on twice at once, additions
 * meanwhile coalesce into one, failures back off per key with jitter, urgent keys (rollbacks) go first.
 */
export function createQueue({ clock, random, baseMs = 500, maxMs = 300_000 }: QueueOptions): WorkQueue {
  const urgent = new Set<string>()
  const ready = new Set<string>()
  const working = new Set<string>()
  const again = new Map<string, boolean>()
  const failures = new Map<string, number>()
  const timers = new Map<string, { due: number; cancel: AbortController }>()
  const takers: ((key: string | undefined) => void)[] = []
  let closed = false

  const give = () => {
    while (takers.length > 0) {
      const key = first(urgent) ?? first(ready)
      if (key === undefined) return
      urgent.delete(key)
      ready.delete(key)
      working.add(key)
      takers.shift()?.(key)
    }
  }

  const makeReady = (key: string, isUrgent: boolean) => {
    timers.get(key)?.cancel.abort()
    timers.delete(key)
    if (working.has(key)) {
      again.set(key, isUrgent || (again.get(key) ?? false))
      return
    }
    if (isUrgent) {
      ready.delete(key)
      urgent.add(key)
    } else if (!urgent.has(key)) ready.add(key)
    give()
  }

  const later = (key: string, afterMs: number) => {
    const due = clock.monotonicMs() + afterMs
    const waiting = timers.get(key)
    if (waiting !== undefined && waiting.due <= due) return
    waiting?.cancel.abort()
    const cancel = new AbortController()
    timers.set(key, { due, cancel })
    void clock.sleep(afterMs, cancel.signal).then(() => {
      if (!cancel.signal.aborted) makeReady(key, false)
    })
  }

  const backoff = (key: string, retryAfterMs: number) => {
    const count = failures.get(key) ?? 0
    failures.set(key, count + 1)
    const exponential = Math.min(maxMs, baseMs * 2 ** Math.min(count, 30))
    return Math.max(retryAfterMs, exponential * (0.5 + random() / 2))
  }

  return {
    add(key, options = {}) {
      if (closed) return
      if (options.afterMs !== undefined && options.afterMs > 0) later(key, options.afterMs)
      else makeReady(key, options.urgent ?? false)
    },
    take() {
      if (closed) return Promise.resolve(undefined)
      return new Promise((resolve) => {
        takers.push(resolve)
        give()
      })
    },
    finish(key, outcome) {
      working.delete(key)
      const addedMeanwhile = again.get(key)
      again.delete(key)
      if (outcome.kind === 'done') failures.delete(key)
      if (closed) return
      if (addedMeanwhile !== undefined && outcome.kind === 'done') makeReady(key, addedMeanwhile)
      else if (outcome.kind === 'failed') later(key, backoff(key, outcome.retryAfterMs ?? 0))
      else if (outcome.requeueAfterMs === 0) makeReady(key, false)
      else if (outcome.requeueAfterMs !== undefined) later(key, outcome.requeueAfterMs)
    },
    close() {
      closed = true
      for (const { cancel } of timers.values()) cancel.abort()
      timers.clear()
      for (const taker of takers.splice(0)) taker(undefined)
    },
    get depth() {
      return urgent.size + ready.size + working.size
    },
  }
}

function first(keys: Set<string>): string | undefined {
  return keys.values().next().value
}
