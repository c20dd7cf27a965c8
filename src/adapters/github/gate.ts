import { FairleadError } from '../../errors.ts'
import type { Clock } from '../../ports.ts'
import { type Ask, type Budget, nextTurn, unusedBudget } from './budget.ts'
import type { Pool, RateNews } from './rate.ts'

/** Through it go all requests of one login. */
export interface Gate {
  /**
   * Runs the call when it is its turn. `HostLimited` with the time to wait, at once, while the host wants silence or
   * what is left of the allowance is kept for what is more urgent.
   */
  pass<T>(ask: Ask, call: () => Promise<T>): Promise<T>
  /** What an answer said about limits. */
  learn(pool: Pool, news: RateNews): void
}

interface Waiting {
  ask: Ask
  go: () => void
  refuse: (error: FairleadError) => void
}

/** `host` is the name in messages. */
export function createGate({ clock, host }: { clock: Clock; host: string }): Gate {
  const waiting: Waiting[] = []
  let budget: Budget = unusedBudget
  let wakesAt = Number.POSITIVE_INFINITY

  function take(at: number): Waiting {
    const [one] = waiting.splice(at, 1)
    if (one === undefined) throw new FairleadError('Internal', `nobody waits at place ${at}`)
    return one
  }

  function begin({ ask, go }: Waiting): void {
    budget = ask.writes ? { ...budget, writing: true } : { ...budget, reading: budget.reading + 1 }
    go()
  }

  function end({ writes }: Ask): void {
    budget = writes
      ? { ...budget, writing: false, lastWriteAt: clock.monotonicMs() }
      : { ...budget, reading: budget.reading - 1 }
    turn()
  }

  function turn(): void {
    for (;;) {
      const now = clock.monotonicMs()
      const next = nextTurn(
        budget,
        waiting.map(({ ask }) => ask),
        now,
      )
      if (next.kind === 'wait') {
        wakeIn(next.ms, now)
        return
      }
      const one = take(next.at)
      if (next.kind === 'go') begin(one)
      else one.refuse(limited(host, next.waitMs))
    }
  }

  function wakeIn(ms: number | undefined, now: number): void {
    if (ms === undefined || now + ms >= wakesAt) return
    wakesAt = now + ms
    clock.sleep(ms).then(() => {
      wakesAt = Number.POSITIVE_INFINITY
      turn()
    })
  }

  return {
    async pass(ask, call) {
      await new Promise<void>((go, refuse) => {
        waiting.push({ ask, go, refuse })
        turn()
      })
      try {
        return await call()
      } finally {
        end(ask)
      }
    },
    learn(pool, { allowance, silenceMs }) {
      const now = clock.monotonicMs()
      if (silenceMs !== undefined) {
        budget = { ...budget, silentUntil: Math.max(budget.silentUntil, now + silenceMs) }
      }
      if (allowance === undefined) return
      const { limit, remaining, resetsInMs } = allowance
      const known = { limit, remaining, resetsAt: now + resetsInMs }
      budget = { ...budget, allowances: { ...budget.allowances, [pool]: known } }
    },
  }
}

/** The host wants silence. */
export function limited(host: string, waitMs: number): FairleadError {
  const words = `${host} wants no more requests of this login for another ${Math.ceil(waitMs / 1000)} s (rate limit); it is asked again then`
  return new FairleadError('HostLimited', words, { retryAfterMs: waitMs })
}
