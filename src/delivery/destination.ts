import type { GitBranch } from '../core/manifest/applier.ts'
import { FairleadError } from '../errors.ts'
import type { ManagedRepository, Repositories } from './repositories.ts'

/** Where a change lands: a branch that an engine reads, in a repository that may be written. */
export interface Destination {
  repository: ManagedRepository
  branch: string
}

/**
 * The destination of a change on a branch that decides workloads of these namespaces. `NamespaceNotAllowed` when one of
 * them may not cause changes there: whoever shares a slot with others must not carry them along.
 */
export function destinationOn(
  { repository: url, name: branch }: Pick<GitBranch, 'repository' | 'name'>,
  namespaces: Iterable<string>,
  repositories: Repositories,
): Destination {
  const repository = repositories.find(url)
  const namespace = [...namespaces].find((one) => !repository.rules.namespaceAllowed(one))
  if (namespace === undefined) return { repository, branch }
  const message = `namespace ${namespace} may not cause changes in ${repository.url} (git.repositories[].namespaces)`
  throw new FairleadError('NamespaceNotAllowed', message)
}
