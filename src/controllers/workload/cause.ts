import { type KubernetesObject, objectKey, resources } from '../../api/kubernetes.ts'
import { eventCause } from '../../core/workload/event-cause.ts'
import { oldPodCause } from '../../core/workload/old-pod.ts'
import { type Cause, causeOf, newestUnreadyPod, notReady, podCause } from '../../core/workload/pod-cause.ts'
import { unknownCause } from '../../core/workload/rollout-cause.ts'
import type { Workload } from '../../core/workload/workload.ts'
import { asFairleadError } from '../../errors.ts'
import type { Clock, Cluster, Log } from '../../ports.ts'

export interface CausesDeps {
  cluster: Pick<Cluster, 'list'>
  clock: Clock
  log: Log
}

/** Why rollouts do not get on, asked from the pods while they are in trouble. Pods are never watched. */
export interface Causes {
  /** Of a rollout in trouble; looked up at most once a minute. Never rejects: what cannot be found out is unknown. */
  of(workload: Workload): Promise<Cause>
  /** It is in trouble no longer. */
  forget(key: string): void
}

interface Known {
  revision: string
  atMs: number
  cause: Cause
}

const freshMs = 60_000
/** For that long nobody is asked again who refused, did not answer or was slow: phases must not wait for causes. */
const pauseMs = 60_000
const slowMs = 2_000
const maxLooked = 50

export function createCauses({ cluster, clock, log }: CausesDeps): Causes {
  const known = new Map<string, Known>()
  const told = new Set<string>()
  let pausedUntilMs = Number.NEGATIVE_INFINITY
  let why = ''

  const tellOnce = (code: string, message: string) => {
    if (told.has(code)) return
    told.add(code)
    log.warn({ code }, `causes of failed rollouts stay unknown: ${message}`)
  }

  const look = async (workload: Workload): Promise<Cause> => {
    const startedMs = clock.monotonicMs()
    const pause = (reason: string) => {
      pausedUntilMs = clock.monotonicMs() + pauseMs
      why = reason
    }
    try {
      const cause = await askPods(cluster, workload)
      if (clock.monotonicMs() - startedMs > slowMs) pause('the API server answers slowly')
      return cause
    } catch (thrown) {
      const { code, message } = asFairleadError(thrown)
      tellOnce(code, message)
      pause(code === 'ApiForbidden' ? 'fairlead may not list pods' : `pods cannot be listed (${code})`)
      return unknown(why)
    }
  }

  return {
    async of(workload) {
      const key = objectKey(workload)
      const before = known.get(key)
      const isFresh = before !== undefined && clock.monotonicMs() - before.atMs < freshMs
      if (isFresh && before.revision === workload.revision) return before.cause
      if (clock.monotonicMs() < pausedUntilMs) return unknown(why)
      const cause = await look(workload)
      known.set(key, { revision: workload.revision, atMs: clock.monotonicMs(), cause })
      return cause
    },
    forget: (key) => void known.delete(key),
  }
}

/**
 * Pods first; when they only wait, or there are none, the Events about the newest of them or about the workload itself.
 * Events are not needed: without the right to list them the pods' own words stand.
 */
async function askPods(cluster: CausesDeps['cluster'], workload: Workload): Promise<Cause> {
  const pods = await listPods(cluster, workload)
  const cause = podCause(workload, pods)
  if (cause !== undefined && cause.reason !== notReady) return cause
  const unready = newestUnreadyPod(workload, pods)
  const before = unready === undefined ? await askOldPods(cluster, workload) : undefined
  if (before !== undefined) return before
  const uid = unready?.metadata.uid ?? workload.uid
  return eventCause(await listWarnings(cluster, workload.namespace, uid)) ?? cause ?? nothingFound
}

/** Of a StatefulSet those of the new template, where it names one. */
async function listPods(cluster: CausesDeps['cluster'], workload: Workload): Promise<readonly KubernetesObject[]> {
  const { kind, controllerRevision } = workload
  const ofRevision = kind === 'StatefulSet' && controllerRevision !== ''
  return listSelected(cluster, workload, ofRevision ? { 'controller-revision-hash': controllerRevision } : {})
}

/** Nothing is wrong with the pods of the new template, as far as there are any. */
async function askOldPods(cluster: CausesDeps['cluster'], workload: Workload): Promise<Cause | undefined> {
  const { kind, controllerRevision } = workload
  if (kind !== 'StatefulSet' || controllerRevision === '') return undefined
  return oldPodCause(workload, await listSelected(cluster, workload, {}))
}

async function listSelected(
  cluster: CausesDeps['cluster'],
  { namespace, selector }: Workload,
  more: Readonly<Record<string, string>>,
): Promise<readonly KubernetesObject[]> {
  // without a selector it would be all pods of the namespace
  if (Object.keys(selector).length === 0) return []
  return cluster.list(resources.pod, { namespace, labels: { ...selector, ...more }, limit: maxLooked })
}

async function listWarnings(
  cluster: CausesDeps['cluster'],
  namespace: string,
  uid: string,
): Promise<readonly KubernetesObject[]> {
  try {
    const fields = { 'involvedObject.uid': uid, type: 'Warning' }
    return await cluster.list(resources.event, { namespace, fields, limit: maxLooked })
  } catch (thrown) {
    if (asFairleadError(thrown).code === 'ApiForbidden') return []
    throw thrown
  }
}

/** What Kubernetes says about the workload itself is all there is. */
const nothingFound: Cause = { reason: unknownCause, message: '' }

function unknown(why: string): Cause {
  return causeOf(unknownCause, `the cause is unknown: ${why}`)
}
