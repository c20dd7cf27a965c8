import { fieldsAt, numberAt, textAt, textMapAt, valueAt } from '../json.ts'
import { deploymentStatus, rollingBounds } from './deployment-status.ts'
import { type ApiObject, controllerReference } from './object.ts'
import { templateHash } from './pod.ts'
import type { WorkloadContext } from './workload-context.ts'

export const revisionAnnotation = 'deployment.kubernetes.io/revision'

/** One step of the deployment controller: at most one kind of scaling, then the status. */
export function reconcileDeployment(deployment: ApiObject, context: WorkloadContext): void {
  const sets = [...context.owned(deployment, 'ReplicaSet')].sort(byRevision)
  const hash = templateHash(valueAt(deployment, 'spec', 'template'))
  const found = sets.find((set) => set.metadata.labels?.['pod-template-hash'] === hash)
  const isPaused = valueAt(deployment, 'spec', 'paused') === true
  if (found === undefined && !isPaused) {
    const set = newReplicaSet(deployment, hash, lastRevision(sets) + 1)
    context.create(set)
    setRevision(deployment, set, context)
    const status = deploymentStatus(
      deployment,
      { sets: [...sets, set], current: set, now: context.now() },
      'NewReplicaSetCreated',
    )
    context.updateStatus(withoutVersion(deployment), status.status)
    return
  }
  const current = found === undefined ? undefined : withNewestRevision(found, sets, isPaused)
  if (current !== undefined && current !== found) {
    // The change of the replica set brings the next step; going on here would work with its old state.
    context.update(current)
    return
  }
  if (current !== undefined) setRevision(deployment, current, context)

  const scaled = isPaused ? [] : planScaling(deployment, sets, current)
  for (const { set, replicas } of scaled) {
    context.update({ ...withoutVersion(set), spec: { ...fieldsAt(set, 'spec'), replicas } })
  }
  if (scaled.length === 0) removeOldSets(deployment, sets, current, context)
  const { status, wakeAt } = deploymentStatus(deployment, { sets, current, now: context.now() })
  if (wakeAt !== undefined) context.wakeAt(deployment, wakeAt)
  context.updateStatus(withoutVersion(deployment), status)
}

function newReplicaSet(deployment: ApiObject, hash: string, revision: number): ApiObject {
  const template = fieldsAt(deployment, 'spec', 'template')
  const labels = { ...textMapAt(template, 'metadata', 'labels'), 'pod-template-hash': hash }
  const selector = { ...textMapAt(deployment, 'spec', 'selector', 'matchLabels'), 'pod-template-hash': hash }
  const minReadySeconds = valueAt(deployment, 'spec', 'minReadySeconds')
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace ?? '',
      labels,
      annotations: { [revisionAnnotation]: String(revision) },
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      replicas: 0,
      selector: { matchLabels: selector },
      template: { ...template, metadata: { ...fieldsAt(template, 'metadata'), labels } },
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
    },
  }
}

export function revisionOf(object: ApiObject): number {
  return Number(object.metadata.annotations?.[revisionAnnotation] ?? 0)
}

function lastRevision(sets: readonly ApiObject[]): number {
  return Math.max(0, ...sets.map(revisionOf))
}

function byRevision(a: ApiObject, b: ApiObject): number {
  return revisionOf(a) - revisionOf(b)
}

/** A replica set that comes back into use gets a new revision number, as `kubectl rollout undo` shows. */
function withNewestRevision(set: ApiObject, sets: readonly ApiObject[], isPaused: boolean): ApiObject {
  const newest = lastRevision(sets)
  if (isPaused || revisionOf(set) === newest) return set
  const annotations = { ...set.metadata.annotations, [revisionAnnotation]: String(newest + 1) }
  return { ...withoutVersion(set), metadata: { ...withoutVersion(set).metadata, annotations } }
}

function setRevision(deployment: ApiObject, set: ApiObject, context: WorkloadContext): void {
  if (revisionOf(deployment) === revisionOf(set)) return
  const annotations = { ...deployment.metadata.annotations, [revisionAnnotation]: String(revisionOf(set)) }
  context.update({ ...withoutVersion(deployment), metadata: { ...withoutVersion(deployment).metadata, annotations } })
}

function withoutVersion(object: ApiObject): ApiObject {
  const { resourceVersion: _newest, ...metadata } = object.metadata
  return { ...object, metadata }
}

interface Scaling {
  set: ApiObject
  replicas: number
}

const replicasOf = (set: ApiObject) => numberAt(set, 'spec', 'replicas') ?? 0
const availableOf = (set: ApiObject) => numberAt(set, 'status', 'availableReplicas') ?? 0
const sum = (sets: readonly ApiObject[], count: (set: ApiObject) => number) =>
  sets.reduce((all, set) => all + count(set), 0)

/** Rules of `pkg/controller/deployment/rolling.go` and `recreate.go`: first up the new one, then down the old ones. */
function planScaling(deployment: ApiObject, sets: readonly ApiObject[], current: ApiObject | undefined): Scaling[] {
  if (current === undefined) return []
  const wanted = numberAt(deployment, 'spec', 'replicas') ?? 1
  const old = sets.filter((set) => set.metadata.uid !== current.metadata.uid)
  if (textAt(deployment, 'spec', 'strategy', 'type') === 'Recreate') return planRecreate(wanted, old, current)
  const { maxSurge, maxUnavailable } = rollingBounds(deployment, wanted)
  const room = wanted + maxSurge - sum(sets, replicasOf)
  const grown =
    replicasOf(current) > wanted
      ? wanted
      : replicasOf(current) + Math.min(Math.max(0, room), wanted - replicasOf(current))
  if (grown !== replicasOf(current)) return [{ set: current, replicas: grown }]
  return planShrinking(sets, old, current, wanted - maxUnavailable)
}

function planRecreate(wanted: number, old: readonly ApiObject[], current: ApiObject): Scaling[] {
  const alive = old.filter((set) => replicasOf(set) > 0)
  if (alive.length > 0) return alive.map((set) => ({ set, replicas: 0 }))
  const stillThere = sum(old, (set) => numberAt(set, 'status', 'replicas') ?? 0) > 0
  return stillThere || replicasOf(current) === wanted ? [] : [{ set: current, replicas: wanted }]
}

/** Unhealthy old pods go first; then as many healthy ones as availability allows. */
function planShrinking(
  sets: readonly ApiObject[],
  old: readonly ApiObject[],
  current: ApiObject,
  minAvailable: number,
): Scaling[] {
  const newUnavailable = replicasOf(current) - availableOf(current)
  let mayGo = sum(sets, replicasOf) - minAvailable - newUnavailable
  let healthyMayGo = sum(sets, availableOf) - minAvailable
  const plan: Scaling[] = []
  for (const set of old) {
    const unhealthy = Math.max(0, Math.min(replicasOf(set) - availableOf(set), mayGo))
    mayGo -= unhealthy
    const healthy = Math.max(0, Math.min(availableOf(set), healthyMayGo, mayGo))
    healthyMayGo -= healthy
    mayGo -= healthy
    if (unhealthy + healthy > 0) plan.push({ set, replicas: replicasOf(set) - unhealthy - healthy })
  }
  return plan
}

function removeOldSets(
  deployment: ApiObject,
  sets: readonly ApiObject[],
  current: ApiObject | undefined,
  context: WorkloadContext,
): void {
  const limit = numberAt(deployment, 'spec', 'revisionHistoryLimit') ?? 10
  const empty = sets.filter(
    (set) =>
      set.metadata.uid !== current?.metadata.uid && replicasOf(set) === 0 && numberAt(set, 'status', 'replicas') === 0,
  )
  for (const set of empty.slice(0, Math.max(0, empty.length - limit))) context.remove(set)
}
