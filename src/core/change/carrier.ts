import { finalPhases, isRollback, sequenceOf, type UpdateRequest } from '../../api/update-request.ts'
import type { Workload } from '../workload/workload.ts'
import { carriesImage } from './carried-image.ts'
import { requestId } from './claim.ts'
import { conditionOf } from './rolled-out.ts'

/**
 * The newest of these requests whose commit put what the workload's template carries; undefined when none did, and while
 * it is not known which: a way back is often applied before its commit is noted, and what it puts back had been brought
 * by another one. The time its commit reached the branch is the transition of the condition `Pushed`.
 */
export function carrierOf(
  { kind, namespace, name, containers }: Pick<Workload, 'kind' | 'namespace' | 'name' | 'containers'>,
  requests: readonly UpdateRequest[],
): UpdateRequest | undefined {
  const carried = requests.filter(({ spec: { targets, change } }) => {
    const ours = targets.filter((one) => one.kind === kind && one.namespace === namespace && one.name === name)
    const images = ours.map(({ container }) => containers.find((one) => one.name === container)?.image)
    return images.length > 0 && images.every((image) => image !== undefined && carriesImage(image, change))
  })
  const newest = carried
    .filter((one) => isPushed(one) || isWayBack(one))
    .reduce<UpdateRequest | undefined>(newer, undefined)
  return newest !== undefined && isPushed(newest) ? newest : undefined
}

/** The change in Git that brought what a workload runs. */
export interface CarriedChange {
  commit: string
  /** Its `Fairlead-Id`. */
  changeId: string
}

/** Undefined when none of these requests brought it: then somebody else changed it, and nobody knows by which commit. */
export function carriedChange(workload: Workload, requests: readonly UpdateRequest[]): CarriedChange | undefined {
  const request = carrierOf(workload, requests)
  const commit = request?.status?.commit
  return request === undefined || commit === undefined ? undefined : { commit, changeId: requestId(request) }
}

/** When the commit of a request reached the branch, in milliseconds since 1970. */
export function pushedAtMs(request: UpdateRequest): number | undefined {
  const at = Date.parse(conditionOf(request, 'Pushed')?.lastTransitionTime ?? '')
  return Number.isNaN(at) || !isPushed(request) ? undefined : at
}

/** A rollback under way. */
function isWayBack(request: UpdateRequest): boolean {
  return isRollback(request) && !finalPhases.includes(request.status?.phase ?? 'Pending')
}

function isPushed(request: UpdateRequest): boolean {
  return conditionOf(request, 'Pushed')?.status === 'True'
}

function newer(one: UpdateRequest | undefined, other: UpdateRequest): UpdateRequest {
  return one !== undefined && sequenceOf(one) > sequenceOf(other) ? one : other
}
