import { describe, expect, it } from 'vitest'
import { decidePhase, type PhaseOptions } from '../../../src/core/workload/phase.ts'
import { readWorkload } from '../../../src/core/workload/workload.ts'
import { daemonSet, deployment, type Parts, statefulSet } from './sample.ts'

const builders = { Deployment: deployment, StatefulSet: statefulSet, DaemonSet: daemonSet }

function phaseOf(kind: keyof typeof builders, parts: Parts, options: PhaseOptions = {}) {
  const { phase, reason } = decidePhase(readWorkload(builders[kind](parts)), options)
  return `${phase} ${reason}`
}

const progressing = (reason: string, status = 'True') => [{ type: 'Progressing', status, reason }]
const afterAnHour: PhaseOptions = { startedAt: new Date('2026-03-01T10:00:00Z'), now: new Date('2026-03-01T11:00:00Z') }

describe('a Deployment is', () => {
  // facts of the first five rows: kubectl pkg/polymorphichelpers/rollout_status_test.go
  it.each<[string, Parts, string]>([
    ['rolling out while no replica is updated', { status: { updatedReplicas: 0 } }, 'rolling_out Progressing'],
    ['rolling out while old replicas terminate', { status: { replicas: 4 } }, 'rolling_out Progressing'],
    ['rolling out while a replica is unavailable', { status: { availableReplicas: 2 } }, 'rolling_out Progressing'],
    ['done when all are updated and available', {}, 'success Complete'],
    ['unobserved at an older generation', { metadata: { generation: 2 } }, 'rolling_out Unobserved'],
    ['unobserved without observedGeneration', { status: { observedGeneration: undefined } }, 'rolling_out Unobserved'],
    ['observed at a newer generation', { status: { observedGeneration: 5 } }, 'success Complete'],
    [
      'done when scaled to zero',
      { spec: { replicas: 0 }, status: { replicas: 0, updatedReplicas: 0, availableReplicas: 0 } },
      'success Complete',
    ],
    [
      'not done when scaled to zero with pods left',
      { spec: { replicas: 0 }, status: { updatedReplicas: 0 } },
      'rolling_out Progressing',
    ],
    [
      'wanting one replica by default',
      { spec: { replicas: undefined }, status: { replicas: 0, updatedReplicas: 0, availableReplicas: 0 } },
      'rolling_out Progressing',
    ],
    [
      'done with surge only when the extra pod is gone',
      { status: { replicas: 4, updatedReplicas: 3 } },
      'rolling_out Progressing',
    ],
    [
      'rolling out while ready pods wait for minReadySeconds',
      { spec: { minReadySeconds: 60 }, status: { availableReplicas: 0 } },
      'rolling_out Progressing',
    ],
    [
      'rolling out when a quota lets no pod start',
      { status: { replicas: 0, updatedReplicas: 0, readyReplicas: 0, availableReplicas: 0 } },
      'rolling_out Progressing',
    ],
    [
      'failed when Kubernetes saw no progress',
      { status: { updatedReplicas: 1, conditions: progressing('ProgressDeadlineExceeded', 'False') } },
      'failed ProgressDeadlineExceeded',
    ],
    [
      'not failed by a verdict about an older generation',
      { metadata: { generation: 2 }, status: { conditions: progressing('ProgressDeadlineExceeded', 'False') } },
      'rolling_out Unobserved',
    ],
    [
      'not failed by another reason of Progressing=False',
      { status: { updatedReplicas: 1, conditions: progressing('FailedCreate', 'False') } },
      'rolling_out Progressing',
    ],
    [
      'rolling out when paused halfway',
      { spec: { paused: true }, status: { updatedReplicas: 1 } },
      'rolling_out Paused',
    ],
    ['done although paused', { spec: { paused: true } }, 'success Complete'],
    ['done under Recreate', { spec: { strategy: { type: 'Recreate' } } }, 'success Complete'],
    [
      'rolling out under Recreate with no pod yet',
      { spec: { strategy: { type: 'Recreate' } }, status: { replicas: 0, updatedReplicas: 0, availableReplicas: 0 } },
      'rolling_out Progressing',
    ],
    [
      'never OnDelete, a strategy it does not have',
      { spec: { strategy: { type: 'OnDelete' } }, status: { updatedReplicas: 0 } },
      'rolling_out Progressing',
    ],
  ])('%s', (_, parts, expected) => {
    expect(phaseOf('Deployment', parts)).toBe(expected)
  })

  // facts: kstatus pkg/kstatus/status/status_compute_test.go; where it asks for more, kubectl's rule is kept
  it.each<[string, Parts, string]>([
    [
      'without any status',
      { status: { observedGeneration: undefined, replicas: undefined, updatedReplicas: undefined } },
      'rolling_out Unobserved',
    ],
    ['done without conditions', { status: { conditions: undefined } }, 'success Complete'],
    [
      'done while Available is False',
      { status: { conditions: [{ type: 'Available', status: 'False' }] } },
      'success Complete',
    ],
  ])('%s (kstatus)', (_, parts, expected) => {
    expect(phaseOf('Deployment', parts)).toBe(expected)
  })
})

describe('a StatefulSet is', () => {
  const partition = (value: number) => ({
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: value } },
  })
  const plain = { updateStrategy: { type: 'RollingUpdate' } }
  // facts of the first six rows: kubectl pkg/polymorphichelpers/rollout_status_test.go
  it.each<[string, Parts, string]>([
    [
      'OnDelete, whatever its pods are',
      { spec: { updateStrategy: { type: 'OnDelete' } }, status: { updatedReplicas: 0, readyReplicas: 1 } },
      'success OnDelete',
    ],
    [
      'unobserved at an older generation',
      { metadata: { generation: 2 }, status: { updatedReplicas: 0 } },
      'rolling_out Unobserved',
    ],
    [
      'rolling out while a pod is not ready',
      { status: { observedGeneration: 2, readyReplicas: 2, updatedReplicas: 0 } },
      'rolling_out Progressing',
    ],
    [
      'done when all above the partition are updated',
      { spec: partition(2), status: { observedGeneration: 2, updatedReplicas: 1 } },
      'success Complete',
    ],
    [
      'rolling out when none above the partition is',
      { spec: partition(2), status: { observedGeneration: 2, updatedReplicas: 0 } },
      'rolling_out Progressing',
    ],
    [
      'done when both revisions are the same',
      { spec: plain, status: { currentRevision: 'foo', updateRevision: 'foo' } },
      'success Complete',
    ],
    [
      'unobserved when observedGeneration is 0',
      { metadata: { generation: 0 }, status: { observedGeneration: 0 } },
      'rolling_out Unobserved',
    ],
    [
      'rolling out while the revisions differ',
      { spec: plain, status: { updateRevision: 'web-b' } },
      'rolling_out Progressing',
    ],
    [
      'done with a partition above the replicas',
      { spec: partition(9), status: { updatedReplicas: 0, updateRevision: 'web-b' } },
      'success Complete',
    ],
    ['rolling out with partition 0 and an old pod', { status: { updatedReplicas: 2 } }, 'rolling_out Progressing'],
    [
      'rolling out by default, without a strategy',
      { spec: { updateStrategy: undefined }, status: { updateRevision: 'web-b' } },
      'rolling_out Progressing',
    ],
    [
      'rolling out while ready pods wait for minReadySeconds',
      { spec: { minReadySeconds: 30 }, status: { availableReplicas: 2 } },
      'rolling_out Progressing',
    ],
    [
      'done when its status does not tell what is available',
      { spec: { minReadySeconds: 30 }, status: { availableReplicas: undefined } },
      'success Complete',
    ],
    [
      'done when scaled to zero',
      { spec: { replicas: 0 }, status: { replicas: 0, updatedReplicas: 0, readyReplicas: 0 } },
      'success Complete',
    ],
    [
      'OnDelete even when nobody has observed it',
      { spec: { updateStrategy: { type: 'OnDelete' } }, status: { observedGeneration: undefined } },
      'success OnDelete',
    ],
    [
      "done as kstatus' stsOK, which has no revisions",
      {
        spec: { replicas: 4, updateStrategy: undefined },
        status: {
          replicas: 4,
          readyReplicas: 4,
          updatedReplicas: undefined,
          currentRevision: undefined,
          updateRevision: undefined,
        },
      },
      'success Complete',
    ],
  ])('%s', (_, parts, expected) => {
    expect(phaseOf('StatefulSet', parts)).toBe(expected)
  })
})

describe('a DaemonSet is', () => {
  // facts of the first four rows: kubectl pkg/polymorphichelpers/rollout_status_test.go
  it.each<[string, Parts, string]>([
    ['rolling out while no pod is updated', { status: { updatedNumberScheduled: 0 } }, 'rolling_out Progressing'],
    ['rolling out while a pod is unavailable', { status: { numberAvailable: 2 } }, 'rolling_out Progressing'],
    ['done when all are updated and available', {}, 'success Complete'],
    ['unobserved at an older generation', { metadata: { generation: 2 } }, 'rolling_out Unobserved'],
    // gitops-engine pkg/health/testdata/daemonset-ondelete.yaml is healthy too
    [
      'OnDelete with old pods',
      { spec: { updateStrategy: { type: 'OnDelete' } }, status: { updatedNumberScheduled: 0 } },
      'success OnDelete',
    ],
    [
      'done on a cluster where no node wants it',
      { status: { desiredNumberScheduled: 0, updatedNumberScheduled: 0, numberAvailable: 0 } },
      'success Complete',
    ],
    ['done although kstatus also wants them ready', { status: { numberReady: 2 } }, 'success Complete'],
    [
      'rolling out by default, without a strategy',
      { spec: { updateStrategy: undefined }, status: { updatedNumberScheduled: 1 } },
      'rolling_out Progressing',
    ],
    ['unobserved without observedGeneration', { status: { observedGeneration: undefined } }, 'rolling_out Unobserved'],
  ])('%s', (_, parts, expected) => {
    expect(phaseOf('DaemonSet', parts)).toBe(expected)
  })
})

describe('the deadline', () => {
  const stuck: Parts = { status: { updatedReplicas: 1 } }
  const at = (minutes: number, more: PhaseOptions = {}): PhaseOptions => ({
    startedAt: new Date('2026-03-01T10:00:00Z'),
    now: new Date(Date.parse('2026-03-01T10:00:00Z') + minutes * 60_000),
    ...more,
  })

  it.each<[string, Parts, PhaseOptions, string]>([
    ['does not exist without a start', stuck, {}, 'rolling_out Progressing'],
    ['is not reached at 14:59', stuck, at(14 + 59 / 60), 'rolling_out Progressing'],
    ['is reached at 15:00', stuck, at(15), 'failed DeadlineExceeded'],
    ['can be longer', stuck, at(15, { deadlineMs: 3_600_000 }), 'rolling_out Progressing'],
    ['does not count the time paused before', stuck, at(20, { pausedMs: 6 * 60_000 }), 'rolling_out Progressing'],
    ['does not count while paused', { spec: { paused: true }, ...stuck }, at(60), 'rolling_out Paused'],
    ['does not count while unobserved', { metadata: { generation: 2 } }, at(60), 'rolling_out Unobserved'],
    ['does not fail what is done', {}, at(60), 'success Complete'],
    ['takes monotonic time before the wall clock', stuck, at(180, { elapsedMs: 1000 }), 'rolling_out Progressing'],
    ['ignores a start in the future', stuck, at(-120), 'rolling_out Progressing'],
  ])('%s', (_, parts, options, expected) => {
    expect(phaseOf('Deployment', parts, options)).toBe(expected)
  })

  it('never fails an OnDelete StatefulSet', () => {
    expect(phaseOf('StatefulSet', { spec: { updateStrategy: { type: 'OnDelete' } } }, afterAnHour)).toBe(
      'success OnDelete',
    )
  })
})

describe('the clock', () => {
  it.each<[string, Parts, string]>([
    ['runs while pods are replaced', { status: { updatedReplicas: 1 } }, 'running'],
    ['runs while nobody has observed the change', { metadata: { generation: 2 } }, 'running'],
    ['stops while paused', { spec: { paused: true }, status: { updatedReplicas: 1 } }, 'stopped'],
    ['stops when done', {}, 'stopped'],
    ['stops when failed', { status: { conditions: progressing('ProgressDeadlineExceeded') } }, 'stopped'],
  ])('%s', (_, parts, expected) => {
    expect(decidePhase(readWorkload(deployment(parts))).clock).toBe(expected)
  })
})

it('says what is missing in the message', () => {
  const workload = readWorkload(deployment({ status: { updatedReplicas: 1 } }))
  expect(decidePhase(workload).message).toBe('1 of 3 replicas are updated')
  expect(decidePhase(workload, { elapsedMs: 900_000 }).message).toBe(
    'not done after 15 min: 1 of 3 replicas are updated',
  )
})
