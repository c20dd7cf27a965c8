import { type Fields, fieldsAt, isFields, listAt, numberAt, textAt, valueAt } from '../json.ts'
import { type ApiObject, kubernetesTime } from './object.ts'
import { scaledCount } from './pod.ts'

/** What the status is computed from. */
export interface DeploymentFacts {
  sets: readonly ApiObject[]
  /** Replica set of the present template. */
  current: ApiObject | undefined
  /** Milliseconds since 1970. */
  now: number
}

interface Counts {
  replicas: number
  updated: number
  ready: number
  available: number
}

/**
 * Status with the conditions of `pkg/controller/deployment/progress.go`. `wakeAt` is when the progress deadline has to
 * be looked at, in milliseconds since 1970.
 */
export function deploymentStatus(
  deployment: ApiObject,
  facts: DeploymentFacts,
  reason?: 'NewReplicaSetCreated',
): { status: Fields; wakeAt: number | undefined } {
  const wanted = numberAt(deployment, 'spec', 'replicas') ?? 1
  const counts = countSets(facts)
  const unavailable = Math.max(0, Math.max(wanted, counts.replicas) - counts.available)
  const { maxUnavailable } = rollingBounds(deployment, wanted)
  const isAvailable = counts.available >= wanted - maxUnavailable
  const progress = progressOf(deployment, facts, counts, reason)
  const old = listAt(deployment, 'status', 'conditions').filter(isFields)
  const conditions = [
    mergeCondition(old, facts.now, isAvailable ? available : notAvailable, false),
    ...(progress === undefined ? [] : [mergeCondition(old, facts.now, progress.condition, progress.moved)]),
  ]
  const deadline = numberAt(deployment, 'spec', 'progressDeadlineSeconds') ?? 600
  const progressing = conditions.find((condition) => condition['type'] === 'Progressing')
  const isOpen = ['NewReplicaSetCreated', 'FoundNewReplicaSet', 'ReplicaSetUpdated'].includes(
    textAt(progressing, 'reason'),
  )
  const status = {
    observedGeneration: deployment.metadata.generation,
    ...nonZero({
      replicas: counts.replicas,
      updatedReplicas: counts.updated,
      readyReplicas: counts.ready,
      availableReplicas: counts.available,
      unavailableReplicas: unavailable,
    }),
    conditions,
  }
  // One second more than the deadline, because condition times have whole seconds.
  const wakeAt = isOpen ? Date.parse(textAt(progressing, 'lastUpdateTime')) + (deadline + 1) * 1000 : undefined
  return { status, wakeAt }
}

/** Kubernetes leaves counts of 0 out of its JSON. */
function nonZero(counts: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0))
}

function countSets({ sets, current }: DeploymentFacts): Counts {
  const total = (field: string) => sets.reduce((all, set) => all + (numberAt(set, 'status', field) ?? 0), 0)
  const updated = current === undefined ? 0 : (numberAt(current, 'status', 'replicas') ?? 0)
  return { replicas: total('replicas'), updated, ready: total('readyReplicas'), available: total('availableReplicas') }
}

/** Bounds of a rolling update; both 0 would stand still, so one may then be missing, as in Kubernetes. */
export function rollingBounds(deployment: ApiObject, wanted: number): { maxSurge: number; maxUnavailable: number } {
  const strategy = fieldsAt(deployment, 'spec', 'strategy', 'rollingUpdate')
  const maxSurge = scaledCount(strategy['maxSurge'], wanted, 'up')
  const maxUnavailable = scaledCount(strategy['maxUnavailable'], wanted, 'down')
  return { maxSurge, maxUnavailable: maxSurge === 0 && maxUnavailable === 0 ? 1 : Math.min(maxUnavailable, wanted) }
}

interface ConditionFacts {
  type: string
  status: 'True' | 'False' | 'Unknown'
  reason: string
  message: string
}

const available: ConditionFacts = {
  type: 'Available',
  status: 'True',
  reason: 'MinimumReplicasAvailable',
  message: 'Deployment has minimum availability.',
}
const notAvailable: ConditionFacts = {
  type: 'Available',
  status: 'False',
  reason: 'MinimumReplicasUnavailable',
  message: 'Deployment does not have minimum availability.',
}

function progressing(status: 'True' | 'False' | 'Unknown', reason: string, message: string): ConditionFacts {
  return { type: 'Progressing', status, reason, message }
}

/** The next Progressing condition; `moved` restarts the clock of the deadline. */
function progressOf(
  deployment: ApiObject,
  { current, now }: DeploymentFacts,
  counts: Counts,
  reason: 'NewReplicaSetCreated' | undefined,
): { condition: ConditionFacts; moved: boolean } | undefined {
  const old = listAt(deployment, 'status', 'conditions').find((one) => textAt(one, 'type') === 'Progressing')
  const name = current?.metadata.name ?? ''
  if (reason !== undefined)
    return { condition: progressing('True', reason, `Created new replica set "${name}"`), moved: true }
  if (valueAt(deployment, 'spec', 'paused') === true) {
    return { condition: progressing('Unknown', 'DeploymentPaused', 'Deployment is paused'), moved: false }
  }
  if (textAt(old, 'reason') === 'DeploymentPaused') {
    return { condition: progressing('Unknown', 'DeploymentResumed', 'Deployment is resumed'), moved: true }
  }
  const wanted = numberAt(deployment, 'spec', 'replicas') ?? 1
  const wasComplete = textAt(old, 'reason') === 'NewReplicaSetAvailable'
  const isNew = textAt(old, 'message').includes(`"${name}"`)
  if (wasComplete && isNew && counts.replicas === counts.updated) return keep(old)
  const isComplete = [counts.updated, counts.replicas, counts.available].every((count) => count === wanted)
  if (isComplete) {
    const message = `ReplicaSet "${name}" has successfully progressed.`
    return { condition: progressing('True', 'NewReplicaSetAvailable', message), moved: true }
  }
  if (hasMoved(deployment, counts) || !isNew) {
    const condition = progressing('True', 'ReplicaSetUpdated', `ReplicaSet "${name}" is progressing.`)
    return { condition, moved: true }
  }
  const deadline = numberAt(deployment, 'spec', 'progressDeadlineSeconds') ?? 600
  const isLate = now > Date.parse(textAt(old, 'lastUpdateTime')) + deadline * 1000
  if (!isLate) return keep(old)
  const message = `ReplicaSet "${name}" has timed out progressing.`
  return { condition: progressing('False', 'ProgressDeadlineExceeded', message), moved: false }
}

function keep(old: unknown): { condition: ConditionFacts; moved: boolean } | undefined {
  if (!isFields(old)) return undefined
  const status = textAt(old, 'status')
  const known = status === 'True' || status === 'False' ? status : 'Unknown'
  return { condition: progressing(known, textAt(old, 'reason'), textAt(old, 'message')), moved: false }
}

function hasMoved(deployment: ApiObject, counts: Counts): boolean {
  const old = (field: string) => numberAt(deployment, 'status', field) ?? 0
  return (
    counts.updated > old('updatedReplicas') ||
    counts.replicas - counts.updated < old('replicas') - old('updatedReplicas') ||
    counts.ready > old('readyReplicas') ||
    counts.available > old('availableReplicas')
  )
}

function mergeCondition(old: readonly Fields[], now: number, next: ConditionFacts, moved: boolean): Fields {
  const before = old.find((one) => one['type'] === next.type)
  const time = kubernetesTime(new Date(now))
  const isSame = before !== undefined && before['status'] === next.status
  const isUnchanged = isSame && before['reason'] === next.reason && before['message'] === next.message
  return {
    ...next,
    lastUpdateTime: isUnchanged && !moved ? before['lastUpdateTime'] : time,
    lastTransitionTime: isSame ? before['lastTransitionTime'] : time,
  }
}
