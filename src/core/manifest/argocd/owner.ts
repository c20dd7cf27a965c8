import { FairleadError } from '../../../errors.ts'
import { type ArgoApplication, argoResourceId } from '../../sync/argo-application.ts'

/** A live object, as far as it tells which Application manages it. */
export interface TrackedObject {
  /** API group, `''` for the core one. */
  group: string
  kind: string
  namespace: string
  name: string
  labels: Readonly<Record<string, string>>
  annotations: Readonly<Record<string, string>>
}

/** An Application that an object names. */
export interface NominatedApplication {
  /** `''` is the namespace of Argo CD itself; only Applications elsewhere are named with theirs. */
  namespace: string
  name: string
}

/** By which Argo CD marks what it applied (its common package). They nominate; the Application's status proves. */
export const argoTracking = {
  annotation: 'argocd.argoproj.io/tracking-id',
  label: 'app.kubernetes.io/instance',
} as const

/**
 * The Application that an object names: by its tracking annotation `<app>:<group>/<kind>:<namespace>/<name>`, or, only
 * where it has none, by its instance label, which other tools set too. Undefined when it names none, or when the
 * annotation is about another object and was copied from there.
 */
export function nominatedApplication(object: TrackedObject): NominatedApplication | undefined {
  const id = object.annotations[argoTracking.annotation]
  if (id === undefined) return instanceOf(object.labels[argoTracking.label] ?? '')
  const [app = '', type = '', named = '', rest] = id.split(':')
  const [namespace = '', name = ''] = named.split('/')
  const isAboutIt = type === `${object.group}/${object.kind}` && name === object.name && namespace === object.namespace
  return isAboutIt && rest === undefined ? instanceOf(app) : undefined
}

/** `<namespace>_<app>` for Applications outside Argo CD's own namespace; neither part can hold an underscore. */
function instanceOf(text: string): NominatedApplication | undefined {
  if (text === '') return undefined
  const [first = '', second] = text.split('_')
  return second === undefined ? { namespace: '', name: first } : { namespace: first, name: second }
}

/**
 * Proves that an Application manages an object. Throws `OwnerElsewhere` when it cannot be read here or applies to
 * another cluster, `OwnerNotReady` while Argo CD has not compared it, `NotOwned` when it does not list the object.
 */
export function proveManaged(
  object: Omit<TrackedObject, 'labels' | 'annotations'>,
  nominated: NominatedApplication,
  application: ArgoApplication | undefined,
): ArgoApplication {
  const who = `${object.kind}/${object.namespace}/${object.name}`
  if (application === undefined) {
    const owner = `Application/${nominated.namespace === '' ? '' : `${nominated.namespace}/`}${nominated.name}`
    throw new FairleadError('OwnerElsewhere', `${who}: it names ${owner}, which cannot be read here`)
  }
  const owner = `Application/${application.namespace}/${application.name}`
  const { destination, resources } = application
  if (!destination.isInCluster) {
    const where = destination.server || destination.name || 'nowhere'
    throw new FairleadError('OwnerElsewhere', `${who}: ${owner} applies to another cluster (${where})`)
  }
  if (resources.has(argoResourceId(object))) return application
  if (!application.isCompared) {
    throw new FairleadError('OwnerNotReady', `${who}: ${owner} has not been compared with Git; it does not list it yet`)
  }
  const evidence = [`${owner} status.resources has ${resources.size} entries, not this one`]
  throw new FairleadError('NotOwned', `${who}: ${owner} does not list it in its resources`, { evidence })
}
