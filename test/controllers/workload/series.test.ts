import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { objectKey } from '../../../src/api/kubernetes.ts'
import { createWorkloadController } from '../../../src/controllers/workload/controller.ts'
import { workloadSamples } from '../../../src/controllers/workload/series.ts'
import { readWorkload, type Workload } from '../../../src/core/workload/workload.ts'
import { reconcile } from '../../../src/runtime/loop.ts'
import { createMetrics } from '../../../src/runtime/metrics.ts'
import { createRolloutStates } from '../../../src/runtime/rollout-states.ts'
import { createSeries } from '../../../src/runtime/series.ts'
import { deployment, statefulSet } from '../../core/workload/sample.ts'
import { createManualClock } from '../../fakes/clock.ts'
import { silentLog } from '../../fakes/silent-log.ts'

const namespaces = ['prod', 'staging']
const names = ['web', 'api']

/** What happens to workloads, in the order in which a cluster tells of it. */
type Step =
  | { kind: 'put'; namespace: string; name: string; stateful: boolean; version: number; done: boolean; uid: string }
  | { kind: 'remove'; namespace: string; name: string; stateful: boolean }
  | { kind: 'removeNamespace'; namespace: string }
  | { kind: 'wait'; minutes: number }

const place = { namespace: fc.constantFrom(...namespaces), name: fc.constantFrom(...names), stateful: fc.boolean() }
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('put' as const), ...place, ...aLook() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), ...place }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('removeNamespace' as const), namespace: place.namespace }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), minutes: fc.constantFrom(1, 20) }) },
)

function aLook() {
  return { version: fc.integer({ min: 1, max: 3 }), done: fc.boolean(), uid: fc.constantFrom('one', 'two') }
}

function liveOf({ namespace, name, stateful, version, done, uid }: Step & { kind: 'put' }): Workload {
  const metadata = {
    namespace,
    name,
    uid,
    generation: version,
    annotations: { 'deployment.kubernetes.io/revision': `${version}` },
  }
  const counters = { observedGeneration: version, conditions: [], updatedReplicas: done ? 3 : 1 }
  const image = `ghcr.io/acme/${name}:1.${version}.0`
  const parts = { metadata, image, status: { ...counters, updateRevision: `${name}-${version}` } }
  return readWorkload(stateful ? statefulSet(parts) : deployment(parts))
}

/** A controller in a cluster that changes, and what it exports. */
function aCluster() {
  const clock = createManualClock()
  const live = new Map<string, Workload>()
  const rollouts = createRolloutStates()
  const metrics = createMetrics('test')
  const controller = createWorkloadController({
    workload: (key) => live.get(key),
    engineFailure: () => undefined,
    deadlineMs: 900_000,
    clock,
    log: silentLog,
    metrics,
    rollouts,
    records: { read: () => undefined },
    causes: { of: async () => ({ reason: '', message: '' }), forget: () => undefined },
    record: () => false,
    requestsOf: () => [],
    isLeader: () => true,
  })
  const set = async (key: string, workload: Workload | undefined) => {
    if (workload === undefined) live.delete(key)
    else live.set(key, workload)
    await reconcile(controller, key)
  }
  return {
    live,
    exported: () => linesOf(metrics.workloads.render()),
    /** What somebody would export who has known of nothing but what is there now. */
    fromScratch() {
      const series = createSeries()
      for (const [key, workload] of live) {
        const seen = rollouts.get(key)
        if (seen !== undefined) series.set(key, workloadSamples(workload, seen.state))
      }
      return linesOf(series.render())
    },
    async take(one: Step) {
      if (one.kind === 'put') {
        const workload = liveOf(one)
        await set(objectKey(workload), workload)
      } else if (one.kind === 'remove') {
        const kind = one.stateful ? 'StatefulSet' : 'Deployment'
        await set(objectKey({ ...one, kind }), undefined)
      } else if (one.kind === 'removeNamespace') {
        for (const [key, { namespace }] of [...live]) if (namespace === one.namespace) await set(key, undefined)
      } else {
        await clock.advance(one.minutes * 60_000)
        for (const [key, workload] of [...live]) await set(key, workload)
      }
    },
  }
}

const linesOf = (pieces: Iterable<string>) => [...pieces].join('').split('\n').sort()

describe('the series of workloads', () => {
  test('after whatever happened are those of the workloads that are there now, and no other', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const cluster = aCluster()
        for (const one of steps) {
          await cluster.take(one)
          const exported = cluster.exported()
          expect(exported).toEqual(cluster.fromScratch())
          const told = exported.filter((line) => line.startsWith('fairlead_workload_version_info{'))
          expect(told).toHaveLength(cluster.live.size)
        }
      }),
    )
  })

  test('of a namespace that is gone are gone with it', async () => {
    const cluster = aCluster()
    for (const namespace of namespaces) {
      const look = { name: 'web', stateful: false, version: 1, done: true, uid: 'one' }
      await cluster.take({ kind: 'put', namespace, ...look })
    }
    await cluster.take({ kind: 'removeNamespace', namespace: 'prod' })
    const text = cluster.exported().join('\n')
    expect(text).toContain('namespace="staging"')
    expect(text).not.toContain('namespace="prod"')
  })
})
