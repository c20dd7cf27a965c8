/** Lets some calls run at once and the others wait their turn, in order. */
export type Turnstile = <T>(call: () => Promise<T>) => Promise<T>

export function createTurnstile(atOnce: number): Turnstile {
  const waiting: (() => void)[] = []
  let running = 0
  return async (call) => {
    if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve))
    else running++
    try {
      return await call()
    } finally {
      // The place is handed on, so that nobody who comes now gets ahead of those who wait.
      const next = waiting.shift()
      if (next === undefined) running--
      else next()
    }
  }
}
