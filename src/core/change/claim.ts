import { isRollback, sequenceOf, targetOf, type UpdateRequest, type UpdateTarget } from '../../api/update-request.ts'
import { fairleadId, rollbackRequestName, targetId, updateRequestName } from './identity.ts'

/**
 * A request is only a claim: whoever may create one in a namespace could write anything into it. What is wrong with its
 * own words, undefined when they agree: its namespace is that of its first target, and label and name follow from the
 * slot and the references it names. Whether the slot is the one Git has, and the reference the one the policy chooses,
 * is looked up before anything is delivered.
 */
export function claimProblem(request: UpdateRequest): string | undefined {
  const { change, targets } = request.spec
  const [first] = targets
  if (first === undefined) return 'spec.targets is empty'
  const { namespace, name } = request.metadata
  if (namespace !== first.namespace) return `it lies in ${namespace}, but its first target in ${first.namespace}`
  const slot = slotOf(request)
  if (targetOf(request) !== slot) return 'its label fairlead.dev/target is not that of the slot it names'
  const ownName = isRollback(request) ? rollbackRequestName(slot, change) : updateRequestName(slot, change.to)
  if (name !== ownName) return 'its name is not that of the change it asks for'
  return undefined
}

/**
 * Whether a request may be shown as being about a namespace. Anybody may create one in a namespace of their own that names
 * targets elsewhere, so that of another namespace counts only once Git has its change.
 */
export function isCredible(request: UpdateRequest, namespace: string): boolean {
  if (claimProblem(request) !== undefined) return false
  return request.metadata.namespace === namespace || request.status?.commit !== undefined
}

/** Id of the slot that a request names. */
export function slotOf({ spec: { change } }: UpdateRequest): string {
  const { repository, branch, path, keyPath } = change
  return targetId({ repository, branch, file: path, keyPath })
}

/** `Fairlead-Id` of the change an UpdateRequest asks for. */
export function requestId(request: UpdateRequest): string {
  const { repository, branch, path, keyPath, from, to } = request.spec.change
  const target = targetId({ repository, branch, file: path, keyPath })
  return fairleadId({ target, from, to, action: isRollback(request) ? 'rollback' : 'update' })
}

/** Under which requests for one slot are siblings: those of another namespace have no say, whatever slot they name. */
export function siblingKey(namespace: string, slot: string): string {
  return `${namespace}/${slot}`
}

/** The sequence of the next request for a slot, after all that are known. */
export function nextSequence(siblings: readonly UpdateRequest[]): number {
  return Math.max(0, ...siblings.map(sequenceOf)) + 1
}

/** As many as the CRD takes. */
export const maxTargets = 64

/** Targets in the one order in which every replica and every workload of the slot writes them. */
export function orderedTargets(targets: readonly UpdateTarget[]): UpdateTarget[] {
  const key = ({ kind, namespace, name, container }: UpdateTarget) => `${namespace}/${kind}/${name}/${container}`
  return targets
    .map(({ kind, namespace, name, container }) => ({ kind, namespace, name, container }))
    .sort((a, b) => (key(a) < key(b) ? -1 : 1))
}
