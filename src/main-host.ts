import { createAccounts } from './adapters/github/account.ts'
import type { GitHubLogin } from './adapters/github/login.ts'
import { createGitHub, type GitHub } from './adapters/github/open.ts'
import type { Config, RepositoryConfig } from './config-schema.ts'
import type { Http, Log } from './ports.ts'
import { systemClock as clock } from './runtime/clock.ts'
import type { HttpHost } from './runtime/http.ts'
import type { Metrics } from './runtime/metrics.ts'

/** The services that host the configured repositories. */

export interface HostDeps {
  http: Http
  log: Log
  secretSeen: (secret: string) => void
  metrics: Metrics
}

/** Opens what hosts a repository; undefined when neither a host nor an App is configured for it. */
export type OpenHost = (repository: RepositoryConfig) => GitHub | undefined

/** Repositories with the same login share what the host allows it. */
export function createHosts({ http, log, secretSeen: seen, metrics }: HostDeps): OpenHost {
  const accounts = createAccounts({
    http,
    clock,
    seen,
    metrics: {
      requested: (host, code) => metrics.hostRequests.inc({ host, code }),
      remaining: (host, pool, requests) => metrics.hostRequestsLeft.set({ host, pool }, requests),
    },
  })
  return (repository) => {
    const login = loginOf(repository)
    if (login === undefined) return undefined
    const { url, host } = repository
    const settings = { url, login, apiURL: host?.apiURL ?? '', deployments: host?.deployments ?? [] }
    return createGitHub(settings, { http, clock, log, seen, accounts })
  }
}

/** What the API is asked with. A token of `credentials` is Git's alone unless there is a host. */
function loginOf({ credentials, host }: RepositoryConfig): GitHubLogin | undefined {
  if (host?.tokenFile !== undefined) return { tokenFile: host.tokenFile }
  if (credentials !== undefined && 'githubApp' in credentials) return credentials.githubApp
  const hasToken = host !== undefined && credentials !== undefined && 'tokenFile' in credentials
  return hasToken ? { tokenFile: credentials.tokenFile } : undefined
}

/** The API of a host may have a name of its own; what is trusted there is what is trusted in the repository's. */
export function hostHttp(config: Config): Record<string, HttpHost> {
  return Object.fromEntries(
    config.git.repositories.flatMap(({ host, caFile, insecure }) =>
      host === undefined || host.apiURL === ''
        ? []
        : [[new URL(host.apiURL).host, { insecure, ...(caFile === '' ? {} : { caFile }) }] as const],
    ),
  )
}
