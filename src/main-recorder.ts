import { objectKey } from './api/kubernetes.ts'
import type { Config } from './config-schema.ts'
import { createRolloutRecordController, wantedRecord } from './controllers/rollout-record/controller.ts'
import { rolloutCause } from './core/change/rollout-cause.ts'
import type { RolloutState } from './core/workload/rollout-state.ts'
import type { Workload } from './core/workload/workload.ts'
import { fenced } from './main-guard.ts'
import type { Stores } from './main-stores.ts'
import type { World } from './main-world.ts'
import { systemClock as clock } from './runtime/clock.ts'
import type { Leader } from './runtime/leader.ts'
import { createPacedKeys } from './runtime/paced-keys.ts'
import type { WorkQueue } from './runtime/queue.ts'
import { createRolloutRecords } from './runtime/rollout-records.ts'
import type { RolloutStates } from './runtime/rollout-states.ts'

export interface RecorderDeps {
  config: Config
  world: Pick<World, 'cluster' | 'own'>
  stores: Pick<Stores, 'workload' | 'requests' | 'rolloutRecords'>
  leader: Leader
  rollouts: RolloutStates
  /** Of the controller that writes the records. */
  queue: WorkQueue
}

/** What keeps rollouts in the cluster. */
export type Recorder = ReturnType<typeof createRecorder>

/** A record that nobody waits for costs up to two writes, and there may be 50 in a second. */
const silentPerSecond = 25

export function createRecorder({ config, world, stores, leader, rollouts, queue }: RecorderDeps) {
  const records = createRolloutRecords((key) => stores.rolloutRecords.get(key))
  const facts = {
    causeOf: (workload: Workload) => rolloutCause(workload, stores.requests.byIndex('workload', objectKey(workload))),
    clusterName: config.cluster.name,
    sinks: [],
  }
  const silent = createPacedKeys({
    clock,
    perSecond: silentPerSecond,
    isOpen: () => stores.rolloutRecords.isInstalled && leader.isLeader(),
    release: (key) => queue.add(key),
  })
  return {
    records,
    controller: createRolloutRecordController({
      ...facts,
      workload: stores.workload,
      rollouts,
      records,
      cluster: world.cluster,
      own: fenced(world.own, leader),
      isLeader: () => leader.isLeader(),
    }),
    /** True when the cluster does not keep it like this; whoever leads then writes it, news first. */
    record(key: string, workload: Workload, state: RolloutState): boolean {
      const wanted = wantedRecord({ workload, state, record: records.read(workload) }, facts)
      if (wanted === undefined) return false
      if (!wanted.news || !stores.rolloutRecords.isInstalled) silent.add(key)
      else if (leader.isLeader()) queue.add(key, { urgent: true })
      return true
    },
    run: silent.run,
  }
}
