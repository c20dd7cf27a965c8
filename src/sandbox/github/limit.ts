import { GitHubFailure } from './failure.ts'

/** Calls that an account has left in the hour. */
interface Budget {
  limit: number
  used: number
  resetAt: Date
}

export type LimitedResource = 'core' | 'graphql'

/** The primary limits, counted for each account. */
export interface Limits {
  /** Throws a 403 when nothing is left. */
  check(login: string, resource: LimitedResource): void
  count(login: string, resource: LimitedResource): void
  /** The headers that stand on every answer. */
  headers(login: string, resource: LimitedResource): Record<string, string>
  /** From now on so many calls are left, until `resetMs` from now. */
  leave(login: string, remaining: number, resetMs: number): void
}

export function createLimits(now: () => Date, limit = 5000): Limits {
  const budgets = new Map<string, Budget>()

  function budgetOf(login: string, resource: LimitedResource): Budget {
    const key = `${resource} ${login.toLowerCase()}`
    const found = budgets.get(key)
    if (found !== undefined && found.resetAt > now()) return found
    const fresh = { limit, used: 0, resetAt: new Date(now().getTime() + 3_600_000) }
    budgets.set(key, fresh)
    return fresh
  }

  function headers(login: string, resource: LimitedResource): Record<string, string> {
    const { limit: most, used, resetAt } = budgetOf(login, resource)
    return {
      'x-ratelimit-limit': String(most),
      'x-ratelimit-remaining': String(Math.max(0, most - used)),
      'x-ratelimit-used': String(used),
      'x-ratelimit-reset': String(Math.ceil(resetAt.getTime() / 1000)),
      'x-ratelimit-resource': resource,
    }
  }

  return {
    headers,
    check(login, resource) {
      const { limit: most, used } = budgetOf(login, resource)
      if (used >= most) throw new GitHubFailure(403, `API rate limit exceeded for user ${login}.`)
    },
    count(login, resource) {
      budgetOf(login, resource).used += 1
    },
    leave(login, remaining, resetMs) {
      for (const resource of ['core', 'graphql'] as const) {
        const budget = budgetOf(login, resource)
        budget.used = budget.limit - remaining
        budget.resetAt = new Date(now().getTime() + resetMs)
      }
    },
  }
}
