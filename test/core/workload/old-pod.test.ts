import { describe, expect, it } from 'vitest'
import type { KubernetesObject } from '../../../src/api/kubernetes.ts'
import { blameOf } from '../../../src/core/rollback/blame.ts'
import { oldPodCause } from '../../../src/core/workload/old-pod.ts'
import { readWorkload } from '../../../src/core/workload/workload.ts'
import { deployment, statefulSet } from './sample.ts'

const set = readWorkload(statefulSet())
const ready = { conditions: [{ type: 'Ready', status: 'True' }] }
const stuck = { containerStatuses: [{ name: 'app', state: { waiting: { reason: 'ImagePullBackOff' } } }] }

function pod(status: object, metadata: object = {}): KubernetesObject {
  const labels = { app: 'web', 'controller-revision-hash': 'web-old' }
  const ownerReferences = [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web', uid: 'u' }]
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web-0', namespace: 'prod', labels, ownerReferences, ...metadata },
    status,
  }
}

describe('a StatefulSet waits for a pod of an earlier template', () => {
  it('that never got ready: which one, why, and what helps', () => {
    expect(oldPodCause(set, [pod(ready, { name: 'web-1' }), pod(stuck)])).toEqual({
      reason: 'OldPodUnready',
      message:
        'pod web-0: OldPodUnready: it is of an earlier template, not ready, and replaced only when it is deleted: ' +
        'kubectl -n prod delete pod web-0; container app: ImagePullBackOff',
    })
  })

  it('of which nothing else is known', () => {
    expect(oldPodCause(set, [pod({})])?.message).toMatch(/kubectl -n prod delete pod web-0$/)
  })

  it('which is not the fault of the version that has to wait, also when only words were noted', () => {
    const { reason = '', message: words = '' } = oldPodCause(set, [pod(stuck)]) ?? {}
    expect(blameOf({ reason, words })).toBe('cluster')
    expect(blameOf({ reason: undefined, words: `not done after 15 min; ${words}` })).toBe('cluster')
  })
})

describe('nothing of the kind is said', () => {
  const partition = (count: number) =>
    readWorkload(
      statefulSet({ spec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: count } } } }),
    )
  it.each([
    ['of a pod that is ready', set, pod(ready)],
    [
      'of a pod of the new template',
      set,
      pod(stuck, { labels: { 'controller-revision-hash': set.controllerRevision } }),
    ],
    ['of a pod that is going away', set, pod(stuck, { deletionTimestamp: '2026-01-01T00:00:00Z' })],
    ['of a pod that the partition keeps', partition(1), pod(stuck)],
    ['of a pod of another workload', set, pod(stuck, { ownerReferences: [{ kind: 'StatefulSet', name: 'api' }] })],
    ['of the pods of a Deployment', readWorkload(deployment()), pod(stuck)],
  ])('%s', (_, workload, one) => {
    expect(oldPodCause(workload, [one])).toBeUndefined()
  })
})
