import { parseRepositoryUrl, type RepositoryAddress } from '../../core/change/repository-url.ts'
import { globMatcher } from '../../core/image/glob.ts'
import { FairleadError, orRefusal } from '../../errors.ts'
import type { Outcomes } from '../../ports-repository-host.ts'
import { writeStatus } from './commit-status.ts'
import { writeDeployment } from './deployment.ts'
import { type HostedRepository, placeOf } from './repository.ts'

export interface OutcomeSettings {
  /** Where the repository itself is; others of that host may be told of deployments. */
  host: string
  /** Globs of `owner/repository`. */
  allowed: readonly string[]
  open: (place: HostedRepository['place']) => HostedRepository
}

/** Where outcomes are told: the repository itself, and those application repositories that the configuration allows. */
export function createOutcomes(repository: HostedRepository, { host, allowed, open }: OutcomeSettings): Outcomes {
  const matchers = allowed.map((glob) => globMatcher(glob.toLowerCase()))
  return {
    status: (commit, status) => writeStatus(repository, commit, status),
    async deployment(deployment) {
      const address = addressOf(deployment.repository)
      const place = placeOf(address.path)
      const isAllowed = matchers.some((matches) => matches(address.path.toLowerCase()))
      if (place === undefined || address.host !== host || !isAllowed) {
        const words = `${address.host}/${address.path} is not told of deployments: host.deployments of ${repository.name} does not allow it`
        throw new FairleadError('HostNotFound', words)
      }
      await writeDeployment(open(place), deployment)
    },
  }
}

/** What an image says about its origin may be no address at all. */
function addressOf(repository: string): RepositoryAddress {
  return orRefusal(
    () => parseRepositoryUrl(repository),
    ({ message }) => {
      throw new FairleadError('HostNotFound', `nobody is told of a deployment: ${message}`)
    },
  )
}
