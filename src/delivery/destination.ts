import { type Applied, nominatedOwner, type Origin, resolveOrigin } from '../core/manifest/origin.ts'
import type { FluxKustomization, FluxSource } from '../core/sync/flux-object.ts'
import { FairleadError } from '../errors.ts'
import type { ManagedRepository, Repositories } from './repositories.ts'

/** Where a change of a workload has to land: the place the engine reads, in a repository that may be written. */
export interface Destination {
  origin: Origin
  repository: ManagedRepository
  /** The engine's objects, for verification afterwards. */
  kustomization: FluxKustomization
  source: FluxSource | undefined
}

export interface DestinationDeps {
  /** By `namespace/name`. */
  kustomizations: { get(key: string): FluxKustomization | undefined }
  sources: { get(key: string): FluxSource | undefined }
  repositories: Repositories
}

/** The destination of a workload's changes. Throws the named refusal when there is none or it may not be used. */
export function findDestination(workload: Applied, deps: DestinationDeps): Destination {
  const kustomization = deps.kustomizations.get(nominatedOwner(workload) ?? '')
  const { namespace, name } = kustomization?.sourceRef ?? { namespace: '', name: '' }
  const source = deps.sources.get(`${namespace}/${name}`)
  const origin = resolveOrigin(workload, kustomization, source)
  const repository = deps.repositories.find(origin.repository)
  if (!repository.rules.namespaceAllowed(workload.namespace)) {
    const message = `namespace ${workload.namespace} may not cause changes in ${repository.url} (git.repositories[].namespaces)`
    throw new FairleadError('NamespaceNotAllowed', message)
  }
  if (kustomization === undefined) throw new FairleadError('OwnerElsewhere', `${origin.owner} cannot be read here`)
  return { origin, repository, kustomization, source }
}
