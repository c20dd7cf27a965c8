import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { listAt, numberAt, textAt } from '../../../src/sandbox/json.ts'
import { type ApiServer, startApiServer } from '../../../src/sandbox/kubernetes/api-server.ts'
import type { ApiObject } from '../../../src/sandbox/kubernetes/object.ts'
import {
  startWorkloadController,
  type WorkloadController,
} from '../../../src/sandbox/kubernetes/workload-controller.ts'
import { aDeployment, type Call, callerOf, deployments } from './api-caller.ts'

let server: ApiServer
let controller: WorkloadController
let call: Call
const workloads = new Set(['apps/deployments', 'apps/statefulsets', 'apps/daemonsets'])
/** Status of the workload under test after every change. */
let statuses: unknown[]

beforeEach(async () => {
  server = await startApiServer()
  controller = startWorkloadController(server, { podReadyMs: 5, nodes: 2 })
  call = callerOf(server)
  statuses = []
  server.store.subscribe(({ collection, object }) => {
    if (workloads.has(collection)) statuses.push(object.status)
  })
})
afterEach(async () => {
  controller.close()
  await server.close()
})

const sets = '/apis/apps/v1/namespaces/default/statefulsets'
const daemons = '/apis/apps/v1/namespaces/default/daemonsets'

function objectsOf(collection: string): readonly ApiObject[] {
  return server.store.list(collection)
}

/** Resolves when the only workload of a collection satisfies `holds`. */
function until(collection: string, holds: (workload: ApiObject) => boolean): Promise<ApiObject> {
  return new Promise((resolve) => {
    const ask = () => {
      const [workload] = objectsOf(collection)
      if (workload === undefined || !holds(workload)) return
      stop()
      resolve(workload)
    }
    const stop = server.store.subscribe((change) => {
      if (change.collection === collection) setImmediate(ask)
    })
    setImmediate(ask)
  })
}

function conditionOf(workload: unknown, type: string): unknown {
  return listAt(workload, 'status', 'conditions').find((one) => textAt(one, 'type') === type)
}

const isObserved = (workload: ApiObject) =>
  numberAt(workload, 'status', 'observedGeneration') === workload.metadata.generation
const reasonOf = (workload: unknown) => textAt(conditionOf(workload, 'Progressing'), 'reason')
const isComplete = (workload: ApiObject) => isObserved(workload) && reasonOf(workload) === 'NewReplicaSetAvailable'
const setImage = (path: string, image: string) => {
  const value = { spec: { template: { spec: { containers: [{ name: 'web', image }] } } } }
  return call('PATCH', path, value, 'application/strategic-merge-patch+json')
}
const withTemplate = (kind: string, name: string, spec: object) => ({
  ...aDeployment(name, 'acme/web:1.0.0', { ...spec }),
  kind,
})

describe('a Deployment', () => {
  it('gets a replica set, pods and the conditions of a finished rollout', async () => {
    await call('POST', deployments, aDeployment('web', 'acme/web:1.0.0', { replicas: 3 }))
    const done = await until('apps/deployments', isComplete)
    expect(done.metadata).toMatchObject({ generation: 1, annotations: { 'deployment.kubernetes.io/revision': '1' } })
    expect(done.status).toMatchObject({
      observedGeneration: 1,
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
    })
    expect(conditionOf(done, 'Available')).toMatchObject({ status: 'True', reason: 'MinimumReplicasAvailable' })
    const reasons = statuses.map((status) => reasonOf({ status })).filter((reason) => reason !== '')
    expect([...new Set(reasons)]).toEqual(['NewReplicaSetCreated', 'ReplicaSetUpdated', 'NewReplicaSetAvailable'])
    const [set] = objectsOf('apps/replicasets')
    const hash = set?.metadata.labels?.['pod-template-hash']
    expect(set?.metadata.name).toBe(`web-${hash}`)
    expect(objectsOf('/pods').map((pod) => pod.metadata.labels)).toEqual(
      Array.from({ length: 3 }, () => ({ app: 'web', 'pod-template-hash': hash })),
    )
  })

  it('rolls without falling below its bounds', async () => {
    const rollingUpdate = { maxSurge: 1, maxUnavailable: 1 }
    await call('POST', deployments, aDeployment('web', 'acme/web:1.0.0', { replicas: 4, strategy: { rollingUpdate } }))
    await until('apps/deployments', isComplete)
    statuses = []
    await setImage(`${deployments}/web`, 'acme/web:1.1.0')
    const done = await until('apps/deployments', isComplete)
    expect(done.metadata.annotations).toMatchObject({ 'deployment.kubernetes.io/revision': '2' })
    const count = (field: string) => statuses.map((status) => numberAt(status, field) ?? 0)
    expect(Math.min(...count('availableReplicas'))).toBeGreaterThanOrEqual(3)
    const images = objectsOf('/pods').map((pod) => textAt(listAt(pod, 'spec', 'containers')[0], 'image'))
    expect(images).toEqual(Array.from({ length: 4 }, () => 'acme/web:1.1.0'))
    expect(objectsOf('apps/replicasets').map((set) => numberAt(set, 'spec', 'replicas'))).toEqual(
      expect.arrayContaining([0, 4]),
    )
  })

  it('never finishes on a bad image, tells why, and misses its deadline', async () => {
    await call('POST', deployments, aDeployment('web', 'acme/web:1.0.0', { replicas: 2, progressDeadlineSeconds: 1 }))
    await until('apps/deployments', isComplete)
    await setImage(`${deployments}/web`, 'acme/web:2.0.0-bad')
    const late = await until('apps/deployments', (web) => reasonOf(web) === 'ProgressDeadlineExceeded')
    expect(conditionOf(late, 'Progressing')).toMatchObject({
      status: 'False',
      message: expect.stringMatching(/^ReplicaSet "web-\w+" has timed out progressing\.$/),
    })
    expect(late.status).toMatchObject({ availableReplicas: 2, updatedReplicas: 1 })
    const waiting = objectsOf('/pods').map((pod) => listAt(pod, 'status', 'containerStatuses')[0])
    expect(waiting).toContainEqual(
      expect.objectContaining({
        ready: false,
        state: { waiting: expect.objectContaining({ reason: 'ImagePullBackOff' }) },
      }),
    )
  })

  it('uses the old replica set again when the template goes back, with a new revision', async () => {
    await call('POST', deployments, aDeployment('web'))
    await until('apps/deployments', isComplete)
    await setImage(`${deployments}/web`, 'acme/web:bad')
    await until('apps/deployments', (web) => isObserved(web) && reasonOf(web) !== 'NewReplicaSetAvailable')
    await setImage(`${deployments}/web`, 'acme/web:1.0.0')
    const done = await until('apps/deployments', isComplete)
    expect(done.metadata.annotations).toMatchObject({ 'deployment.kubernetes.io/revision': '3' })
    expect(objectsOf('apps/replicasets')).toHaveLength(2)
  })

  it('does nothing with a new template while it is paused', async () => {
    await call('POST', deployments, aDeployment('web'))
    await until('apps/deployments', isComplete)
    await call('PATCH', `${deployments}/web`, { spec: { paused: true } }, 'application/merge-patch+json')
    await setImage(`${deployments}/web`, 'acme/web:1.1.0')
    await until('apps/deployments', (web) => isObserved(web) && reasonOf(web) === 'DeploymentPaused')
    expect(objectsOf('apps/replicasets')).toHaveLength(1)
    await call('PATCH', `${deployments}/web`, { spec: { paused: false } }, 'application/merge-patch+json')
    await until('apps/deployments', isComplete)
    expect(objectsOf('apps/replicasets')).toHaveLength(2)
  })

  it('scales without a new revision, and takes all its pods along when it goes', async () => {
    await call('POST', deployments, aDeployment('web'))
    await until('apps/deployments', isComplete)
    await call('PATCH', `${deployments}/web`, { spec: { replicas: 3 } }, 'application/merge-patch+json')
    const done = await until('apps/deployments', (web) => numberAt(web, 'status', 'availableReplicas') === 3)
    expect(done.metadata.annotations).toMatchObject({ 'deployment.kubernetes.io/revision': '1' })
    await call('DELETE', `${deployments}/web`)
    expect([...objectsOf('/pods'), ...objectsOf('apps/replicasets')]).toEqual([])
  })

  it('with the strategy Recreate never runs two versions at once', async () => {
    await call(
      'POST',
      deployments,
      aDeployment('web', 'acme/web:1.0.0', { replicas: 2, strategy: { type: 'Recreate' } }),
    )
    await until('apps/deployments', isComplete)
    const versions = new Set<number>()
    server.store.subscribe(() => {
      const images = objectsOf('/pods').map((pod) => textAt(listAt(pod, 'spec', 'containers')[0], 'image'))
      versions.add(new Set(images).size)
    })
    await setImage(`${deployments}/web`, 'acme/web:1.1.0')
    await until('apps/deployments', isComplete)
    expect(Math.max(...versions)).toBe(1)
  })
})

describe('a StatefulSet', () => {
  const revisions = (set: ApiObject) => ({
    current: textAt(set, 'status', 'currentRevision'),
    update: textAt(set, 'status', 'updateRevision'),
  })
  const isDone = (set: ApiObject) =>
    isObserved(set) &&
    revisions(set).current === revisions(set).update &&
    numberAt(set, 'status', 'readyReplicas') === 3

  it('makes its pods in order and moves its revision when all are updated', async () => {
    await call('POST', sets, withTemplate('StatefulSet', 'db', { replicas: 3 }))
    const first = await until('apps/statefulsets', isDone)
    expect(statuses.map((status) => numberAt(status, 'replicas') ?? 0)).toEqual(
      [...statuses.map((status) => numberAt(status, 'replicas') ?? 0)].sort(),
    )
    expect(objectsOf('/pods').map((pod) => pod.metadata.name)).toEqual(['db-0', 'db-1', 'db-2'])
    await setImage(`${sets}/db`, 'acme/web:1.1.0')
    const second = await until(
      'apps/statefulsets',
      (set) => isDone(set) && revisions(set).update !== revisions(first).update,
    )
    expect(second.status).toMatchObject({ updatedReplicas: 3, currentReplicas: 3, replicas: 3 })
  })

  it('leaves ordinals below the partition alone', async () => {
    const updateStrategy = { rollingUpdate: { partition: 2 } }
    await call('POST', sets, withTemplate('StatefulSet', 'db', { replicas: 3, updateStrategy }))
    await until('apps/statefulsets', isDone)
    await setImage(`${sets}/db`, 'acme/web:1.1.0')
    const done = await until(
      'apps/statefulsets',
      (set) => numberAt(set, 'status', 'updatedReplicas') === 1 && numberAt(set, 'status', 'readyReplicas') === 3,
    )
    expect(revisions(done).current).not.toBe(revisions(done).update)
    const images = objectsOf('/pods').map((pod) => textAt(listAt(pod, 'spec', 'containers')[0], 'image'))
    expect(images).toEqual(['acme/web:1.0.0', 'acme/web:1.0.0', 'acme/web:1.1.0'])
  })
})

describe('a DaemonSet', () => {
  const isDone = (set: ApiObject) =>
    isObserved(set) &&
    ['updatedNumberScheduled', 'numberAvailable'].every((field) => numberAt(set, 'status', field) === 2)

  it('runs one pod on each node and replaces them one after the other', async () => {
    await call('POST', daemons, withTemplate('DaemonSet', 'agent', {}))
    await until('apps/daemonsets', isDone)
    expect(
      objectsOf('/pods')
        .map((pod) => textAt(pod, 'spec', 'nodeName'))
        .sort(),
    ).toEqual(['node-1', 'node-2'])
    statuses = []
    await setImage(`${daemons}/agent`, 'acme/web:1.1.0')
    await until('apps/daemonsets', isDone)
    expect(Math.min(...statuses.map((status) => numberAt(status, 'numberAvailable') ?? 0))).toBeGreaterThanOrEqual(1)
  })

  it('waits for people when it updates OnDelete', async () => {
    await call('POST', daemons, withTemplate('DaemonSet', 'agent', { updateStrategy: { type: 'OnDelete' } }))
    await until('apps/daemonsets', isDone)
    await setImage(`${daemons}/agent`, 'acme/web:1.1.0')
    const waiting = await until('apps/daemonsets', isObserved)
    expect(waiting.status).toMatchObject({ updatedNumberScheduled: 0, numberAvailable: 2 })
    for (const pod of objectsOf('/pods')) await call('DELETE', `/api/v1/namespaces/default/pods/${pod.metadata.name}`)
    await until('apps/daemonsets', isDone)
  })
})
