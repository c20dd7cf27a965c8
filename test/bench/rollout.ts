import { monitorEventLoopDelay } from 'node:perf_hooks'
import { resources } from '../../src/api/kubernetes.ts'
import { createWorkloadController } from '../../src/controllers/workload/controller.ts'
import { rolloutFacts, rolloutStateName } from '../../src/core/workload/rollout-status.ts'
import { trackRollout } from '../../src/core/workload/track-rollout.ts'
import { readWorkload, type Workload } from '../../src/core/workload/workload.ts'
import { systemClock as clock } from '../../src/runtime/clock.ts'
import { reconcile } from '../../src/runtime/loop.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { createRolloutStates } from '../../src/runtime/rollout-states.ts'
import { createStoreContent } from '../../src/runtime/store-content.ts'
import { deployment } from '../core/workload/sample.ts'
import { silentLog } from '../fakes/silent-log.ts'
import { createFakeSink } from '../fakes/sink.ts'
import { createFakeWorld, type FakeWorld, type Replica } from '../fakes/world.ts'
import { type BenchRow, round } from './row.ts'

const workloads = 10_000
/** The bundle of the benches does not lie where that of the program does. */
const settings = 'mode: observe\ntemplatesDir: templates'
const nameOf = (number: number) => `app-${number}`

/** What following 10,000 workloads costs, against a cluster in memory. */
export async function* rolloutRows(): AsyncGenerator<BenchRow> {
  yield await unchangedEvent()
  const world = aWorld()
  yield await backfill(world)
  keepAll(world)
  yield await restart(world)
  yield await events(world)
}

/** An event in which nothing is new but its resourceVersion. */
async function unchangedEvent(): Promise<BenchRow> {
  const store = createStoreContent<Workload>('Deployment', silentLog)
  const shapes = (version: string) =>
    Array.from({ length: workloads }, (_, number) =>
      readWorkload(deployment({ metadata: { name: nameOf(number), uid: `uid-${number}`, resourceVersion: version } })),
    )
  const controller = createWorkloadController({
    workload: (key) => store.objects.get(key),
    engineFailure: () => undefined,
    deadlineMs: 900_000,
    clock,
    log: silentLog,
    metrics: createMetrics('bench'),
    rollouts: createRolloutStates(),
    records: { read: () => undefined },
    causes: { of: async () => ({ reason: '', message: '' }), forget: () => undefined },
    record: () => false,
    requestsOf: () => [],
    isLeader: () => true,
  })
  const woken: string[] = []
  store.subscribe((key) => woken.push(key))
  const round1 = async (version: string) => {
    const decoded = shapes(version)
    const startedMs = performance.now()
    for (const [number, workload] of decoded.entries()) store.put(nameOf(number), workload)
    for (const key of woken.splice(0)) await reconcile(controller, key)
    return ((performance.now() - startedMs) * 1000) / workloads
  }
  const cold = await round1('1')
  for (const version of ['2', '3']) await round1(version)
  const warm = await round1('4')
  return {
    row: 'an event of a workload in which nothing is new, after it was decoded',
    aim: '<= 2 µs',
    met: warm <= 2,
    result: { microseconds: round(warm, 2), firstSightMicroseconds: round(cold, 2) },
  }
}

function aWorld(): FakeWorld {
  const world = createFakeWorld()
  for (let number = 0; number < workloads; number++) {
    const settled = deployment({ metadata: { name: nameOf(number) }, image: 'ghcr.io/acme/app:1.0.0' })
    world.cluster.objects.create(resources.deployment, settled)
  }
  return world
}

/** Every workload was looked at. */
async function tracked({ metrics, quiet }: Replica): Promise<void> {
  await quiet()
  const waiting = async () => {
    const { values } = await metrics.workqueueDepth.get()
    return values.find(({ labels }) => labels.controller === 'workload')?.value ?? workloads
  }
  while ((await waiting()) > 0) await clock.sleep(5)
}

const backfillSeconds = 10

/** The first seconds of it; the whole takes minutes, on purpose. */
async function backfill(world: FakeWorld): Promise<BenchRow> {
  let writes = 0
  const stop = world.cluster.objects.onChange(({ resource }) => {
    if (resource.kind === resources.workloadRolloutState.kind) writes++
  })
  const delay = monitorEventLoopDelay({ resolution: 5 })
  const sink = createFakeSink('webhook')
  const startedMs = performance.now()
  const replica = await world.start(settings, undefined, {}, [sink])
  await tracked(replica)
  const readyMs = performance.now() - startedMs
  delay.enable()
  writes = 0
  await clock.sleep(backfillSeconds * 1000)
  await replica.stop()
  stop()
  const perSecond = writes / backfillSeconds
  return {
    row: `back-fill of ${workloads} states, the first ${backfillSeconds} s of it`,
    aim: '<= 50 writes per second, nobody told',
    met: perSecond > 20 && perSecond <= 50 && sink.calls === 0,
    result: {
      writesPerSecond: round(perSecond),
      trackedMs: round(readyMs),
      longestBlockMs: round(delay.max / 1e6),
      eventsSent: sink.taken.length,
    },
  }
}

/** All states are there, as after the back-fill. */
function keepAll({ cluster: { objects } }: FakeWorld): void {
  const { workloadRolloutState } = resources
  for (const object of objects.list(resources.deployment)) {
    const workload = readWorkload(object)
    const { kind, namespace, uid } = workload
    const name = rolloutStateName(workload)
    if (objects.get(workloadRolloutState, namespace, name) === undefined) {
      const spec = { workloadRef: { kind, namespace, name: workload.name, uid } }
      const metadata = { namespace, name }
      objects.create(workloadRolloutState, {
        apiVersion: 'fairlead.dev/v1alpha1',
        kind: workloadRolloutState.kind,
        metadata,
        spec,
      })
    }
    const kept = objects.get(workloadRolloutState, namespace, name)
    const status = rolloutFacts(trackRollout(undefined, workload, clock.now()))
    if (kept?.status === undefined && kept !== undefined) {
      objects.update(workloadRolloutState, { ...kept, status }, 'status')
    }
  }
}

async function restart(world: FakeWorld): Promise<BenchRow> {
  const before = world.cluster.objects.version
  const sink = createFakeSink('webhook')
  const startedMs = performance.now()
  const replica = await world.start(settings, undefined, {}, [sink])
  await tracked(replica)
  const readyMs = performance.now() - startedMs
  await replica.stop()
  const writes = world.cluster.objects.version - before
  return {
    row: `restart with ${workloads} workloads whose states are kept`,
    aim: 'all tracked <= 2 s, nothing sent or written',
    met: readyMs <= 2_000 && sink.calls === 0 && writes === 0,
    result: { trackedMs: round(readyMs), eventsSent: sink.taken.length, writes },
  }
}

/** Every workload begins to roll out, in one moment: until a sink in this process was told of all of them. */
async function events(world: FakeWorld): Promise<BenchRow> {
  const sink = createFakeSink('webhook')
  const replica = await world.start(settings, undefined, {}, [sink])
  await tracked(replica)
  const { objects } = world.cluster
  for (const [number, live] of objects.list(resources.deployment).entries()) {
    const metadata = { ...live.metadata, annotations: { 'deployment.kubernetes.io/revision': '2' } }
    const next = deployment({ metadata: { name: nameOf(number) }, image: 'ghcr.io/acme/app:2.0.0' })
    const observed = { observedGeneration: 2, updatedReplicas: 0, conditions: [] }
    const status = { ...(live.status as object), ...observed }
    objects.unseen(() => objects.update(resources.deployment, { ...live, metadata, spec: next.spec, status }, 'object'))
  }
  const startedMs = performance.now()
  world.cluster.relist()
  while (sink.taken.length < workloads && performance.now() - startedMs < 120_000) await clock.sleep(20)
  const toldMs = performance.now() - startedMs
  await replica.stop()
  const perSecond = (sink.taken.length * 1000) / toldMs
  return {
    row: `${workloads} workloads begin to roll out at once, one sink in this process`,
    aim: '>= 1,000 events per second, each once',
    met: perSecond >= 1_000 && sink.taken.length === workloads && sink.told().length === workloads,
    result: {
      eventsPerSecond: round(perSecond),
      toldMs: round(toldMs),
      calls: sink.calls,
    },
  }
}
