/** Which requests: a method, and a part of the path below the API's root or a pattern for it. */
export interface RequestMatch {
  method?: string
  path?: string | RegExp
  /** How many of them; default 1. */
  times?: number
}

/** What happens to a request instead of, or beside, its real answer. */
export type Effect =
  | { kind: 'answer'; status: number; message: string; headers?: Readonly<Record<string, string>> }
  /** The connection breaks; afterwards means that the effect has taken place. */
  | { kind: 'drop'; when: 'before' | 'after' }
  | { kind: 'delay'; ms: number }

/** Faults that wait for their request, oldest first. */
export interface Faults {
  add(match: RequestMatch, effect: Effect): void
  /** The effect on this request, which is then used up. */
  take(method: string, path: string): Effect | undefined
}

export function createFaults(): Faults {
  const waiting: { match: RequestMatch; effect: Effect; left: number }[] = []
  return {
    add: (match, effect) => void waiting.push({ match, effect, left: match.times ?? 1 }),
    take(method, path) {
      const at = waiting.findIndex(({ match }) => fits(match, method, path))
      const found = waiting[at]
      if (found === undefined) return undefined
      found.left -= 1
      if (found.left <= 0) waiting.splice(at, 1)
      return found.effect
    },
  }
}

function fits({ method, path }: RequestMatch, actualMethod: string, actualPath: string): boolean {
  if (method !== undefined && method !== actualMethod) return false
  if (path === undefined) return true
  return typeof path === 'string' ? actualPath.includes(path) : path.test(actualPath)
}
