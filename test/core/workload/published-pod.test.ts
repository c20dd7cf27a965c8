import { describe, expect, it } from 'vitest'
import type { KubernetesObject } from '../../../src/api/kubernetes.ts'
import { podCause, podTrouble } from '../../../src/core/workload/pod-cause.ts'
import { readWorkload } from '../../../src/core/workload/workload.ts'
import { deployment } from './sample.ts'

/**
 * The pods of the published test tables, as facts: what the pod says, what the tool makes of it, and what we name as the
 * cause of a rollout that does not get on; nothing where the tool has no complaint.
 *
 * - Argo CD `gitops-engine/pkg/health/health_test.go`, TestPod, with `testdata/` (argoproj/argo-cd)
 * - kstatus `pkg/kstatus/status/status_compute_test.go`, TestPodStatus (kubernetes-sigs/cli-utils)
 */
const condition = (type: string, status: 'True' | 'False', reason?: string) => ({ type, status, reason })
const unready = [condition('PodScheduled', 'True'), condition('Ready', 'False', 'ContainersNotReady')]
const main = (state: object, more: object = {}) => [{ name: 'main', ready: false, lastState: {}, state, ...more }]
const ended = { terminated: { exitCode: 1, reason: 'Error' } }
const backOff = { reason: 'CrashLoopBackOff', message: 'Back-off 40s restarting failed container=main' }
const noImage = { reason: 'ImagePullBackOff', message: 'Back-off pulling image "doesnt-exist"' }
const running = { running: { startedAt: '2018-12-02T10:30:59Z' } }

function pod(status: object, spec: object = {}): KubernetesObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'my-pod', namespace: 'prod' }, spec, status }
}

describe('what is degraded or failed for them has this cause for us:', () => {
  it.each<[string, object, string]>([
    [
      'pod-crashloop.yaml',
      {
        phase: 'Running',
        conditions: unready,
        containerStatuses: main({ waiting: backOff }, { lastState: ended, restartCount: 3 }),
      },
      'CrashLoopBackOff',
    ],
    [
      'pod-imagepullbackoff.yaml',
      { phase: 'Pending', conditions: unready, containerStatuses: main({ waiting: noImage }) },
      'ImagePullBackOff',
    ],
    [
      'pod-error.yaml, between two starts',
      { phase: 'Running', conditions: unready, containerStatuses: main(ended, { lastState: ended }) },
      'Error',
    ],
    ['pod-failed.yaml', { phase: 'Failed', conditions: unready, containerStatuses: main(ended) }, 'Error'],
    [
      'podUnschedulable',
      { phase: 'Pending', conditions: [condition('PodScheduled', 'False', 'Unschedulable')] },
      'Unschedulable',
    ],
    [
      'podCrashLooping, whose container says more than its condition',
      {
        phase: 'Running',
        conditions: [condition('PodScheduled', 'False', 'Unschedulable')],
        containerStatuses: [{ name: 'nginx', state: { waiting: { reason: 'CrashLoopBackOff' } } }],
      },
      'CrashLoopBackOff',
    ],
  ])('%s', (_, status, expected) => {
    expect(podTrouble(pod(status))?.reason).toBe(expected)
  })
})

describe('nothing is wrong for us either with', () => {
  it.each<[string, object]>([
    ['pod-pending.yaml', { phase: 'Pending', containerStatuses: main({ waiting: { reason: 'ContainerCreating' } }) }],
    ['pod-running-not-ready.yaml', { phase: 'Running', conditions: unready, containerStatuses: main(running) }],
    [
      'pod-running-restart-always.yaml',
      { phase: 'Running', conditions: [condition('Ready', 'True')], containerStatuses: main(running, { ready: true }) },
    ],
    [
      'pod-succeeded.yaml',
      {
        phase: 'Succeeded',
        conditions: [condition('Ready', 'False', 'PodCompleted')],
        containerStatuses: main({ terminated: { exitCode: 0, reason: 'Completed' } }),
      },
    ],
    ['podNoStatus', {}],
    ['podReady', { phase: 'Running', conditions: [condition('Ready', 'True')] }],
  ])('%s', (_, status) => {
    expect(podTrouble(pod(status))).toBeUndefined()
  })
})

it('pod-running-not-ready.yaml is named with the probe that it has not passed, for Argo CD it only progresses', () => {
  const spec = { containers: [{ name: 'main', readinessProbe: { tcpSocket: { port: 8080 } } }] }
  const status = { phase: 'Running', conditions: unready, containerStatuses: main(running) }
  const web = readWorkload(deployment({ spec: { selector: { matchLabels: { app: 'web' } } } }))
  const never = pod(status, spec)
  const found = podCause(web, [{ ...never, metadata: { ...never.metadata, labels: { app: 'web' } } }])
  expect(found?.message).toBe('pod my-pod: container main runs, but has not passed its readinessProbe')
})
