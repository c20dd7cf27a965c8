import type { Mode } from './api/annotation.ts'
import type { RepositoryConfig } from './config-schema.ts'
import { parseRepositoryUrl } from './core/change/repository-url.ts'
import { globMatcher } from './core/image/glob.ts'
import { asFairleadError } from './errors.ts'

/** What the schema cannot see of a repository and the service that hosts it. */
export function hostMistakes({ url, host, mode, insecure, credentials }: RepositoryConfig, general: Mode): string[] {
  if (host === undefined) {
    return (mode ?? general) === 'pull-request' ? ['mode pull-request needs host: set host: {type: github}'] : []
  }
  const mistakes: string[] = []
  const names = Object.keys(credentials ?? {})
  if (host.tokenFile === undefined && !names.includes('tokenFile') && !names.includes('githubApp')) {
    mistakes.push('host needs a token: set host.tokenFile, or tokenFile or githubApp of credentials')
  }
  if (host.apiURL.startsWith('http://') && !insecure) mistakes.push('plain http in host.apiURL needs insecure: true')
  const api = addressOf(host.apiURL)
  const isRight = api?.host !== 'github.com' && /\/api\/v3\/?$/.test(api?.pathname ?? '')
  if (api !== undefined && api.host === addressOf(url)?.host && !isRight) {
    mistakes.push(`host.apiURL is the address of the pages; the API of ${api.host} is ${usualApi(api)}`)
  }
  if (pathOf(url)?.split('/').length !== 2) mistakes.push('the address of a repository at GitHub ends in OWNER/NAME')
  for (const glob of host.deployments) {
    try {
      globMatcher(glob)
    } catch (thrown) {
      mistakes.push(`host.deployments: the glob ${glob} ${asFairleadError(thrown).message}`)
    }
  }
  return mistakes
}

/** Undefined when it is no address at all, which is told elsewhere. */
function pathOf(url: string): string | undefined {
  try {
    return parseRepositoryUrl(url).path
  } catch {
    return undefined
  }
}

function usualApi({ origin, host }: URL): string {
  return host === 'github.com' ? 'https://api.github.com' : `${origin}/api/v3`
}

/** Undefined for `git@host:path` and for what is no address at all. */
function addressOf(url: string): URL | undefined {
  try {
    return new URL(url)
  } catch {
    return undefined
  }
}
