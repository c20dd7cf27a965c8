import { beforeEach, describe, expect, it } from 'vitest'
import { type KubernetesObject, resources } from '../../../src/api/kubernetes.ts'
import { type Causes, createCauses } from '../../../src/controllers/workload/cause.ts'
import { readWorkload } from '../../../src/core/workload/workload.ts'
import { FairleadError } from '../../../src/errors.ts'
import type { Cluster } from '../../../src/ports.ts'
import { deployment, statefulSet } from '../../core/workload/sample.ts'
import { createManualClock, type ManualClock } from '../../fakes/clock.ts'
import { createFakeCluster, type FakeCluster } from '../../fakes/cluster.ts'
import { createRecordingLog } from '../../fakes/log.ts'

const selector = { matchLabels: { app: 'web' } }
const web = readWorkload(deployment({ spec: { selector } }))
const set = readWorkload(statefulSet({ spec: { selector } }))
const waiting = (reason: string) => ({ containerStatuses: [{ name: 'app', state: { waiting: { reason } } }] })

let fake: FakeCluster
let clock: ManualClock
let log: ReturnType<typeof createRecordingLog>
let causes: Causes

beforeEach(() => {
  fake = createFakeCluster([resources.pod, resources.event])
  clock = createManualClock()
  log = createRecordingLog()
  causes = createCauses({ cluster: fake.cluster, clock, log })
})

function putPod(status: object, metadata: Partial<KubernetesObject['metadata']> = {}): KubernetesObject {
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-abc', uid: 'rs' }
  const created = fake.objects.create(resources.pod, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'web-abc-1',
      namespace: 'prod',
      labels: { app: 'web', 'pod-template-hash': 'abc' },
      ownerReferences: [owner],
      ...metadata,
    },
    spec: { containers: [{ name: 'app', readinessProbe: {} }] },
  })
  return fake.objects.update(resources.pod, { ...created, status }, 'status')
}

function putWarning(uid: string, reason: string, message: string): void {
  const event = { involvedObject: { kind: 'Pod', name: 'web-abc-1', uid }, type: 'Warning', reason, message }
  const metadata = { name: `${reason}.1`, namespace: 'prod' }
  fake.objects.create(resources.event, { apiVersion: 'v1', kind: 'Event', metadata, ...event } as KubernetesObject)
}

describe('the cause of a rollout in trouble', () => {
  it('is what its pods say, by one list', async () => {
    putPod(waiting('ImagePullBackOff'))
    expect(await causes.of(web)).toEqual({
      reason: 'ImagePullBackOff',
      message: 'pod web-abc-1: container app: ImagePullBackOff',
    })
    expect(fake.looks).toEqual(['pods'])
  })

  it('is what the Events about the newest unready pod say while that only waits for a probe', async () => {
    const status = { containerStatuses: [{ name: 'app', ready: false, started: true, state: { running: {} } }] }
    const { uid = '' } = putPod(status).metadata
    putWarning('another', 'FailedMount', 'of another pod')
    expect((await causes.of(web)).reason).toBe('ContainersNotReady')
    putWarning(uid, 'Unhealthy', 'Readiness probe failed: connection refused')
    await clock.advance(60_000)
    expect(await causes.of(web)).toEqual({
      reason: 'Unhealthy',
      message: 'pod web-abc-1: Unhealthy: Readiness probe failed: connection refused',
    })
  })

  it('is what the Events about the workload say when it has no pod', async () => {
    putWarning(set.uid, 'FailedCreate', 'exceeded quota')
    expect((await causes.of(set)).reason).toBe('FailedCreate')
  })

  it('is asked of the pods of the new revision first, where the workload names it', async () => {
    const ownerReferences = [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web', uid: 'u' }]
    const labels = (revision: string) => ({ app: 'web', 'controller-revision-hash': revision })
    putPod(waiting('CrashLoopBackOff'), { name: 'web-0', ownerReferences, labels: labels('web-old') })
    expect((await causes.of(set)).reason).toBe('OldPodUnready')
    putPod(waiting('ErrImagePull'), { name: 'web-2', ownerReferences, labels: labels('web-a') })
    await clock.advance(60_000)
    expect((await causes.of(set)).reason).toBe('ErrImagePull')
  })

  it('is looked up once a minute, sooner only for another template', async () => {
    putPod(waiting('ImagePullBackOff'))
    await causes.of(web)
    await clock.advance(59_999)
    await causes.of(web)
    expect(fake.looks).toEqual(['pods'])
    await causes.of({ ...web, revision: 'another' })
    expect(fake.looks).toEqual(['pods', 'pods'])
    await clock.advance(60_000)
    await causes.of({ ...web, revision: 'another' })
    expect(fake.looks).toHaveLength(3)
  })

  it('does not outlive the trouble', async () => {
    putPod(waiting('ImagePullBackOff'))
    await causes.of(web)
    causes.forget('Deployment/prod/web')
    fake.objects.remove(resources.pod, 'prod', 'web-abc-1')
    expect((await causes.of(web)).reason).toBe('Unknown')
  })

  it('is never all pods of a namespace for a workload without labels', async () => {
    await causes.of({ ...web, selector: {} })
    expect(fake.looks).toEqual(['events'])
  })
})

describe('the cause is unknown', () => {
  it('without the right to list pods, which is said once, and asked again later', async () => {
    fake.allow = () => false
    const unknown = { reason: 'Unknown', message: 'the cause is unknown: fairlead may not list pods' }
    expect(await causes.of(web)).toEqual(unknown)
    expect(await causes.of(set)).toEqual(unknown)
    expect(fake.looks).toEqual(['pods'])
    await clock.advance(60_000)
    expect(await causes.of(set)).toEqual(unknown)
    expect(log.lines.map(({ level, message }) => `${level} ${message}`)).toEqual([
      'warn causes of failed rollouts stay unknown: may not list pods',
    ])
    fake.allow = () => true
    putPod(waiting('ImagePullBackOff'))
    await clock.advance(60_000)
    expect((await causes.of(web)).reason).toBe('ImagePullBackOff')
  })

  it('with nothing to add when no pod and no Event tells of trouble', async () => {
    expect(await causes.of(web)).toEqual({ reason: 'Unknown', message: '' })
  })

  it('though not without the right to list Events: the words of the pod stand', async () => {
    putPod({ containerStatuses: [{ name: 'app', ready: false, state: { running: {} } }] })
    fake.allow = (_, resource) => resource.plural === 'pods'
    expect((await causes.of(web)).reason).toBe('ContainersNotReady')
  })

  it.each([
    ['does not answer', async () => Promise.reject(new FairleadError('Timeout', 'no answer')), 'Timeout'],
    [
      'answers slowly',
      async () => {
        await clock.advance(3_000)
        return []
      },
      'answers slowly',
    ],
  ])('for everybody for a minute when the API server %s', async (_, list, why) => {
    let asked = 0
    const cluster: Pick<Cluster, 'list'> = {
      list(resource) {
        if (resource.plural === 'pods') asked++
        return list()
      },
    }
    causes = createCauses({ cluster, clock, log })
    await causes.of(web)
    expect((await causes.of(set)).message).toContain(why)
    expect(asked).toBe(1)
    await clock.advance(60_000)
    await causes.of(web)
    expect(asked).toBe(2)
  })
})
