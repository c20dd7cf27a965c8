import { type EngineObjects, findOwner, type Owner, ownerName } from '../core/manifest/origin.ts'
import { FairleadError } from '../errors.ts'

const groups = { Kustomization: 'kustomize.toolkit.fluxcd.io', HelmRelease: 'helm.toolkit.fluxcd.io' } as const

/** Real chains have three: a release, its Kustomization, and the one that Flux was bootstrapped with. */
const maxOwners = 10

/** Who applied the GitOps object itself; the refusals of `findOwner`. */
export function declaringOwner(owner: Owner, engine: EngineObjects): Owner {
  const { metadata } = objectOf(owner)
  const { name, namespace = '', labels = {}, annotations = {} } = metadata
  return findOwner({ group: groups[owner.kind], kind: owner.kind, namespace, name, labels, annotations }, engine)
}

/** The owner and those who declare it, the nearest first, as far as they can be told. */
export function ownerChain(owner: Owner, engine: EngineObjects): Owner[] {
  const chain: Owner[] = [owner]
  for (let at = owner; chain.length < maxOwners; ) {
    const next = declaringOrNone(at, engine)
    // The one at the top declares itself.
    if (next === undefined || chain.some((one) => ownerName(one) === ownerName(next))) break
    chain.push(next)
    at = next
  }
  return chain
}

function declaringOrNone(owner: Owner, engine: EngineObjects): Owner | undefined {
  try {
    return declaringOwner(owner, engine)
  } catch (thrown) {
    if (thrown instanceof FairleadError) return undefined
    throw thrown
  }
}

function objectOf(owner: Owner) {
  return owner.kind === 'Kustomization' ? owner.kustomization.object : owner.release.object
}
