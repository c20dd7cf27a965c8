import { type KubernetesObject, objectKey, resources, workloadResources } from './api/kubernetes.ts'
import type { UpdateRequest } from './api/update-request.ts'
import type { WorkloadRolloutState } from './api/workload-rollout-state.ts'
import type { Config } from './config-schema.ts'
import { claimProblem, siblingKey, slotOf } from './core/change/claim.ts'
import { waitingOf } from './core/change/waiting.ts'
import { globMatcher } from './core/image/glob.ts'
import { type EngineObjects, findOwner, nominatedOwner, nominationName } from './core/manifest/origin.ts'
import type { LiveContainer } from './core/manifest/trace.ts'
import { chartSubject, type UpdateSubject } from './core/manifest/update-subject.ts'
import { type Canary, primaryName, readCanary } from './core/workload/canary.ts'
import { field } from './core/workload/field.ts'
import { withInherited } from './core/workload/inherited.ts'
import { readRolloutRecord } from './core/workload/read-rollout-record.ts'
import { withCanary } from './core/workload/target-canary.ts'
import { readWorkload, type Workload } from './core/workload/workload.ts'
import { asFairleadError } from './errors.ts'
import { createEngineStores, type EngineStores } from './main-engine.ts'
import type { Cluster, Log } from './ports.ts'
import { systemClock as clock } from './runtime/clock.ts'
import type { Metrics } from './runtime/metrics.ts'
import { createStore, type Store, type StoreMetrics } from './runtime/store.ts'

/** What is followed, one store per kind. */
export interface Stores {
  workloads: readonly Store<Workload>[]
  requests: Store<UpdateRequest>
  rolloutRecords: Store<WorkloadRolloutState>
  /** Of Flagger. */
  canaries: Store<Canary>
  engine: EngineStores
  /**
   * By `Kind/namespace/name`; with the policy annotations of the release it belongs to, which its own ones beat, and with
   * the Canary that tries it out.
   */
  workload(key: string): Workload | undefined
  /** What updates are decided for, by `Kind/namespace/name`: a workload, or a release with its chart. */
  subject(key: string): UpdateSubject | undefined
  /** The workloads that name this owner as theirs, by `nominationName`. */
  ownedBy(owner: string): readonly Workload[]
  /** Live containers of what names the same release or Application as a workload, and is not disowned by it. */
  alongside(workload: UpdateSubject): readonly LiveContainer[]
  all(): readonly Store<object>[]
}

export function createStores(
  { cluster, engine }: { cluster: Cluster; engine: Cluster },
  { config, log, metrics }: { config: Config; log: Log; metrics: Metrics },
): Stores {
  const options = { clock, log, metrics: storeMetrics(metrics) }
  const watched = namespaceFilter(config.cluster.namespaces)
  const extraLabels = new Set(
    [...config.updates.rules, ...config.windows].flatMap(({ match }) => Object.keys(match?.labels ?? {})),
  )
  const shape = (object: KubernetesObject) =>
    watched(object.metadata.namespace ?? '') && !isBorrowed(object) ? readWorkload(object, extraLabels) : undefined
  const workloads = workloadResources.map((resource) => createStore(cluster, resource, shape, options))
  const byKind = new Map(workloadResources.map((resource, index) => [resource.kind as string, workloads[index]]))
  for (const store of workloads) store.addIndex('owner', (workload) => nominatedName(workload))
  // Those of other namespaces are another installation's, which alone knows their workloads.
  const requests = createStore(
    cluster,
    resources.updateRequest,
    (object) => (watched(object.metadata.namespace ?? '') ? readRequest(object) : undefined),
    options,
  )
  // A request whose own words disagree is no sibling of anything.
  requests.addIndex('siblings', (request) =>
    claimProblem(request) === undefined ? [siblingKey(request.metadata.namespace ?? '', slotOf(request))] : [],
  )
  requests.addIndex('workload', (request) => request.spec.targets.map(objectKey))
  requests.addIndex('branch', ({ spec: { change } }) => [branchKey(change.repository, change.branch)])
  requests.subscribe((key, before, after) => {
    if (before !== undefined) metrics.updateRequests.dec({ phase: before.status?.phase ?? 'Pending' })
    if (after !== undefined) metrics.updateRequests.inc({ phase: after.status?.phase ?? 'Pending' })
    metrics.waiting.set(key, after && waitingOf(after))
  })
  const rolloutRecords = createStore(cluster, resources.workloadRolloutState, readRolloutRecord, options)
  const canaries = createStore(
    cluster,
    resources.canary,
    (object) => (watched(object.metadata.namespace ?? '') ? readCanary(object) : undefined),
    options,
  )
  canaries.addIndex('target', ({ target }) => [target])
  const engineStores = createEngineStores(engine, options)
  const ownedBy = (owner: string) => workloads.flatMap((store) => store.byIndex('owner', owner))
  const stores: Stores = {
    workloads,
    requests,
    rolloutRecords,
    canaries,
    engine: engineStores,
    workload(key) {
      const [kind = '', namespace, name = ''] = key.split('/')
      const ofKind = byKind.get(kind)
      const workload = ofKind?.get(`${namespace}/${name}`)
      if (workload === undefined) return undefined
      const own = withInherited(workload, engineStores.annotationsOf(nominatedOwner(workload)))
      const [canary] = canaries.byIndex('target', key)
      return withCanary(own, canary, canary && ofKind?.get(`${namespace}/${primaryName(name)}`))
    },
    subject(key) {
      const [kind, namespace = '', name = ''] = key.split('/')
      if (kind !== 'HelmRelease' && kind !== 'Application') {
        const workload = stores.workload(key)
        return workload?.isPrimary === true ? undefined : workload
      }
      const releases = kind === 'HelmRelease' ? engineStores.helmReleases : engineStores.applications
      const release = watched(namespace) ? releases.get(`${namespace}/${name}`) : undefined
      return release && chartSubject(release, engineStores.chartSources)
    },
    ownedBy,
    alongside(workload) {
      if (workload.chart !== undefined) return []
      const nomination = nominatedOwner(workload)
      if (nomination === undefined || nomination.kind === 'Kustomization') return []
      const named = ownedBy(nominationName(nomination)).filter((one) => !isForeign(one, engineStores.objects))
      return named.flatMap(({ kind, namespace, name, containers }) =>
        containers.map(({ name: container, image }) => ({ kind, namespace, name, container, image })),
      )
    },
    all: () => [...workloads, requests, rolloutRecords, canaries, ...engineStores.all()],
  }
  return stores
}

/** The owner it names says that it is none of its: whoever may label a workload must not have a say in a release. */
function isForeign(workload: Workload, engine: EngineObjects): boolean {
  try {
    findOwner(workload, engine)
    return false
  } catch (thrown) {
    return asFairleadError(thrown).code === 'NotOwned'
  }
}

function nominatedName(workload: Workload): string[] {
  const owner = nominatedOwner(workload)
  return owner === undefined ? [] : [nominationName(owner)]
}

/** All requests for the same slot that have a say about it. */
export function siblingsOf(request: UpdateRequest, { requests }: Pick<Stores, 'requests'>): readonly UpdateRequest[] {
  return requests.byIndex('siblings', siblingKey(request.metadata.namespace ?? '', slotOf(request)))
}

/** Under which requests stand that change a branch of a repository, by its normalised name. */
export function branchKey(repository: string, branch: string): string {
  return `${repository} ${branch}`
}

/** Key of a workload's events in the queues. */
export function keyOfWorkload(before: Workload | undefined, after: Workload | undefined): string {
  const workload = after ?? before
  return workload === undefined ? '' : objectKey(workload)
}

/** An object of our own kind; the API server checks its schema, so only the absurd is dropped. */
function readRequest(object: KubernetesObject): UpdateRequest | undefined {
  const request = object as UpdateRequest
  return Array.isArray(request.spec?.targets) && typeof request.spec.change?.to === 'string' ? request : undefined
}

/** A Rollout whose template is that of a Deployment, which is followed itself. */
function isBorrowed({ spec }: KubernetesObject): boolean {
  return field(spec, 'workloadRef') !== undefined
}

function namespaceFilter({ include, exclude }: Config['cluster']['namespaces']): (namespace: string) => boolean {
  const [included, excluded] = [include.map(globMatcher), exclude.map(globMatcher)]
  return (namespace) =>
    (included.length === 0 || included.some((matches) => matches(namespace))) &&
    !excluded.some((matches) => matches(namespace))
}

function storeMetrics(metrics: Metrics): StoreMetrics {
  return {
    synced: (kind, synced) => metrics.watchSynced.set({ kind }, synced ? 1 : 0),
    spoke: (kind, when) => metrics.watchLastEvent.set({ kind }, when.getTime() / 1000),
    restarted: (kind, reason) => metrics.watchRestarts.inc({ kind, reason }),
  }
}
