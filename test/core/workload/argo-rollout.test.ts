import { describe, expect, it } from 'vitest'
import { decidePhase } from '../../../src/core/workload/phase.ts'
import { podCause } from '../../../src/core/workload/pod-cause.ts'
import type { RolloutState } from '../../../src/core/workload/rollout-state.ts'
import { trackRollout } from '../../../src/core/workload/track-rollout.ts'
import { readWorkload } from '../../../src/core/workload/workload.ts'
import { argoRollout, template } from './sample.ts'

const condition = (type: string, reason: string) => ({ type, reason, status: 'False', message: reason })
const canary = { strategy: { canary: { steps: [] } } }
const blueGreen = { strategy: { blueGreen: { activeService: 'a' } } }

/** As its controller left it, in place of what the sample says. */
function rollout(generation: number | undefined, spec: object, status: object) {
  const object = argoRollout({ spec })
  return { ...object, metadata: { ...object.metadata, generation }, status } as ReturnType<typeof argoRollout>
}

// The objects of argoproj/argo-cd, resource_customizations/argoproj.io/Rollout/testdata, by what decides about them, and
// the health that its health_test.yaml demands. Those with a workloadRef are not followed.
describe('the health that Argo CD tells of a Rollout is its phase:', () => {
  const ready = { updatedReplicas: 5, availableReplicas: 5 }
  const legacy = '6886f85bff'
  it.each<[file: string, generation: number | undefined, spec: object, status: object, phase: string]>([
    ['newRolloutWithoutStatus', 1, canary, {}, 'rolling_out Unobserved'],
    ['progressing_newGeneration', 2, { replicas: 1, ...canary }, stable('1', 1), 'rolling_out Unobserved'],
    [
      'degraded_statusPhaseMessage',
      1,
      { replicas: 1, ...canary },
      { ...stable('8575574967', 1), phase: 'Degraded', message: 'InvalidSpec' },
      'failed Degraded',
    ],
    ['healthy_legacy_v0.9_observedGeneration', 1, { replicas: 1, ...canary }, stable('abc123', 1), 'success Complete'],
    [
      'healthy_legacy_v0.9_observedGeneration_numeric',
      1,
      { replicas: 1, ...canary },
      stable('8575574967', 1),
      'success Complete',
    ],
    [
      'degraded_invalidSpec',
      3,
      { replicas: 1, strategy: {} },
      { ...stable('3', 1), conditions: [condition('InvalidSpec', 'InvalidSpec')] },
      'failed Degraded',
    ],
    [
      'degraded_rolloutTimeout',
      1,
      { replicas: 4, ...blueGreen },
      {
        ...{ observedGeneration: legacy, currentPodHash: 'new', updatedReplicas: 1, availableReplicas: 3 },
        ...{ blueGreen: { activeSelector: 'old' }, conditions: [condition('Progressing', 'ProgressDeadlineExceeded')] },
      },
      'failed ProgressDeadlineExceeded',
    ],
    [
      'degraded_abortedRollout',
      undefined,
      { replicas: 5, ...canary },
      {
        ...{ abort: true, observedGeneration: legacy, currentPodHash: 'new', availableReplicas: 5 },
        ...{ canary: { stableRS: 'old' }, conditions: [condition('Progressing', 'RolloutAborted')] },
      },
      'failed Degraded',
    ],
    [
      'bluegreen/healthy_servingActiveService',
      1,
      { replicas: 1, ...blueGreen },
      {
        ...{ observedGeneration: legacy, currentPodHash: 'new', updatedReplicas: 1, availableReplicas: 1 },
        blueGreen: { activeSelector: 'new' },
      },
      'success Complete',
    ],
    [
      'bluegreen/progressing_addingMoreReplicas',
      1,
      { replicas: 3, ...blueGreen },
      { observedGeneration: legacy, currentPodHash: 'new', updatedReplicas: 0, availableReplicas: 3 },
      'rolling_out Progressing',
    ],
    [
      'bluegreen/progressing_waitingUntilAvailable',
      1,
      { replicas: 3, ...blueGreen },
      { observedGeneration: legacy, currentPodHash: 'new', updatedReplicas: 3, availableReplicas: 0 },
      'rolling_out Progressing',
    ],
    [
      'canary/progressing_setWeightStep',
      1,
      { replicas: 5, ...canary },
      { ...ready, updatedReplicas: 2, observedGeneration: legacy, currentPodHash: 'new', canary: { stableRS: 'old' } },
      'rolling_out Progressing',
    ],
    [
      'canary/progressing_killingOldReplicas',
      101,
      { replicas: 5, ...canary },
      { ...ready, replicas: 6, observedGeneration: legacy, currentPodHash: 'new', canary: { stableRS: 'old' } },
      'rolling_out Progressing',
    ],
    [
      'suspended_controllerPause',
      undefined,
      { replicas: 5, ...canary },
      {
        ...{ ...ready, updatedReplicas: 1, observedGeneration: legacy, currentPodHash: 'new' },
        ...{ canary: { stableRS: 'old' }, pauseConditions: [{ reason: 'CanaryPauseStep' }] },
      },
      'rolling_out Paused',
    ],
    [
      'suspended_userPause',
      undefined,
      { replicas: 5, paused: true, ...canary },
      { ...ready, updatedReplicas: 1, observedGeneration: legacy, currentPodHash: 'new', canary: { stableRS: 'old' } },
      'rolling_out Paused',
    ],
    [
      'suspended_v1.0_pausedRollout',
      5,
      { replicas: 6, ...canary },
      {
        ...{ observedGeneration: '5', phase: 'Paused', message: 'CanaryPauseStep', currentPodHash: 'new' },
        ...{ stableRS: 'old', updatedReplicas: 2, availableReplicas: 6 },
      },
      'rolling_out Paused',
    ],
    [
      'canary/healthy_executedAllSteps',
      1,
      { replicas: 5, ...canary },
      { ...ready, observedGeneration: legacy, currentPodHash: 'new', stableRS: 'new' },
      'success Complete',
    ],
    [
      'canary/healthy_executedAllStepsPreV0.8',
      1,
      { replicas: 5, ...canary },
      { ...ready, observedGeneration: legacy, currentPodHash: 'new', canary: { stableRS: 'new' } },
      'success Complete',
    ],
    [
      'canary/progressing_noSteps',
      1,
      { replicas: 5, ...canary },
      { ...ready, availableReplicas: 2, observedGeneration: legacy, currentPodHash: 'new', stableRS: 'new' },
      'rolling_out Progressing',
    ],
  ])('%s', (_, generation, spec, status, expected) => {
    const { phase, reason } = decidePhase(readWorkload(rollout(generation, spec, status)))
    expect(`${phase} ${reason}`).toBe(expected)
  })

  function stable(observedGeneration: string, replicas: number) {
    const pods = { replicas, updatedReplicas: replicas, availableReplicas: replicas }
    return { observedGeneration, currentPodHash: 'a', stableRS: 'a', ...pods }
  }
})

it('is not done while another template is the stable one, whatever phase it says', () => {
  const workload = readWorkload(argoRollout({ status: { phase: 'Healthy', stableRS: 'old' } }))
  expect(decidePhase(workload)).toMatchObject({ phase: 'rolling_out', done: false })
})

describe('a Rollout with a new template', () => {
  const now = new Date('2026-03-01T12:00:00Z')
  const changed = (hash: string, generation: number, status: object, tag = '2.0.0') =>
    readWorkload(
      argoRollout({
        metadata: { generation },
        spec: { template: template(`web:${tag}`) },
        status: { observedGeneration: `${generation}`, currentPodHash: hash, ...status },
      }),
    )
  const start = trackRollout(undefined, readWorkload(argoRollout({ image: 'web:1.0.0' })), now)
  const follow = (state: RolloutState, hash: string, generation: number, status: object, tag?: string) =>
    trackRollout(state, changed(hash, generation, status, tag), now, { elapsedMs: 1000, committed: true })

  it('rolls out, waits in its pauses with the clock stopped, and is done after its steps', () => {
    const opened = follow(start, 'b', 2, { phase: 'Progressing', message: 'more replicas need to be updated' })
    expect(opened).toMatchObject({ phase: 'rolling_out', clock: 'running', version: '2.0.0' })
    const paused = follow(opened, 'b', 2, { phase: 'Paused', message: 'CanaryPauseStep' })
    expect(paused).toMatchObject({ phase: 'rolling_out', reason: 'Paused', clock: 'stopped' })
    expect(follow(paused, 'b', 2, { phase: 'Healthy', stableRS: 'b' })).toMatchObject({ phase: 'success' })
  })

  it('has failed when it is aborted, and what a commit puts back is a rollback that succeeds', () => {
    const opened = follow(start, 'b', 2, { phase: 'Progressing' })
    const message = 'RolloutAborted: Rollout aborted update to revision 2'
    const aborted = follow(opened, 'b', 2, { phase: 'Degraded', message, abort: true })
    expect(aborted).toMatchObject({ phase: 'failed', reason: 'Degraded', message })
    expect(aborted.succeededRevision).toBe(start.revision)
    const back = follow(aborted, 'a', 3, { phase: 'Healthy', stableRS: 'a' }, '1.0.0')
    expect(back).toMatchObject({ phase: 'success', rollback: true })
  })

  it('has recovered when it is retried and comes to its end', () => {
    const opened = follow(start, 'b', 2, { phase: 'Progressing' })
    const aborted = follow(opened, 'b', 2, { phase: 'Degraded', message: 'RolloutAborted' })
    const done = follow(aborted, 'b', 2, { phase: 'Healthy', stableRS: 'b' })
    expect(done).toMatchObject({ phase: 'success', recovered: true })
  })
})

it('has the pods of its ReplicaSets', () => {
  const workload = readWorkload(argoRollout())
  const waiting = { reason: 'ImagePullBackOff', message: 'Back-off pulling image' }
  const pod = (set: string) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...{ name: `${set}-1`, namespace: 'prod', labels: { 'rollouts-pod-template-hash': 'b' } },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: set, uid: '1' }],
    },
    status: { containerStatuses: [{ name: 'app', state: { waiting } }] },
  })
  expect(podCause(workload, [pod('web-b')])?.reason).toBe('ImagePullBackOff')
  expect(podCause(workload, [pod('other-b')])).toBeUndefined()
})
