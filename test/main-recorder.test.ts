import { expect, onTestFinished, test, vi } from 'vitest'
import { resources } from '../src/api/kubernetes.ts'
import { parseConfig } from '../src/config.ts'
import { rolloutStateName } from '../src/core/workload/rollout-status.ts'
import { createRecorder } from '../src/main-recorder.ts'
import { createStores } from '../src/main-stores.ts'
import { systemClock as clock } from '../src/runtime/clock.ts'
import type { Leader } from '../src/runtime/leader.ts'
import { createMetrics } from '../src/runtime/metrics.ts'
import { createQueue } from '../src/runtime/queue.ts'
import { createRolloutStates } from '../src/runtime/rollout-states.ts'
import { createFakeCluster } from './fakes/cluster.ts'
import { silentLog } from './fakes/silent-log.ts'
import { createFakeSink } from './fakes/sink.ts'

const at = new Date().toISOString()
const many = 5_000

test('whoever becomes leader tells what waits in every record, also in one that goes meanwhile', async () => {
  const { cluster, own, objects } = createFakeCluster(Object.values(resources))
  for (let number = 0; number < many; number++) objects.create(resources.workloadRolloutState, record(number))
  const config = parseConfig('f.yaml', '')
  const metrics = createMetrics('test')
  const stores = createStores({ cluster, engine: cluster }, { config, log: silentLog, metrics })
  const stop = new AbortController()
  const running = stores.rolloutRecords.run(stop.signal)
  await stores.rolloutRecords.synced()
  const [sink, leader] = [createFakeSink('webhook'), createSwitch()]
  const recorder = createRecorder({
    config,
    world: { cluster, own, sinks: [sink] },
    stores,
    leader,
    rollouts: createRolloutStates(),
    queue: createQueue({ clock, random: Math.random }),
    log: silentLog,
    metrics,
  })
  const telling = recorder.run(stop.signal)
  onTestFinished(async () => {
    stop.abort()
    await Promise.all([running, telling])
  })

  leader.lead()
  objects.remove(resources.workloadRolloutState, 'prod', record(many - 1).metadata.name)
  await vi.waitFor(() => expect(sink.told()).toHaveLength(many), { timeout: 30_000 })
})

/** Leads from the moment that it is told to. */
function createSwitch(): Leader & { lead(): void } {
  const listeners: ((leading: boolean) => void)[] = []
  let leads = false
  return {
    isLeader: () => leads,
    fence: () => undefined,
    holder: () => undefined,
    onChange: (listener) => void listeners.push(listener),
    run: async () => undefined,
    lead() {
      leads = true
      for (const listener of listeners) listener(true)
    },
  }
}

function record(number: number) {
  const id = `event-${number}`
  const workloadRef = { kind: 'Deployment', namespace: 'prod', name: `web-${number}`, uid: `uid-${number}` }
  const pending = [
    { id, phase: 'failed', at, sinks: ['webhook'], revision: id, version: id, reason: 'r', message: '', startedAt: at },
  ]
  return {
    apiVersion: 'fairlead.dev/v1alpha1',
    kind: 'WorkloadRolloutState',
    metadata: { namespace: 'prod', name: rolloutStateName(workloadRef) },
    spec: { workloadRef },
    status: { revision: id, phase: 'failed', pending },
  }
}
