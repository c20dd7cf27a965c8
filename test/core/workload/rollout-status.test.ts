import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { KubernetesObject } from '../../../src/api/kubernetes.ts'
import { readRolloutRecord } from '../../../src/core/workload/read-rollout-record.ts'
import type { RolloutState } from '../../../src/core/workload/rollout-state.ts'
import {
  isSameRollout,
  restoreRollout,
  rolloutFacts,
  rolloutStateName,
} from '../../../src/core/workload/rollout-status.ts'
import { trackRollout } from '../../../src/core/workload/track-rollout.ts'
import { readWorkload } from '../../../src/core/workload/workload.ts'
import { deployment, type Parts } from './sample.ts'

const minute = 60_000
const began = new Date('2026-03-01T10:00:00Z')
const atMinute = (minutes: number) => new Date(began.getTime() + minutes * minute)

const settled = readWorkload(deployment())
const rolling = (parts: Parts = {}) =>
  readWorkload(
    deployment({
      image: 'ghcr.io/acme/web:2.0.0',
      ...parts,
      metadata: { generation: 2, annotations: { 'deployment.kubernetes.io/revision': '2' }, ...parts.metadata },
      status: { observedGeneration: 2, updatedReplicas: 1, conditions: [], ...parts.status },
    }),
  )
const finished = rolling({ status: { updatedReplicas: 3 } })

/** A rollout of 2.0.0 that began at ten. */
function open(parts: Parts = {}): RolloutState {
  const before = trackRollout(undefined, settled, began)
  return trackRollout(before, rolling(parts), began)
}

/** As another process sees it: through the object in the cluster alone. */
function restored(state: RolloutState, now: Date): RolloutState {
  const served = { metadata: { name: 'x' }, spec: {}, status: rolloutFacts(state) }
  const ref = { kind: 'Deployment', namespace: 'prod', name: 'web', uid: state.uid }
  const object = JSON.parse(JSON.stringify({ ...served, spec: { workloadRef: ref } })) as KubernetesObject
  const status = readRolloutRecord(object)?.status
  if (status === undefined) throw new Error('the status was not read')
  return restoreRollout(status, state.uid, now)
}

const looks = (state: RolloutState, now: Date, parts?: Parts) =>
  trackRollout(state, parts === undefined ? rolling() : rolling(parts), now, { elapsedMs: 0 })

describe('a rollout goes on in another process', () => {
  test.each([
    [1, 'rolling_out'],
    [14.9, 'rolling_out'],
    [15.1, 'failed'],
    [300, 'failed'],
  ] as const)('%d minutes after it began it is %s', (minutes, phase) => {
    expect(looks(restored(open(), atMinute(minutes)), atMinute(minutes)).phase).toBe(phase)
  })

  test('and the clock is not wound up by it', () => {
    let state = open()
    for (let minutes = 1; minutes < 15; minutes++) {
      state = looks(restored(state, atMinute(minutes)), atMinute(minutes))
      expect(state).toMatchObject({
        phase: 'rolling_out',
        elapsedMs: minutes * minute,
        startedAt: '2026-03-01T10:00:00Z',
      })
    }
    expect(looks(restored(state, atMinute(15)), atMinute(15)).phase).toBe('failed')
  })

  test('a pause does not count, however long nobody looks', () => {
    const paused = looks({ ...open(), elapsedMs: 5 * minute }, atMinute(5), { spec: { paused: true, replicas: 3 } })
    expect(rolloutFacts(paused)).toMatchObject({ pausedAt: '2026-03-01T10:05:00Z', remainingSeconds: 600 })
    const later = restored(paused, atMinute(500))
    expect(later).toMatchObject({ clock: 'stopped', elapsedMs: 5 * minute })
    const resumed = looks(later, atMinute(500))
    expect(resumed).toMatchObject({ clock: 'running', deadlineAt: '2026-03-01T18:30:00Z' })
    expect(looks(restored(resumed, atMinute(509)), atMinute(509)).phase).toBe('rolling_out')
    expect(looks(restored(resumed, atMinute(511)), atMinute(511)).phase).toBe('failed')
  })

  test.each([
    ['back', -120],
    ['forth', 120],
  ])('a wall clock that was set %s two hours while we lived changes nothing for the next life', (_, jump) => {
    const looked = trackRollout(open(), rolling(), atMinute(5 + jump), { elapsedMs: 5 * minute })
    expect(looks(restored(looked, atMinute(14 + jump)), atMinute(14 + jump)).phase).toBe('rolling_out')
    expect(looks(restored(looked, atMinute(16 + jump)), atMinute(16 + jump)).phase).toBe('failed')
  })

  test('a wall clock before its beginning takes nothing from it and adds no more than a deadline', () => {
    const state = restored(open(), atMinute(-120))
    expect(state.elapsedMs).toBe(0)
    expect(trackRollout(state, rolling(), atMinute(-105), { elapsedMs: 15 * minute }).phase).toBe('failed')
  })

  test('a failure sticks, and a completion after it is told as such', () => {
    const failed = looks(restored(open(), atMinute(20)), atMinute(20))
    const later = looks(restored(failed, atMinute(40)), atMinute(40))
    expect(later).toMatchObject({ phase: 'failed', reason: 'DeadlineExceeded', finishedAt: '2026-03-01T10:20:00Z' })
    const done = trackRollout(restored(later, atMinute(50)), finished, atMinute(50))
    expect(done).toMatchObject({ phase: 'success', recovered: true, previousVersion: '1.4.2' })
    expect(restored(done, atMinute(60))).toMatchObject({ phase: 'success', recovered: true })
  })

  test('what was under way at first sight stays known as such', () => {
    const seen = trackRollout(undefined, rolling(), began)
    expect(restored(seen, atMinute(1))).toMatchObject({ firstSight: true, phase: 'rolling_out' })
  })

  test('a template that went back stays known as such, and the failure is not taken for what runs', () => {
    const back = readWorkload(
      deployment({
        metadata: { generation: 3, annotations: { 'deployment.kubernetes.io/revision': '3' } },
        status: { observedGeneration: 3 },
      }),
    )
    const reverted = trackRollout(open(), back, atMinute(3))
    expect(reverted).toMatchObject({ phase: 'failed', reason: 'RevertedInCluster' })
    const later = restored(reverted, atMinute(9))
    expect(later.liveRevision).toBe(settled.revision)
    expect(trackRollout(later, back, atMinute(10))).toMatchObject({ phase: 'failed', version: '2.0.0' })
  })

  test('a rollout that puts the one before back is known as such', () => {
    const back = readWorkload(
      deployment({
        metadata: { generation: 3, annotations: { 'deployment.kubernetes.io/revision': '3' } },
        status: { observedGeneration: 3, updatedReplicas: 1 },
      }),
    )
    const done = trackRollout(open(), finished, atMinute(2))
    expect(done.rollback).toBeUndefined()
    const rolledBack = trackRollout(done, back, atMinute(5))
    expect(restored(rolledBack, atMinute(6))).toMatchObject({
      rollback: true,
      version: '1.4.2',
      previousVersion: '2.0.0',
    })
  })
})

describe('what is kept', () => {
  test('stays the same while pods come and go, and when the workload is scaled', () => {
    const state = open()
    const facts = rolloutFacts(state)
    for (const [ready, minutes] of [
      [1, 1],
      [0, 2],
      [2, 14],
    ] as const) {
      const looked = trackRollout(
        { ...state, elapsedMs: 0 },
        rolling({
          spec: { replicas: 3 + ready },
          metadata: { generation: 2 + ready },
          status: { observedGeneration: 2 + ready, readyReplicas: ready },
        }),
        atMinute(minutes),
        { elapsedMs: minutes * minute },
      )
      expect(isSameRollout(facts, rolloutFacts(looked))).toBe(true)
    }
  })

  test('holds texts of any length within the schema', () => {
    const image = `ghcr.io/acme/web:${'9'.repeat(400)}`
    const state = { ...open({ image }), message: 'm'.repeat(2000), phase: 'failed' as const }
    const { version, message } = rolloutFacts(state)
    expect([version.length, message.length]).toEqual([256, 512])
  })
})

describe('the name of a state', () => {
  const name = (kind: string, namespace: string, workload: string, uid = 'u1') =>
    rolloutStateName({ kind, namespace, name: workload, uid })

  test('is readable and never too long', () => {
    expect(name('Deployment', 'prod', 'web')).toMatch(/^deployment-web-[0-9a-f]{16}$/)
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/), (workload) => {
        expect(name('StatefulSet', 'prod', workload)).toMatch(/^[a-z0-9]([-a-z0-9.]{0,61}[a-z0-9])$/)
      }),
    )
  })

  test('is another one for each workload, and for the next of the same name', () => {
    const long = 'w'.repeat(250)
    const names = [
      name('Deployment', 'a-b', 'c'),
      name('Deployment', 'a', 'b-c'),
      name('Deployment', 'a', 'b'),
      name('DaemonSet', 'a', 'b'),
      name('Deployment', 'a', 'b', 'u2'),
      name('Deployment', 'a', `${long}1`),
      name('Deployment', 'a', `${long}2`),
    ]
    expect(new Set(names).size).toBe(names.length)
  })
})

test.each([
  ['a deadline after eternity', { deadlineSeconds: Number.MAX_SAFE_INTEGER, deadlineAt: '2026-03-01T10:15:00Z' }],
  ['a deadline before time began', { deadlineAt: '-271821-04-20T00:00:00Z' }],
  ['a deadline after the last day', { deadlineAt: '+275760-09-13T00:00:00Z' }],
  ['a pause with more left than there ever was', { pausedAt: '2026-03-01T10:00:00Z', remainingSeconds: 1e15 }],
])('%s, written by somebody else, stops nobody from going on', (_, forged) => {
  const workloadRef = { kind: 'Deployment', namespace: 'prod', name: 'web', uid: 'uid-web' }
  const served = { phase: 'rolling_out', revision: rolling().revision, generation: 1, ...forged }
  const object = { apiVersion: 'v', kind: 'k', metadata: { name: 'x' }, spec: { workloadRef }, status: served }
  const kept = readRolloutRecord(object)?.status
  if (kept === undefined) throw new Error('the status was not read')
  let state = restoreRollout(kept, 'uid-web', began)
  const unobserved = rolling({ status: { observedGeneration: 1 } })
  for (const minutes of [0, 1, 2]) state = trackRollout(state, unobserved, atMinute(minutes), { elapsedMs: minute })
  expect(state).toMatchObject({ phase: 'rolling_out', reason: 'Unobserved', deadlineAt: expect.any(String) })
})

test('no object of the kind stops the reader, and what it reads can be gone on with', () => {
  const timeish = fc.oneof(
    fc.string(),
    fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  )
  const value = fc.oneof(fc.anything(), timeish, fc.constantFrom('rolling_out', 'failed', 'success'))
  const status = fc.dictionary(
    fc.constantFrom(
      'phase',
      'revision',
      'startedAt',
      'pausedAt',
      'deadlineAt',
      'remainingSeconds',
      'deadlineSeconds',
      'pending',
      'version',
    ),
    value,
  )
  fc.assert(
    fc.property(fc.oneof(status, fc.anything()), (given) => {
      const ref = { kind: 'Deployment', namespace: 'prod', name: 'web', uid: 'uid-web' }
      const object = { apiVersion: 'v', kind: 'k', metadata: { name: 'x' }, spec: { workloadRef: ref }, status: given }
      const read = readRolloutRecord(object)?.status
      if (read === undefined) return
      const state = trackRollout(restoreRollout(read, 'uid-web', began), rolling(), began, { elapsedMs: 0 })
      expect(Number.isFinite(state.elapsedMs)).toBe(true)
      rolloutFacts(state)
    }),
    { numRuns: 500 },
  )
})
