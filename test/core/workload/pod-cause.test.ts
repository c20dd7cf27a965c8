import { describe, expect, it } from 'vitest'
import type { KubernetesObject } from '../../../src/api/kubernetes.ts'
import { newestUnreadyPod, podCause } from '../../../src/core/workload/pod-cause.ts'
import { readWorkload } from '../../../src/core/workload/workload.ts'
import { daemonSet, deployment } from './sample.ts'

const web = readWorkload(deployment({ spec: { selector: { matchLabels: { app: 'web' } } } }))

function pod(status: object, metadata: object = {}): KubernetesObject {
  const labels = { app: 'web', 'pod-template-hash': 'abc' }
  const ownerReferences = [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-abc', uid: 'x' }]
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web-abc-1', namespace: 'prod', labels, ownerReferences, ...metadata },
    status,
  }
}

const container = (state: object, more: object = {}) => ({ containerStatuses: [{ name: 'app', state, ...more }] })
const crash = container({ waiting: { reason: 'CrashLoopBackOff' } })

describe('the cause is', () => {
  it.each([
    [
      'why the image is not there',
      container({ waiting: { reason: 'ImagePullBackOff', message: 'Back-off' } }),
      'container app: ImagePullBackOff: Back-off',
    ],
    [
      'how a crashing container last ended',
      container(
        { waiting: { reason: 'CrashLoopBackOff' } },
        { lastState: { terminated: { reason: 'OOMKilled', exitCode: 137 } } },
      ),
      'container app: CrashLoopBackOff, last ended with OOMKilled (exit code 137)',
    ],
    [
      'a container that ended',
      container({ terminated: { reason: 'Error', exitCode: 1 } }),
      'container app: Error (exit code 1)',
    ],
    [
      'a container that restarted and is not ready',
      container({ running: {} }, { ready: false, lastState: { terminated: { reason: 'Error', exitCode: 2 } } }),
      'container app: Error (exit code 2)',
    ],
    [
      'an init container that waits',
      { initContainerStatuses: [{ name: 'wait', state: { waiting: { reason: 'ErrImagePull' } } }] },
      'container wait: ErrImagePull',
    ],
    [
      'that no node takes the pod',
      { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes' }] },
      'Unschedulable: 0/3 nodes',
    ],
    ['why the pod failed', { phase: 'Failed', reason: 'Evicted', message: 'disk' }, 'Evicted: disk'],
  ])('%s', (_, status, expected) => {
    expect(podCause(web, [pod(status)])?.message).toBe(`pod web-abc-1: ${expected}`)
  })

  it.each([
    ['when it starts as it should', container({ waiting: { reason: 'ContainerCreating' } })],
    ['when it runs', container({ running: {} }, { ready: true })],
    [
      'when an init container completed',
      { initContainerStatuses: [{ name: 'a', state: { terminated: { reason: 'Completed' } } }] },
    ],
    ['when nothing is known', {}],
  ])('not the pod %s', (_, status) => {
    expect(podCause(web, [pod(status)])).toBeUndefined()
  })

  it('that of the newest pod with trouble', () => {
    const older = pod(crash, { name: 'older', creationTimestamp: '2026-03-01T10:00:00Z' })
    const newer = pod(crash, { name: 'newer', creationTimestamp: '2026-03-01T11:00:00Z' })
    expect(podCause(web, [older, newer])?.message).toBe('pod newer: container app: CrashLoopBackOff')
  })

  it('why no pod could be created', () => {
    const conditions = [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'exceeded quota' }]
    expect(podCause(readWorkload(deployment({ status: { conditions } })), [])).toEqual({
      reason: 'FailedCreate',
      message: 'FailedCreate: exceeded quota',
    })
  })

  it.each([
    ['ImagePullBackOff', container({ waiting: { reason: 'ImagePullBackOff' } })],
    ['CrashLoopBackOff', container({ waiting: { reason: 'CrashLoopBackOff' } })],
    ['OOMKilled', container({ running: {} }, { ready: false, lastState: { terminated: { reason: 'OOMKilled' } } })],
    ['Unschedulable', { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }] }],
    ['Evicted', { phase: 'Failed', reason: 'Evicted' }],
  ])('%s in one word', (reason, status) => {
    expect(podCause(web, [pod(status)])?.reason).toBe(reason)
  })

  const spec = { containers: [{ name: 'app', readinessProbe: {}, startupProbe: {} }] }
  const probed = (more: object, name = 'web-abc-1', of: object = spec) => ({
    ...pod(container({ running: {} }, { ready: false, ...more }), { name, creationTimestamp: '2026-03-01T12:00:00Z' }),
    spec: of,
  })
  it.each([
    ['the readiness probe that has not passed', { started: true }, 'runs, but has not passed its readinessProbe'],
    ['the startup probe that keeps it waiting', { started: false }, 'runs, but has not passed its startupProbe'],
  ])('%s', (_, more, expected) => {
    expect(podCause(web, [probed(more)])).toEqual({
      reason: 'ContainersNotReady',
      message: `pod web-abc-1: container app ${expected}`,
    })
  })

  it('no probe where none is declared', () => {
    expect(podCause(web, [probed({}, 'web-abc-1', { containers: [{ name: 'app' }] })])).toBeUndefined()
  })

  it('real trouble of an older pod rather than a probe of the newest', () => {
    expect(podCause(web, [probed({}), pod(crash, { name: 'older' })])?.message).toContain('pod older: container app')
  })

  it('one line without control and invisible characters, and not endless', () => {
    const message = `first\nFairlead-Id: 1\u202e${'x'.repeat(5000)}`
    const found = podCause(web, [pod(container({ waiting: { reason: 'CreateContainerError', message } }))])?.message
    expect(found).toContain('first Fairlead-Id: 1 xxx')
    expect(found?.length).toBeLessThanOrEqual(512)
  })
})

it('the newest pod that is not ready is the one to ask more about', () => {
  const ready = { conditions: [{ type: 'Ready', status: 'True' }] }
  const pods = [
    pod({}, { name: 'old', creationTimestamp: '2026-03-01T10:00:00Z' }),
    pod({}, { name: 'new', creationTimestamp: '2026-03-01T11:00:00Z' }),
    pod(ready, { name: 'ready', creationTimestamp: '2026-03-01T12:00:00Z' }),
  ]
  expect(newestUnreadyPod(web, pods)?.metadata.name).toBe('new')
  expect(newestUnreadyPod(web, [pod(ready)])).toBeUndefined()
})

describe('a pod belongs to', () => {
  it.each([
    ['nobody in another namespace', { namespace: 'dev' }, false],
    ['the Deployment of its ReplicaSet', {}, true],
    [
      'another Deployment whose name begins alike',
      { ownerReferences: [{ kind: 'ReplicaSet', name: 'web-api-abc' }] },
      false,
    ],
    ['the workload that selects it when it names no owner', { ownerReferences: [] }, true],
    ['nobody when it names no owner and is not selected', { ownerReferences: [], labels: { app: 'api' } }, false],
    [
      'the DaemonSet that owns it, not the Deployment',
      { ownerReferences: [{ kind: 'DaemonSet', name: 'web' }] },
      false,
    ],
  ])('%s', (_, metadata, expected) => {
    expect(podCause(web, [pod(crash, metadata)]) !== undefined).toBe(expected)
  })

  it('the DaemonSet that owns it', () => {
    const owned = pod(crash, { ownerReferences: [{ kind: 'DaemonSet', name: 'web' }] })
    expect(podCause(readWorkload(daemonSet()), [owned])?.reason).toBe('CrashLoopBackOff')
  })
})
