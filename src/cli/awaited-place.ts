import type { ObjectKey } from '../api/kubernetes.ts'
import { chartKinds } from '../api/update-request.ts'
import type { AwaitedTarget } from '../core/change/awaited.ts'
import { nearestWord } from '../core/change/nearest-word.ts'
import { isObjectId } from '../core/change/object-id.ts'
import type { WorkloadReport } from '../core/change/workload-report.ts'
import { asFairleadError, FairleadError } from '../errors.ts'
import { type ApiClient, getAll } from './api-client.ts'

/** Where somebody waits: in a workload, in a namespace, or everywhere. */
export interface AwaitedPlace {
  workload: ObjectKey | undefined
  namespace: string | undefined
}

/** The place as the API's queries have it. */
export function placeOf({ workload, namespace }: AwaitedPlace): Record<string, string> {
  if (workload !== undefined) return { ...workload }
  return namespace === undefined ? {} : { namespace }
}

/** A release or Application, which is no workload of its own. */
export function isChart(workload: ObjectKey | undefined): boolean {
  return workload !== undefined && chartKinds.includes(workload.kind)
}

/** `/api/v1/commits/{commit}` of a place. */
export function commitPath(commit: string, place: Record<string, string>): string {
  return `/api/v1/commits/${commit}?${new URLSearchParams(place)}`
}

/** A commit with all its digits; the API knows them. */
export async function completeCommit(
  { target, ...place }: AwaitedPlace & { target: AwaitedTarget },
  api: ApiClient,
): Promise<AwaitedTarget> {
  if (!('commit' in target) || isObjectId(target.commit)) return target
  const { namespace = place.workload?.namespace } = place
  const where = placeOf({ workload: undefined, namespace })
  const { value } = await api.get<{ commit: string }>(commitPath(target.commit, where))
  return { commit: value.commit }
}

/**
 * What is wrong with a place in which nothing happens, as `ApiNotFound`: no such workload, or none in the namespace, is
 * watched; with what has a name that is near. A release or Application is no workload, and is not looked for.
 */
export async function findAbsence(place: AwaitedPlace, api: ApiClient): Promise<FairleadError | undefined> {
  const { workload } = place
  const namespace = workload?.namespace ?? place.namespace
  if (namespace === undefined || isChart(workload)) return undefined
  const there = await getAll<WorkloadReport>(api, '/api/v1/workloads', { namespace })
  if (there.length === 0) return missingNamespace(namespace, api)
  if (workload === undefined) return undefined
  const keys = there.map(({ kind, name }) => `${kind}/${namespace}/${name}`)
  const wanted = `${workload.kind}/${namespace}/${workload.name}`
  if (keys.includes(wanted)) return undefined
  const named = there
    .filter(({ name }) => name === workload.name)
    .map(({ kind }) => `${kind}/${namespace}/${workload.name}`)
  const near = named[0] ?? nearestWord(wanted, keys)
  return new FairleadError('ApiNotFound', `no workload ${wanted} is watched${meant(near)}`)
}

async function missingNamespace(namespace: string, api: ApiClient): Promise<FairleadError> {
  const near = nearestWord(namespace, await readableNamespaces(api))
  const words = `no workload in the namespace ${namespace} is watched`
  return new FairleadError('ApiNotFound', `${words}${meant(near)}`)
}

/** Empty where the caller may not look everywhere. */
async function readableNamespaces(api: ApiClient): Promise<string[]> {
  try {
    const all = await getAll<WorkloadReport>(api, '/api/v1/workloads', {})
    return [...new Set(all.map((one) => one.namespace))]
  } catch (thrown) {
    if (asFairleadError(thrown).code !== 'ApiForbidden') throw thrown
    return []
  }
}

function meant(near: string | undefined): string {
  return near === undefined ? '; is its name right, and does fairlead watch it?' : `; is ${near} meant?`
}
