import type { Applier, GitBranch } from '../core/manifest/applier.ts'
import { type Applied, type EngineObjects, findOwner, type GitPlace, type Owner } from '../core/manifest/origin.ts'
import type { FluxSource } from '../core/sync/flux-object.ts'
import { FairleadError } from '../errors.ts'
import type { BranchReader } from './branch-reader.ts'
import { declaringOwner } from './owner-chain.ts'
import type { ManagedRepository, Repositories } from './repositories.ts'

/** Where a change lands: a branch that an engine reads, in a repository that may be written. */
export interface Destination {
  repository: ManagedRepository
  branch: string
}

export interface DestinationDeps {
  engine: EngineObjects
  repositories: Repositories
  readBranch: BranchReader
}

/**
 * Who applies a workload, with the heads of all branches that take part in deciding what it runs. Throws the named
 * refusal when nobody does, or when a branch that is needed cannot be read.
 */
export async function openApplier(workload: Applied, deps: DestinationDeps): Promise<Applier> {
  return open(findOwner(workload, deps.engine), deps)
}

async function open(owner: Owner, deps: DestinationDeps): Promise<Applier> {
  if (owner.kind === 'Kustomization') {
    const { kustomization, source, place } = owner
    const { namespace, name, path, targetNamespace, overrides } = kustomization
    const folder = { branch: await readPlace(place, source, deps), path }
    const declaredBy = overrides.length === 0 ? undefined : await openDeclaring(owner, deps)
    return { kind: 'Kustomization', namespace, name, folder, targetNamespace, alters: overrides, declaredBy }
  }
  const { release, chart } = owner
  const folder =
    chart === undefined ? undefined : { branch: await readPlace(chart.place, chart.source, deps), path: chart.path }
  const { namespace, name, isSettled } = release
  return {
    kind: 'HelmRelease',
    namespace,
    name,
    isSettled,
    chart: folder,
    declaredBy: await openDeclaring(owner, deps),
  }
}

async function openDeclaring(owner: Owner, deps: DestinationDeps): Promise<Applier> {
  return open(declaringOwner(owner, deps.engine), deps)
}

async function readPlace(place: GitPlace, source: FluxSource, deps: DestinationDeps): Promise<GitBranch> {
  const repository = deps.repositories.find(place.repository)
  const snapshot = await deps.readBranch({ repository, branch: place.branch, revision: source.revision })
  return { repository: repository.url, name: place.branch, snapshot }
}

/**
 * The destination of a change on a branch, caused by workloads of a namespace. `NamespaceNotAllowed` when that namespace
 * may not cause changes there.
 */
export function destinationOn(
  { repository: url, name: branch }: Pick<GitBranch, 'repository' | 'name'>,
  namespace: string,
  { repositories }: Pick<DestinationDeps, 'repositories'>,
): Destination {
  const repository = repositories.find(url)
  if (repository.rules.namespaceAllowed(namespace)) return { repository, branch }
  const message = `namespace ${namespace} may not cause changes in ${repository.url} (git.repositories[].namespaces)`
  throw new FairleadError('NamespaceNotAllowed', message)
}
