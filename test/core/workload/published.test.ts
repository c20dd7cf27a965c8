import { describe, expect, it } from 'vitest'
import { decidePhase } from '../../../src/core/workload/phase.ts'
import { readWorkload, type WorkloadKind } from '../../../src/core/workload/workload.ts'

/**
 * The published test tables of the three tools that people compare us with, as facts: what stands in the object, what the
 * tool says of it, what we say. Rows where we say something else stand apart, with the reason.
 *
 * - kubectl `pkg/polymorphichelpers/rollout_status_test.go` (kubernetes/kubectl)
 * - kstatus `pkg/kstatus/status/status_compute_test.go` (kubernetes-sigs/cli-utils)
 * - Argo CD `pkg/health/health_test.go` with `testdata/` (argoproj/gitops-engine)
 */
interface Published {
  kind: WorkloadKind
  generation?: number
  spec?: object
  status?: object
  theirs: string
  ours: string
}

type Rows = [string, Published][]

/** What their words mean in ours; kubectl's `error` is no answer. */
const meaning: Record<string, string> = {
  waiting: 'rolling_out',
  done: 'success',
  InProgress: 'rolling_out',
  Current: 'success',
  Progressing: 'rolling_out',
  Suspended: 'rolling_out',
  Healthy: 'success',
  Degraded: 'failed',
}

function check(_: string, row: Published): void {
  expect(decide(row)).toBe(row.ours)
  expect(row.ours.split(' ')[0]).toBe(meaning[row.theirs])
}

function checkDifference(_: string, row: Published): void {
  expect(decide(row)).toBe(row.ours)
  expect(row.ours.split(' ')[0]).not.toBe(meaning[row.theirs])
}

function decide({ kind, generation = 1, spec, status }: Published): string {
  const metadata = { name: 'foo', namespace: 'bar', uid: '8764ae47', generation }
  const { phase, reason } = decidePhase(
    readWorkload({ apiVersion: 'apps/v1', kind, metadata, ...(spec && { spec }), ...(status && { status }) }),
  )
  return `${phase} ${reason}`
}

const [waits, isDone, isUnobserved] = ['rolling_out Progressing', 'success Complete', 'rolling_out Unobserved']

describe('as kubectl', () => {
  const deployment = (replicas: number, current: number, updated: number, available: number) => ({
    kind: 'Deployment' as const,
    spec: { replicas },
    status: { observedGeneration: 1, replicas: current, updatedReplicas: updated, availableReplicas: available },
  })
  const daemonSet = (desired: number, updated: number, available: number) => ({
    kind: 'DaemonSet' as const,
    spec: { updateStrategy: { type: 'RollingUpdate' } },
    status: {
      observedGeneration: 1,
      desiredNumberScheduled: desired,
      updatedNumberScheduled: updated,
      numberAvailable: available,
    },
  })
  const statefulSet = (status: object, rollingUpdate?: object) => ({
    kind: 'StatefulSet' as const,
    spec: { replicas: 3, updateStrategy: { type: 'RollingUpdate', rollingUpdate } },
    status: { replicas: 3, ...status },
  })

  it.each<Rows[number]>([
    [
      'a Deployment waits while its only replica is not updated',
      { ...deployment(1, 1, 0, 1), generation: 0, theirs: 'waiting', ours: waits },
    ],
    ['a Deployment waits while an old replica ends', { ...deployment(1, 2, 1, 2), theirs: 'waiting', ours: waits }],
    [
      'a Deployment waits while one of two updated replicas is unavailable',
      { ...deployment(2, 2, 2, 1), theirs: 'waiting', ours: waits },
    ],
    [
      'a Deployment is done when both replicas are updated and available',
      { ...deployment(2, 2, 2, 2), theirs: 'done', ours: isDone },
    ],
    [
      'a Deployment waits while generation 2 is not observed',
      { ...deployment(2, 2, 2, 2), generation: 2, theirs: 'waiting', ours: isUnobserved },
    ],
    [
      'a DaemonSet waits while its only pod is not updated',
      { ...daemonSet(1, 0, 0), generation: 0, theirs: 'waiting', ours: waits },
    ],
    [
      'a DaemonSet waits while one of two updated pods is unavailable',
      { ...daemonSet(2, 2, 1), theirs: 'waiting', ours: waits },
    ],
    [
      'a DaemonSet is done when both pods are updated and available',
      { ...daemonSet(2, 2, 2), theirs: 'done', ours: isDone },
    ],
    [
      'a DaemonSet waits while generation 2 is not observed',
      { ...daemonSet(2, 2, 2), generation: 2, theirs: 'waiting', ours: isUnobserved },
    ],
    [
      'a StatefulSet waits while generation 2 is not observed',
      {
        ...statefulSet({ observedGeneration: 1, readyReplicas: 3, currentReplicas: 3, updatedReplicas: 0 }),
        generation: 2,
        theirs: 'waiting',
        ours: isUnobserved,
      },
    ],
    [
      'a StatefulSet waits for its third pod to be ready',
      {
        ...statefulSet({ observedGeneration: 2, readyReplicas: 2, currentReplicas: 3, updatedReplicas: 0 }),
        theirs: 'waiting',
        ours: waits,
      },
    ],
    [
      'a StatefulSet is done when the one pod above partition 2 is updated',
      {
        ...statefulSet(
          { observedGeneration: 2, readyReplicas: 3, currentReplicas: 2, updatedReplicas: 1 },
          { partition: 2 },
        ),
        theirs: 'done',
        ours: isDone,
      },
    ],
    [
      'a StatefulSet waits while the one pod above partition 2 is not updated',
      {
        ...statefulSet(
          { observedGeneration: 2, readyReplicas: 3, currentReplicas: 3, updatedReplicas: 0 },
          { partition: 2 },
        ),
        theirs: 'waiting',
        ours: waits,
      },
    ],
    [
      'a StatefulSet is done when all pods have the one revision',
      {
        ...statefulSet({
          observedGeneration: 2,
          readyReplicas: 3,
          currentReplicas: 3,
          updatedReplicas: 3,
          currentRevision: 'foo',
          updateRevision: 'foo',
        }),
        theirs: 'done',
        ours: isDone,
      },
    ],
  ])('%s', check)

  // kubectl has no answer for OnDelete; nobody waits for such a rollout, so it is over when it is applied
  it.each<Rows[number]>([
    [
      'a StatefulSet with OnDelete is success, where kubectl reports an error',
      {
        kind: 'StatefulSet',
        spec: { replicas: 3, updateStrategy: { type: 'OnDelete' } },
        status: { observedGeneration: 1, replicas: 0, readyReplicas: 1, currentReplicas: 0, updatedReplicas: 0 },
        theirs: 'error',
        ours: 'success OnDelete',
      },
    ],
    [
      'a DaemonSet with OnDelete and no status is success, where kubectl reports an error',
      {
        kind: 'DaemonSet',
        spec: { updateStrategy: { type: 'OnDelete' } },
        theirs: 'error',
        ours: 'success OnDelete',
      },
    ],
  ])('but %s', checkDifference)
})

describe('as kstatus', () => {
  const statefulSet = (current: number, ready: number, replicas: number) => ({
    kind: 'StatefulSet' as const,
    spec: { replicas: 4 },
    status: { observedGeneration: 1, currentReplicas: current, readyReplicas: ready, replicas },
  })
  const daemonSet = (available: number, ready: number) => ({
    kind: 'DaemonSet' as const,
    status: {
      observedGeneration: 1,
      desiredNumberScheduled: 4,
      currentNumberScheduled: 4,
      updatedNumberScheduled: 4,
      numberAvailable: available,
      numberReady: ready,
    },
  })
  const one = { observedGeneration: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1, replicas: 1 }
  const condition = (type: string, status: string, reason?: string) => ({ type, status, reason })
  const deployment = (...conditions: object[]) => ({ kind: 'Deployment' as const, status: { ...one, conditions } })

  it.each<Rows[number]>([
    ['stsNoStatus is in progress', { kind: 'StatefulSet', theirs: 'InProgress', ours: isUnobserved }],
    [
      'stsBadStatus, which counts no ready pod, is in progress',
      {
        kind: 'StatefulSet',
        status: { observedGeneration: 1, currentReplicas: 1 },
        theirs: 'InProgress',
        ours: waits,
      },
    ],
    ['stsOK is current', { ...statefulSet(4, 4, 4), theirs: 'Current', ours: isDone }],
    ['stsLessReady is in progress', { ...statefulSet(4, 2, 4), theirs: 'InProgress', ours: waits }],
    ['dsNoStatus is in progress', { kind: 'DaemonSet', theirs: 'InProgress', ours: isUnobserved }],
    [
      'dsBadStatus, which does not say how many pods are wanted, is in progress',
      {
        kind: 'DaemonSet',
        status: { observedGeneration: 1, currentReplicas: 1 },
        theirs: 'InProgress',
        ours: isUnobserved,
      },
    ],
    ['dsOK is current', { ...daemonSet(4, 4), theirs: 'Current', ours: isDone }],
    [
      'dsDifferentGeneration is in progress',
      { ...daemonSet(4, 4), generation: 2, theirs: 'InProgress', ours: isUnobserved },
    ],
    ['dsLessAvailable is in progress', { ...daemonSet(2, 4), theirs: 'InProgress', ours: waits }],
    ['depNoStatus is in progress', { kind: 'Deployment', theirs: 'InProgress', ours: isUnobserved }],
    [
      'depOK is current',
      {
        ...deployment(condition('Progressing', 'True', 'NewReplicaSetAvailable'), condition('Available', 'True')),
        theirs: 'Current',
        ours: isDone,
      },
    ],
    [
      'depNoProgressDeadlineSeconds is current',
      { ...deployment(condition('Available', 'True')), theirs: 'Current', ours: isDone },
    ],
  ])('%s', check)

  // kubectl's rule, which counts pods, is kept where kstatus also asks for conditions or for numbers that kubectl ignores
  it.each<Rows[number]>([
    [
      'stsLessCurrent is done: currentReplicas counts pods of the old revision, which go to 0 in a rollout',
      { ...statefulSet(2, 4, 4), theirs: 'InProgress', ours: isDone },
    ],
    [
      'stsExtraPods is done: pods above the wanted number end, and none of them runs another version for long',
      { ...statefulSet(4, 4, 8), theirs: 'InProgress', ours: isDone },
    ],
    [
      'dsLessReady is done: an available pod was ready, and readiness that comes and goes is no rollout',
      { ...daemonSet(4, 2), theirs: 'InProgress', ours: isDone },
    ],
    [
      'depNotProgressing is done: all its pods are updated and available, whatever the condition says',
      {
        ...deployment(condition('Progressing', 'False', 'Some reason'), condition('Available', 'True')),
        spec: { progressDeadlineSeconds: 45 },
        theirs: 'InProgress',
        ours: isDone,
      },
    ],
    [
      'depNotAvailable is done: all its pods are available, which is what the condition is about',
      {
        ...deployment(condition('Progressing', 'True', 'NewReplicaSetAvailable'), condition('Available', 'False')),
        theirs: 'InProgress',
        ours: isDone,
      },
    ],
  ])('but %s', checkDifference)
})

describe('as Argo CD', () => {
  const guestbook = (reason: string, status: string, paused = false) => ({
    kind: 'Deployment' as const,
    generation: 4,
    spec: { replicas: 1, progressDeadlineSeconds: 600, ...(paused && { paused }) },
    status: {
      observedGeneration: 4,
      replicas: 2,
      updatedReplicas: 1,
      readyReplicas: 1,
      availableReplicas: 1,
      unavailableReplicas: 1,
      conditions: [
        { type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable' },
        { type: 'Progressing', status, reason },
      ],
    },
  })
  const redis = {
    replicas: 1,
    readyReplicas: 1,
    currentReplicas: 1,
    observedGeneration: 1,
    currentRevision: 'redis-master-7b8f75b98',
    updateRevision: 'redis-master-7b8f75b98',
  }

  it.each<Rows[number]>([
    [
      'nginx.yaml is healthy',
      {
        kind: 'Deployment',
        spec: { replicas: 1, progressDeadlineSeconds: 600 },
        status: {
          observedGeneration: 1,
          replicas: 1,
          updatedReplicas: 1,
          readyReplicas: 1,
          availableReplicas: 1,
          conditions: [{ type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable' }],
        },
        theirs: 'Healthy',
        ours: isDone,
      },
    ],
    [
      'deployment-progressing.yaml is progressing',
      { ...guestbook('ReplicaSetUpdated', 'True'), theirs: 'Progressing', ours: waits },
    ],
    [
      'deployment-degraded.yaml is degraded',
      {
        ...guestbook('ProgressDeadlineExceeded', 'False'),
        theirs: 'Degraded',
        ours: 'failed ProgressDeadlineExceeded',
      },
    ],
    [
      'deployment-suspended.yaml is suspended',
      { ...guestbook('ReplicaSetUpdated', 'True', true), theirs: 'Suspended', ours: 'rolling_out Paused' },
    ],
    [
      'statefulset.yaml, which is OnDelete too, is healthy',
      {
        kind: 'StatefulSet',
        spec: { replicas: 1, updateStrategy: { type: 'OnDelete' } },
        status: redis,
        theirs: 'Healthy',
        ours: 'success OnDelete',
      },
    ],
    [
      'statefulset-ondelete.yaml is healthy',
      {
        kind: 'StatefulSet',
        spec: { replicas: 1, updateStrategy: { type: 'OnDelete' } },
        status: redis,
        theirs: 'Healthy',
        ours: 'success OnDelete',
      },
    ],
    [
      'daemonset-ondelete.yaml is healthy',
      {
        kind: 'DaemonSet',
        generation: 4,
        spec: { updateStrategy: { type: 'OnDelete' } },
        status: { observedGeneration: 4, currentNumberScheduled: 1, desiredNumberScheduled: 1 },
        theirs: 'Healthy',
        ours: 'success OnDelete',
      },
    ],
  ])('%s', check)

  // Argo CD calls every paused Deployment suspended and never degrades a set; a rollout that is complete is complete
  it.each<Rows[number]>([
    [
      'a paused Deployment whose pods are all updated is done, not suspended',
      {
        kind: 'Deployment',
        spec: { replicas: 1, paused: true },
        status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1 },
        theirs: 'Suspended',
        ours: isDone,
      },
    ],
  ])('but %s', checkDifference)
})
