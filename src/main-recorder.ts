import { rfc3339 } from './api/condition.ts'
import { objectKey } from './api/kubernetes.ts'
import type { WorkloadRolloutState } from './api/workload-rollout-state.ts'
import type { Config } from './config-schema.ts'
import { createRemovals } from './controllers/removal/controller.ts'
import { createRolloutRecordController, wantedRecord } from './controllers/rollout-record/controller.ts'
import { carriedChange } from './core/change/carrier.ts'
import { pendingTransition } from './core/event/pending.ts'
import { removalOf } from './core/event/removal.ts'
import type { RolloutState } from './core/workload/rollout-state.ts'
import type { Workload } from './core/workload/workload.ts'
import { fenced } from './main-guard.ts'
import type { Stores } from './main-stores.ts'
import type { World } from './main-world.ts'
import type { Log } from './ports.ts'
import { systemClock as clock } from './runtime/clock.ts'
import { createInOrder } from './runtime/cooperative.ts'
import type { Leader } from './runtime/leader.ts'
import type { Metrics } from './runtime/metrics.ts'
import { createOutbox } from './runtime/outbox.ts'
import { createPacedKeys } from './runtime/paced-keys.ts'
import type { WorkQueue } from './runtime/queue.ts'
import { createRolloutRecords } from './runtime/rollout-records.ts'
import type { RolloutStates } from './runtime/rollout-states.ts'

export interface RecorderDeps {
  config: Config
  world: Pick<World, 'cluster' | 'own' | 'sinks'>
  stores: Pick<Stores, 'workload' | 'requests' | 'rolloutRecords'>
  leader: Leader
  rollouts: RolloutStates
  /** Of the controller that writes the records. */
  queue: WorkQueue
  log: Log
  metrics: Metrics
}

/** What keeps rollouts in the cluster. */
export type Recorder = ReturnType<typeof createRecorder>

/** A record that nobody waits for costs up to two writes, and there may be 50 in a second, some of them other ones. */
const silentPerSecond = 24

/** So long a record may hold an event that was sent, so that one write takes out several. */
const acknowledgeMs = 500

export function createRecorder({ config, world, stores, leader, rollouts, queue, log, metrics }: RecorderDeps) {
  const isLeader = () => leader.isLeader()
  const cluster = config.cluster.name
  const records = createRolloutRecords((key) => stores.rolloutRecords.get(key))
  const facts = {
    changeOf: (workload: Workload) => carriedChange(workload, stores.requests.byIndex('workload', objectKey(workload))),
    clusterName: cluster,
    sinks: world.sinks.map(({ name }) => name),
  }
  const outbox = createOutbox({
    sinks: world.sinks,
    clock,
    log,
    random: Math.random,
    metrics,
    isLeader,
    transition({ event, workload }) {
      const live = stores.workload(objectKey(workload))
      const labels = live?.uid === workload.uid ? live.labels : {}
      return pendingTransition(event, workload, {
        cluster,
        labels,
        slackMessage: records.read(workload)?.status?.slackMessage,
      })
    },
    acknowledge: (key) => queue.add(key, { afterMs: acknowledgeMs }),
  })
  const offer = (record: WorkloadRolloutState) => {
    const newest = records.read(record.spec.workloadRef)
    if (newest !== undefined && isLeader()) outbox.offer(newest)
  }
  stores.rolloutRecords.subscribe((key, _, record) => {
    if (record === undefined) outbox.withdraw(key)
    else offer(record)
  })
  // Turns of the event loop lie in between. A record that goes meanwhile is told of all the same, as it was.
  function* offerAll() {
    const untold = [...stores.rolloutRecords.values()].filter(({ status }) => status?.pending !== undefined)
    for (const record of untold) {
      yield offer(record)
      const key = `${record.metadata.namespace ?? ''}/${record.metadata.name}`
      if (stores.rolloutRecords.get(key) !== undefined || !isLeader()) continue
      outbox.offer(record)
      outbox.withdraw(key)
    }
  }
  const inOrder = createInOrder((error) => log.error({ error }, 'what waits to be told cannot be taken over'))
  leader.onChange((leading) => {
    outbox.clear()
    if (leading) inOrder(offerAll())
  })
  const silent = createPacedKeys({
    clock,
    perSecond: silentPerSecond,
    isOpen: () => stores.rolloutRecords.isInstalled && isLeader(),
    release: (key) => queue.add(key),
  })
  // What was sent is taken out by whoever sent it, and is no reason to write for anybody else.
  const untold = { settled: () => undefined, messageOf: () => undefined }
  const removals = createRemovals({ cluster: world.cluster, isLeader, outbox })
  const isRemovalTold = world.sinks.some(({ removed }) => removed !== undefined)
  return {
    records,
    removal: removals.controller,
    /** A workload is not served any more. The key to work on; undefined when there is nothing to say. */
    removed(workload: Workload): string | undefined {
      if (!isRemovalTold || !isLeader()) return undefined
      const state = rollouts.get(objectKey(workload))?.state
      const removal = removalOf(workload, state, { cluster, at: rfc3339(clock.now()) })
      return removal && removals.seen(removal)
    },
    controller: createRolloutRecordController({
      ...facts,
      workload: stores.workload,
      rollouts,
      records,
      cluster: world.cluster,
      own: fenced(world.own, leader),
      isLeader,
      log,
      outbox,
    }),
    /** True when the cluster does not keep it like this; whoever leads then writes it, news first. */
    record(key: string, workload: Workload, state: RolloutState): boolean {
      const wanted = wantedRecord({ workload, state, record: records.read(workload) }, { ...facts, ...untold })
      if (wanted === undefined) return false
      if (!wanted.news || !stores.rolloutRecords.isInstalled) silent.add(key)
      else if (isLeader()) queue.add(key, { urgent: true })
      return true
    },
    async run(signal: AbortSignal): Promise<void> {
      await Promise.all([silent.run(signal), outbox.run(signal)])
    },
  }
}
