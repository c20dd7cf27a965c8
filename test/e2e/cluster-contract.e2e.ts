import { EventEmitter, once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createAccessReview } from '../../src/adapters/kubernetes/access-review.ts'
import { type KubernetesObject, resources } from '../../src/api/kubernetes.ts'
import { describeAccessReview } from '../contract/access-review.suite.ts'
import { approverRole } from '../contract/access-review-role.ts'
import { deployment, describeCluster } from '../contract/cluster.suite.ts'
import { openAdapter, openReal } from '../contract/cluster-adapter.ts'
import type { Component } from './component.ts'
import { type ControlPlane, startControlPlane } from './control-plane.ts'
import { applyCrds, namespaceObject } from './flux.ts'

/** The contract of the Kubernetes ports, on the real API server. */

const components: Component[] = []
let plane: ControlPlane

beforeAll(async () => {
  const bin = process.env.FAIRLEAD_E2E_BIN
  if (bin === undefined) throw new Error('FAIRLEAD_E2E_BIN is not set: run the end-to-end tests with `npm run e2e`')
  const dir = await mkdtemp(join(process.env.FAIRLEAD_E2E_STATE ?? tmpdir(), 'contract-'))
  plane = await startControlPlane({ bin, dir, components })
  await applyCrds(plane.kubernetes, join(import.meta.dirname, '..', '..', 'deploy', 'crds'))
})

afterAll(async () => {
  await Promise.all(components.map((component) => component.end('SIGKILL')))
})

const settings = { namespace: 'fairlead-contract', missesChanges: false }
describeCluster('adapter on a real API server', settings, () => openReal(plane.kubeconfig, settings.namespace))

describeAccessReview('reviews by a real API server', async () => {
  const { kubernetes } = plane
  const account = (namespace: string) => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'approver', namespace },
  })
  for (const name of ['shop', 'pay']) await kubernetes.apply(namespaceObject(name))
  await kubernetes.apply(account('shop'), ...approverRole('shop'))
  const adapter = openAdapter(plane.kubeconfig)
  const reviewFor = (...audiences: string[]) => createAccessReview(adapter.client, { audiences })
  return {
    review: reviewFor(),
    token: await kubernetes.serviceAccountToken('shop', 'approver'),
    reviewFor,
    tokenFor: (audience) => kubernetes.serviceAccountToken('shop', 'approver', audience),
    close: async () => adapter.connection.close(),
  }
})

it('of all workloads only those with the labels of the selector are seen, also when labels change', async () => {
  const labelled = (name: string, labels: Record<string, string>) => {
    const object = deployment(settings.namespace, name, 0)
    return { ...object, metadata: { ...object.metadata, labels } }
  }
  const world = await openReal(plane.kubeconfig, settings.namespace)
  const selecting = openAdapter(plane.kubeconfig, () => 'team in (shop)')
  await world.put(resources.deployment, labelled('ours', { team: 'shop' }))
  await world.put(resources.deployment, labelled('theirs', { team: 'pay' }))
  const stop = new AbortController()
  const seen = new Set<string>()
  const calls = new EventEmitter()
  const observer = {
    replaced: (objects: Map<string, string>) => {
      for (const key of objects.keys()) seen.add(key)
      calls.emit('call')
    },
    changed: (key: string) => {
      seen.add(key)
      calls.emit('call')
    },
    removed: (key: string) => {
      seen.delete(key)
      calls.emit('call')
    },
    alive: () => undefined,
    restarted: () => undefined,
  }
  const name = (object: KubernetesObject) => object.metadata.name
  const following = selecting.cluster.follow(resources.deployment, name, observer, stop.signal)
  await once(calls, 'call')
  expect([...seen]).toEqual([`${settings.namespace}/ours`])
  await world.put(resources.deployment, labelled('ours', { team: 'pay' }))
  // The controller of Deployments writes a status meanwhile: more than one change may come before it is gone.
  while (seen.size > 0) await once(calls, 'call')
  stop.abort()
  await following
  selecting.connection.close()
  await world.close()
})
