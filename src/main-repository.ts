import { join } from 'node:path'
import { createGitRepository } from './adapters/git/open.ts'
import type { GitCredentials } from './adapters/git/settings.ts'
import { readSigner } from './adapters/git/ssh-signer.ts'
import type { GitHub } from './adapters/github/open.ts'
import type { Config, RepositoryConfig } from './config-schema.ts'
import { parseRepositoryUrl } from './core/change/repository-url.ts'
import { globMatcher } from './core/image/glob.ts'
import type { OpenRepository, RepositoryRules } from './delivery/repositories.ts'
import type { OpenHost } from './main-host.ts'
import type { Log, Signer } from './ports.ts'
import { systemClock as clock } from './runtime/clock.ts'
import type { HttpClient, HttpHost } from './runtime/http.ts'

/** A repository, what may be written there, and who signs it. */
export interface OpenWorldRepository extends OpenRepository {
  /** `host`: the host makes and signs the commits. */
  signer: Signer | 'host' | undefined
}

export interface RepositoryDeps {
  config: Config
  http: HttpClient
  log: Log
  secretSeen: (secret: string) => void
  openHost: OpenHost
}

/** A repository of the configuration. Nothing is fetched yet. */
export async function openRepository(
  settings: RepositoryConfig,
  { config, http, log, secretSeen, openHost }: RepositoryDeps,
): Promise<OpenWorldRepository> {
  const { url, caFile, insecure, signing } = settings
  const hosted = openHost(settings)
  const credentials = gitCredentials(settings, hosted)
  const git = await createGitRepository(
    {
      url,
      backend: config.git.backend,
      insecure,
      cacheDir: join(config.cacheDir, 'git'),
      ...(credentials === undefined ? {} : { credentials }),
      ...(caFile === '' ? {} : { caFile }),
    },
    { http, log, clock, seen: secretSeen },
  )
  log.info({ repository: git.url, backend: git.backend }, 'repository opened')
  const signer = signing?.format === 'github' ? 'host' : signing && (await readSigner(signing.keyFile))
  return { git, rules: repositoryRules(settings), host: settings.host === undefined ? undefined : hosted?.host, signer }
}

/** An App pushes with the tokens that it gets for the API, too. */
function gitCredentials({ credentials }: RepositoryConfig, hosted: GitHub | undefined): GitCredentials | undefined {
  if (credentials === undefined || !('githubApp' in credentials)) return credentials
  return hosted === undefined ? undefined : { token: hosted.gitToken }
}

function repositoryRules({
  namespaces,
  allowPaths,
  requireApproval,
  mode,
  suspend,
  pullRequest,
}: RepositoryConfig): RepositoryRules {
  const matchers = namespaces.map(globMatcher)
  const namespaceAllowed = (namespace: string) => matchers.some((matches) => matches(namespace))
  return { namespaceAllowed, allowPaths, requireApproval, mode, suspend, pullRequest }
}

/** How the hosts of the repositories are reached. */
export function gitHosts(config: Config): Record<string, HttpHost> {
  return Object.fromEntries(
    config.git.repositories.map(({ url, caFile, insecure }) => [
      parseRepositoryUrl(url).host,
      { insecure, ...(caFile === '' ? {} : { caFile }) },
    ]),
  )
}
