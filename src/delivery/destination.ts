import type { GitBranch } from '../core/manifest/applier.ts'
import { FairleadError } from '../errors.ts'
import type { ManagedRepository, Repositories } from './repositories.ts'

/** Where a change lands: a branch that an engine reads, in a repository that may be written. */
export interface Destination {
  repository: ManagedRepository
  branch: string
}

/**
 * The destination of a change on a branch, caused by workloads of a namespace. `NamespaceNotAllowed` when that namespace
 * may not cause changes there.
 */
export function destinationOn(
  { repository: url, name: branch }: Pick<GitBranch, 'repository' | 'name'>,
  namespace: string,
  repositories: Repositories,
): Destination {
  const repository = repositories.find(url)
  if (repository.rules.namespaceAllowed(namespace)) return { repository, branch }
  const message = `namespace ${namespace} may not cause changes in ${repository.url} (git.repositories[].namespaces)`
  throw new FairleadError('NamespaceNotAllowed', message)
}
