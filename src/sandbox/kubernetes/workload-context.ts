import type { Fields } from '../json.ts'
import { ApiFailure } from './api-failure.ts'
import type { ApiServer } from './api-server.ts'
import type { Kind } from './kind.ts'
import type { ApiObject } from './object.ts'

/** What the workload controllers may do to the cluster; writes that lost a race are dropped and tried at the next look. */
export interface WorkloadContext {
  /** Objects of one kind that have this controller. */
  owned(owner: ApiObject, kind: 'Pod' | 'ReplicaSet' | 'ControllerRevision'): readonly ApiObject[]
  create(object: ApiObject): void
  update(object: ApiObject): void
  updateStatus(object: ApiObject, status: Fields): void
  remove(object: ApiObject): void
  /** Looks at the workload again at this time (milliseconds since 1970). */
  wakeAt(workload: ApiObject, time: number): void
  /** Names of the simulated nodes. */
  nodes: readonly string[]
  now(): number
}

export function createWorkloadContext(
  server: ApiServer,
  parts: Pick<WorkloadContext, 'owned' | 'wakeAt' | 'nodes'>,
): WorkloadContext {
  const { objects, kinds } = server
  const kindOf = (object: ApiObject): Kind => {
    const kind = kinds.ofObject(object.apiVersion, object.kind)
    if (kind === undefined) throw new Error(`${object.apiVersion} ${object.kind} is not served`)
    return kind
  }
  const target = (object: ApiObject) => ({ namespace: object.metadata.namespace ?? '', name: object.metadata.name })
  return {
    ...parts,
    create: (object) => forgiving(() => objects.create(kindOf(object), target(object).namespace, object)),
    update: (object) => forgiving(() => objects.update(kindOf(object), { ...target(object), part: 'object' }, object)),
    updateStatus: (object, status) =>
      forgiving(() => objects.update(kindOf(object), { ...target(object), part: 'status' }, { ...object, status })),
    remove: (object) => forgiving(() => objects.remove(kindOf(object), target(object).namespace, target(object).name)),
    now: () => Date.now(),
  }
}

function forgiving(write: () => unknown): void {
  try {
    write()
  } catch (thrown) {
    if (!(thrown instanceof ApiFailure)) throw thrown
  }
}
