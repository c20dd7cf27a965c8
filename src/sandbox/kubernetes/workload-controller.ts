import { isFields } from '../json.ts'
import type { ApiServer } from './api-server.ts'
import { reconcileDaemonSet } from './daemon-set.ts'
import { reconcileDeployment } from './deployment.ts'
import { type ApiObject, keyOf } from './object.ts'
import { createOwnership } from './ownership.ts'
import { pendingStatus, settledStatus } from './pod.ts'
import { reconcileReplicaSet } from './replica-set.ts'
import { reconcileStatefulSet } from './stateful-set.ts'
import type { Change } from './store.ts'
import { createWorkQueue } from './work-queue.ts'
import { createWorkloadContext, type WorkloadContext } from './workload-context.ts'

export interface WorkloadControllerOptions {
  /** From a pod's creation until it is ready or stuck; default 50. */
  podReadyMs?: number
  /** How many nodes; default 1. */
  nodes?: number
}

/** The controllers and the kubelet of the sandbox: they turn workloads into replica sets, pods and statuses. */
export interface WorkloadController {
  /** For pods made from now on. */
  setPodReadyMs(ms: number): void
  close(): void
}

const reconcilers: Readonly<Record<string, (object: ApiObject, context: WorkloadContext) => void>> = {
  'apps/deployments': reconcileDeployment,
  'apps/replicasets': reconcileReplicaSet,
  'apps/statefulsets': reconcileStatefulSet,
  'apps/daemonsets': reconcileDaemonSet,
}

const collectionOfKind: Readonly<Record<string, string>> = {
  Deployment: 'apps/deployments',
  ReplicaSet: 'apps/replicasets',
  StatefulSet: 'apps/statefulsets',
  DaemonSet: 'apps/daemonsets',
}

/** Works on the store of the server directly, as its own user; nothing of it shows in the audit log. */
export function startWorkloadController(
  server: ApiServer,
  options: WorkloadControllerOptions = {},
): WorkloadController {
  const { store } = server
  const nodes = Array.from({ length: options.nodes ?? 1 }, (_, index) => `node-${index + 1}`)
  const ownership = createOwnership()
  let podReadyMs = options.podReadyMs ?? 50
  createNodes(server, nodes)

  const queue = createWorkQueue((key) => {
    const [collection = '', name = ''] = key.split(' ')
    const object = store.get(collection, name)
    if (object === undefined) return
    if (collection === '/pods') bind(object)
    else reconcilers[collection]?.(object, context)
  })
  const context = createWorkloadContext(server, {
    nodes,
    owned: (owner, kind) => ownership.ownedBy(owner.metadata.uid ?? '').filter((one) => one.kind === kind),
    wakeAt: (workload, time) => {
      const key = `${collectionOfKind[workload.kind]} ${keyOf(workload)}`
      queue.later(key, Math.max(0, time - Date.now()), () => queue.add(key))
    },
  })

  /** The first thing a kubelet says of a pod. */
  function bind(pod: ApiObject): void {
    if (!isFields(pod['status'])) context.updateStatus(pod, pendingStatus(pod))
  }

  function settle(pod: ApiObject): void {
    const live = store.get('/pods', keyOf(pod))
    if (live !== undefined && live.metadata.uid === pod.metadata.uid) context.updateStatus(live, settledStatus(live))
  }

  function observe(change: Change): void {
    const { collection, type, object } = change
    ownership.observe(change)
    const key = keyOf(object)
    if (collection in reconcilers && type !== 'DELETED') queue.add(`${collection} ${key}`)
    const owner = object.metadata.ownerReferences?.find((one) => one.controller === true)
    const ownerCollection = owner === undefined ? undefined : collectionOfKind[owner.kind]
    if (owner !== undefined && ownerCollection !== undefined) {
      queue.add(`${ownerCollection} ${object.metadata.namespace ?? ''}/${owner.name}`)
    }
    if (collection !== '/pods') return
    const timer = `pod ${object.metadata.uid}`
    if (type === 'DELETED') queue.cancel(timer)
    if (type !== 'ADDED') return
    queue.add(`${collection} ${key}`)
    queue.later(timer, podReadyMs, () => settle(object))
  }

  const unsubscribe = store.subscribe(observe)

  return {
    setPodReadyMs(ms) {
      podReadyMs = ms
    },
    close() {
      unsubscribe()
      queue.close()
    },
  }
}

function createNodes({ kinds, objects }: ApiServer, names: readonly string[]): void {
  const kind = kinds.find('', 'v1', 'nodes')
  if (kind === undefined) return
  for (const name of names) {
    objects.create(kind, '', { metadata: { name, labels: { 'kubernetes.io/hostname': name } } })
    const status = { conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }] }
    objects.update(kind, { namespace: '', name, part: 'status' }, { metadata: { name }, status })
  }
}
