import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decidePhase } from '../../../src/core/workload/phase.ts'
import type { RolloutState } from '../../../src/core/workload/rollout-state.ts'
import { trackRollout } from '../../../src/core/workload/track-rollout.ts'
import { readWorkload } from '../../../src/core/workload/workload.ts'
import { daemonSet, deployment, type Parts, statefulSet, template } from './sample.ts'

const builders = { Deployment: deployment, StatefulSet: statefulSet, DaemonSet: daemonSet }

describe('what is unknown is not over:', () => {
  it.each<[string, keyof typeof builders, Parts]>([
    ['a Deployment that wants -3 replicas', 'Deployment', { spec: { replicas: -3 } }],
    ['a Deployment that wants "many" replicas', 'Deployment', { spec: { replicas: 'many' } }],
    ['a StatefulSet that wants a list of replicas', 'StatefulSet', { spec: { replicas: [3] } }],
    ['a DaemonSet for -1 nodes', 'DaemonSet', { status: { desiredNumberScheduled: -1 } }],
    ['a DaemonSet for nobody knows how many nodes', 'DaemonSet', { status: { desiredNumberScheduled: undefined } }],
  ])('%s', (_, kind, parts) => {
    const phase = decidePhase(readWorkload(builders[kind](parts)), { elapsedMs: 86_400_000 })
    expect(phase).toMatchObject({ phase: 'rolling_out', reason: 'Unobserved' })
    expect(phase.message).toBe('the object does not say how many pods it wants')
  })

  it.each<[string, Parts, string]>([
    ['quoted numbers that say it is there', { spec: { replicas: '3' }, status: { updatedReplicas: '3' } }, 'success'],
    ['quoted numbers that say it is not', { spec: { replicas: '4' } }, 'rolling_out'],
    ['replicas that are null, which the API server makes 1', { spec: { replicas: null } }, 'success'],
    ['a negative count of updated pods', { status: { updatedReplicas: -3 } }, 'rolling_out'],
    ['a count that is no number', { status: { availableReplicas: {} } }, 'rolling_out'],
    ['an observed generation below zero', { status: { observedGeneration: -1 } }, 'rolling_out'],
    ['an observed generation that is text', { status: { observedGeneration: 'latest' } }, 'rolling_out'],
  ])('%s', (_, parts, expected) => {
    expect(decidePhase(readWorkload(deployment(parts))).phase).toBe(expected)
  })
})

/** Values of all the types that a field of an object nobody has checked can have. */
const absurd = fc.oneof(
  fc.constantFrom(undefined, null, true, '', '3', '-1', 'many', Number.MAX_SAFE_INTEGER, 1e300, [], {}),
  fc.integer({ min: -5, max: 5 }),
  fc.double(),
)
const numberOf = (value: unknown): number =>
  typeof value === 'string' && value !== '' ? Number(value) : Number(value ?? Number.NaN)
const fieldsOf = (...names: string[]) => fc.record(Object.fromEntries(names.map((name) => [name, absurd])))
const statusOf = fieldsOf(
  'observedGeneration',
  'replicas',
  'updatedReplicas',
  'readyReplicas',
  'availableReplicas',
  'desiredNumberScheduled',
  'currentNumberScheduled',
  'updatedNumberScheduled',
  'numberReady',
  'numberAvailable',
)

describe('objects whose every number may be absurd', () => {
  const objects = fc.record({
    // Of a Rollout its controller says how it stands, whatever the numbers are.
    kind: fc.constantFrom('Deployment' as const, 'StatefulSet' as const, 'DaemonSet' as const),
    replicas: absurd,
    generation: fc.integer({ min: 1, max: 3 }),
    status: statusOf,
  })

  it('are a success only when a number at or above the wanted one is there, and never a failure', () => {
    fc.assert(
      fc.property(objects, ({ kind, replicas, generation, status }) => {
        const object = builders[kind]({ metadata: { generation }, spec: { replicas }, status })
        const { phase } = decidePhase(readWorkload(object))
        expect(phase).not.toBe('failed')
        if (phase !== 'success') return
        const wanted = kind === 'DaemonSet' ? status['desiredNumberScheduled'] : (replicas ?? 1)
        const enough =
          kind === 'DaemonSet' ? 'numberAvailable' : kind === 'StatefulSet' ? 'readyReplicas' : 'availableReplicas'
        expect(numberOf(status['observedGeneration'])).toBeGreaterThanOrEqual(generation)
        expect(Math.trunc(numberOf(wanted))).toBeGreaterThanOrEqual(0)
        if (numberOf(wanted) >= 1) {
          expect(numberOf(status[enough])).toBeGreaterThanOrEqual(Math.trunc(numberOf(wanted)))
        }
      }),
    )
  })

  const day = 86_400_000
  const steps = fc.array(fc.record({ object: objects, jumpMs: fc.integer({ min: -7_200_000, max: 7_200_000 }) }), {
    maxLength: 8,
  })

  it('fail no rollout before its 15 minutes are over, whatever the wall clock does', () => {
    fc.assert(
      fc.property(steps, (looks) => {
        let state: RolloutState | undefined
        let wall = Date.parse('2026-03-01T10:00:00Z') + day
        for (const [index, { object, jumpMs }] of looks.entries()) {
          const { kind, replicas, generation, status } = object
          wall += jumpMs
          const spec = { replicas, template: template(`web:${index}.0.0`) }
          const workload = readWorkload(builders[kind]({ metadata: { generation: generation + index }, spec, status }))
          state = trackRollout(state, workload, new Date(wall), { elapsedMs: 1000 })
          expect(state.reason).not.toBe('DeadlineExceeded')
        }
      }),
    )
  })
})

describe('readiness that comes and goes', () => {
  it.each([
    ['every minute', [0, 3]],
    ['with one pod that never gets ready', [2, 1]],
    ['all pods at once', [3, 0, 0]],
  ])('%s fails once, after 15 minutes, although each change restarts the clock of Kubernetes', (_, ready) => {
    let state: RolloutState | undefined
    const phases: string[] = []
    for (let minutes = 0; minutes <= 60; minutes += 1) {
      const available = ready[minutes % ready.length]
      const isNew = minutes > 0
      const workload = readWorkload(
        deployment({
          metadata: {
            generation: isNew ? 2 : 1,
            annotations: { 'deployment.kubernetes.io/revision': isNew ? '2' : '1' },
          },
          spec: { template: template(isNew ? 'web:2.0.0' : 'web:1.0.0') },
          status: isNew
            ? {
                observedGeneration: 2,
                replicas: 4,
                updatedReplicas: 1,
                readyReplicas: available,
                availableReplicas: available,
                conditions: [{ type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated' }],
              }
            : {},
        }),
      )
      state = trackRollout(state, workload, new Date(minutes * 60_000), { elapsedMs: 60_000 })
      if (phases.at(-1) !== state.phase) phases.push(state.phase)
      if (state.phase === 'failed') expect(minutes).toBeGreaterThanOrEqual(16)
    }
    expect(phases).toEqual(['success', 'rolling_out', 'failed'])
  })
})

describe('the first pod of a StatefulSet that is stuck', () => {
  const stuck = (status: object) =>
    readWorkload(
      statefulSet({
        metadata: { generation: 2 },
        spec: { template: template('web:2.0.0') },
        status: { observedGeneration: 2, ...status },
      }),
    )

  it.each([
    ['of a new version', { updateRevision: 'web-b', updatedReplicas: 1, readyReplicas: 2, availableReplicas: 2 }],
    ['of a new set', { replicas: 1, updatedReplicas: 1, readyReplicas: 0, availableReplicas: 0, currentReplicas: 1 }],
  ])('%s fails after 15 minutes', (_, status) => {
    const at = (elapsedMs: number) => decidePhase(stuck(status), { elapsedMs }).phase
    expect([at(0), at(899_999), at(900_000)]).toEqual(['rolling_out', 'rolling_out', 'failed'])
  })
})
