import { objectKey } from './api/kubernetes.ts'
import { finalPhases, isRollback, type UpdateRequest } from './api/update-request.ts'
import type { ImageWatch } from './controllers/image-update/watch.ts'
import { pushedAtMs } from './core/change/carrier.ts'
import { isApplied, isSettled } from './core/change/rolled-out.ts'
import type { Recorder } from './main-recorder.ts'
import { keyOfWorkload, type Stores, siblingsOf } from './main-stores.ts'
import { wakeByEngine } from './main-wake-engine.ts'
import type { Log } from './ports.ts'
import { systemClock as clock } from './runtime/clock.ts'
import { createInOrder } from './runtime/cooperative.ts'
import type { Leader } from './runtime/leader.ts'
import type { WorkQueue } from './runtime/queue.ts'
import type { RolloutStates } from './runtime/rollout-states.ts'

/** How long a superseded decision rests before it is looked at again. */
const decideAgainMs = 250

/** One queue per controller. */
export type Queues = Record<
  | 'workload'
  | 'rollout-record'
  | 'image-update'
  | 'update-request'
  | 'pull-request'
  | 'outcome'
  | 'rollback'
  | 'removal',
  WorkQueue
>

/** What wakes whom. A store calls only for objects that really changed. */
export function wake(
  {
    stores,
    leader,
    rollouts,
    recorder,
    log,
  }: {
    stores: Stores
    leader: Leader
    rollouts: RolloutStates
    recorder: Pick<Recorder, 'records' | 'removed'>
    log: Log
  },
  queues: Queues,
  images: ImageWatch,
): void {
  const wakeUnsettled = (requests: Iterable<UpdateRequest>) => {
    for (const request of requests) {
      if (isUnsettled(request)) queues['update-request'].add(`${request.metadata.namespace}/${request.metadata.name}`)
    }
  }
  const wakeAllUnsettled = () => wakeUnsettled(stores.requests.values())
  for (const store of stores.workloads) {
    store.subscribe((_, before, after) => {
      const key = keyOfWorkload(before, after)
      queues.workload.add(key)
      images.changed(key, after === undefined ? undefined : stores.workload(key))
      wakeUnsettled(stores.requests.byIndex('workload', key))
      const removed = before === undefined || before.uid === after?.uid ? undefined : recorder.removed(before)
      if (removed !== undefined) queues.removal.add(removed)
    })
  }
  stores.canaries.subscribe((_, before, after) => {
    for (const one of [before, after]) if (one !== undefined) queues.workload.add(one.target)
    // It may have failed before by the clock alone, which is no reason to put it back.
    if (after?.phase === 'Failed' && before?.phase !== 'Failed') queues.rollback.add(after.target)
  })
  stores.requests.subscribe((key, before, after) => {
    queues['update-request'].add(key)
    if (after?.status?.phase === 'Completed') {
      queues.outcome.add(key)
      if (isRollback(after) && before?.status?.commit !== after.status.commit) tellOfRollback(after)
    }
    if (after !== undefined) wakePushed(before, after, queues.workload)
    for (const target of after?.spec.targets ?? []) queues.rollback.add(objectKey(target))
    // An older one for the same slot gives way.
    if (before === undefined && after !== undefined) wakeUnsettled(siblingsOf(after, stores))
    if (after === undefined || !frees(before, after)) return
    // Not at once: should two parts of us disagree about it, they must not keep each other busy.
    for (const target of after.spec.targets) images.wake(objectKey(target), decideAgainMs)
  })
  // Every status of the engine matters to what was delivered; what still waits looks at Git, and that is slower.
  const wakeDelivered = () => {
    const delivered = [...stores.requests.values()].filter(({ status }) => status?.phase === 'Completed')
    wakeUnsettled(delivered.filter((request) => !isApplied(request) || isWaiting(request)))
  }
  const wakeEverything = () => {
    images.wakeAll()
    wakeAllUnsettled()
  }
  const tellOutcomes = (requests: Iterable<UpdateRequest>) => {
    for (const { metadata, status } of requests) {
      if (status?.phase === 'Completed') queues.outcome.add(`${metadata.namespace}/${metadata.name}`)
    }
  }
  // Whoever asked for the version that was taken back hears of it where it was asked for.
  const tellOfRollback = (rollback: UpdateRequest) => tellOutcomes(siblingsOf(rollback, stores))
  const wakeRequestsOf = (key: string) => wakeUnsettled(stores.requests.byIndex('workload', key))
  wakeByEngine(stores, images, {
    delivered: wakeDelivered,
    requestsOf: wakeRequestsOf,
    released(release, workloads) {
      for (const key of workloads) queues.workload.add(key)
      for (const key of [release, ...workloads]) queues.rollback.add(key)
    },
    everything: wakeEverything,
  })
  rollouts.onChange((key) => {
    wakeRequestsOf(key)
    queues.rollback.add(key)
  })
  stores.rolloutRecords.subscribe((key, before, after) => {
    recorder.records.shown(key)
    const ref = (after ?? before)?.spec.workloadRef
    if (ref !== undefined) lookAgain(objectKey(ref), { rollouts, leads: leader.isLeader() }, queues.workload)
  })
  // Of each there may be 10,000: others get their turns of the event loop in between.
  function* wakeForLeader() {
    yield images.wakeAll()
    for (const request of stores.requests.values()) yield wakeUnsettled([request])
    for (const request of stores.requests.values()) yield tellOutcomes([request])
    for (const store of stores.workloads) for (const one of store.values()) yield queues.rollback.add(objectKey(one))
    for (const { namespace, name, failure } of stores.engine.helmReleases.values()) {
      if (failure !== undefined) yield queues.rollback.add(`HelmRelease/${namespace}/${name}`)
    }
    for (const key of rollouts.unrecorded()) yield queues.workload.add(key)
  }
  const inOrder = createInOrder((error) => log.error({ error }, 'what waits for a leader cannot be woken'))
  leader.onChange((leading) => {
    if (leading) inOrder(wakeForLeader())
  })
}

/** Applied, and some workload does not run it yet: another commit may still take its place. */
function isWaiting({ status }: UpdateRequest): boolean {
  return status?.rollouts?.some(({ phase }) => phase === 'waiting') === true
}

/** The series of a workload tell when its commit reached the branch, which may be known after its rollout. */
function wakePushed(before: UpdateRequest | undefined, after: UpdateRequest, queue: Pick<WorkQueue, 'add'>): void {
  if (pushedAtMs(after) === (before && pushedAtMs(before))) return
  for (const target of after.spec.targets) queue.add(objectKey(target))
}

/** What is kept of a rollout changed. Whoever leads holds it against what it sees; the others go on from what is kept. */
function lookAgain(
  key: string,
  { rollouts, leads }: { rollouts: RolloutStates; leads: boolean },
  queue: Pick<WorkQueue, 'add'>,
): void {
  const seen = rollouts.get(key)
  if (seen === undefined) return
  rollouts.set(key, leads ? { ...seen, recorded: false } : undefined)
  queue.add(key)
}

/** Its end lets something else be decided: it was overtaken, or it was a rollback, for which updates of its slot wait. */
function frees(before: UpdateRequest | undefined, after: UpdateRequest): boolean {
  const phase = after.status?.phase
  if (phase === undefined || phase === before?.status?.phase) return false
  return phase === 'Superseded' || (isRollback(after) && finalPhases.includes(phase))
}

/** Its status may still change. */
export function isUnsettled(request: UpdateRequest): boolean {
  const phase = request.status?.phase
  return (
    phase === undefined || !finalPhases.includes(phase) || (phase === 'Completed' && !isSettled(request, clock.now()))
  )
}
