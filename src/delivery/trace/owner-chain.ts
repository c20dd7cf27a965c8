import {
  type Applied,
  type EngineObjects,
  findOwner,
  type Owner,
  ownerName,
  ownerObject,
} from '../../core/manifest/origin.ts'
import { FairleadError, orRefusal } from '../../errors.ts'

/** Real chains have three: a release, its Kustomization, and the one that Flux was bootstrapped with. */
const maxOwners = 10

/**
 * The GitOps object that decides what is deployed of something: of a workload its owner, proved; a release or an
 * Application decides its chart itself. The refusals of `findOwner`; for these two they come with what declares them.
 */
export function decidingOwner(applied: Applied, engine: EngineObjects): Owner {
  const { kind, namespace, name } = applied
  const release = kind === 'HelmRelease' ? engine.helmRelease(`${namespace}/${name}`) : undefined
  if (release !== undefined) return { kind: 'HelmRelease', release, chart: undefined }
  const named = kind === 'Application' ? engine.applications(name) : []
  const application = named.find((one) => one.namespace === namespace)
  if (application === undefined) return findOwner(applied, engine)
  // What the Application reads has no say about its chart; what declares it has.
  return { kind: 'Application', application, places: application.sources.map(() => undefined) }
}

/**
 * Who applied the GitOps object itself; the refusals of `findOwner`. What an ApplicationSet made is declared by who applied
 * the ApplicationSet.
 */
export function declaringOwner(owner: Owner, engine: EngineObjects): Owner {
  const { apiVersion, kind, metadata } = ownerObject(owner)
  const { name, namespace = '', labels = {}, annotations = {} } = metadata
  if (owner.kind === 'Application' && owner.application.applicationSet !== undefined) {
    const key = `${namespace}/${owner.application.applicationSet}`
    const set = engine.applicationSet(key)
    if (set === undefined) {
      throw new FairleadError('OwnerElsewhere', `${ownerName(owner)}: ApplicationSet/${key} cannot be read here`)
    }
    return findOwner(set, engine)
  }
  const [group = ''] = apiVersion.split('/')
  return findOwner({ group, kind, namespace, name, labels, annotations }, engine)
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
  return orRefusal(
    () => declaringOwner(owner, engine),
    () => undefined,
  )
}
