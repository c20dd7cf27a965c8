import type { Clock, Http } from '../../ports.ts'
import { createAnswerCache } from './answer-cache.ts'
import { createAppLogin } from './app-login.ts'
import { type Client, createClient } from './client.ts'
import { createFetch } from './fetch.ts'
import { createGate } from './gate.ts'
import { createTokenLogin, type GitHubLogin } from './login.ts'
import type { Pool } from './rate.ts'

/** Where requests are counted. `host` is that of the API. */
export interface HostMetrics {
  /** `code` is the HTTP status or an error code. */
  requested(host: string, code: string): void
  /** How many requests are left until the host's limit. */
  remaining(host: string, pool: Pool, requests: number): void
}

export interface AccountDeps {
  http: Http
  clock: Clock
  /** Learns secrets, so that the log can hide them. */
  seen?: (secret: string) => void
  metrics?: HostMetrics
}

/** Clients by API and login: repositories with the same ones share a budget, as they do in the eyes of the host. */
export interface Accounts {
  client(apiURL: string, login: GitHubLogin): Client
}

/** Bodies of answers that are kept to be asked for conditionally; an open pull request takes about 60 kB. */
const cacheBytes = 16 * 1024 * 1024

export function createAccounts(deps: AccountDeps): Accounts {
  const clients = new Map<string, Client>()
  return {
    client(apiURL, login) {
      const key = JSON.stringify([apiURL, login])
      const known = clients.get(key) ?? openClient(apiURL, login, deps)
      clients.set(key, known)
      return known
    },
  }
}

function openClient(apiURL: string, which: GitHubLogin, deps: AccountDeps): Client {
  const { http, clock, metrics, seen = () => {} } = deps
  const { host, origin } = new URL(apiURL)
  const requested = (code: string) => metrics?.requested(host, code)
  const login =
    'tokenFile' in which
      ? createTokenLogin(which.tokenFile, seen)
      : createAppLogin(which, { host, apiURL, clock, seen, fetch: createFetch({ http, origin, requested }) })
  const gate = createGate({ clock, host })
  const cache = createAnswerCache(cacheBytes)
  const fetch = createFetch({ http, origin, requested, cache, token: login.token })
  return createClient({
    apiURL,
    login,
    fetch,
    gate,
    clock,
    learn(pool, news) {
      gate.learn(pool, news)
      if (news.allowance !== undefined) metrics?.remaining(host, pool, news.allowance.remaining)
    },
  })
}
