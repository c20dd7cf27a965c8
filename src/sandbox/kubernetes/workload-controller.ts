import { isFields } from '../json.ts'
import type { ApiServer } from './api-server.ts'
import { reconcileDaemonSet } from './daemon-set.ts'
import { reconcileDeployment } from './deployment.ts'
import { type ApiObject, keyOf } from './object.ts'
import { pendingStatus, settledStatus } from './pod.ts'
import { reconcileReplicaSet } from './replica-set.ts'
import { reconcileStatefulSet } from './stateful-set.ts'
import type { Change } from './store.ts'
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

/** Workloads looked at before other work in this process gets its turn. */
const batchSize = 100

export function startWorkloadController(
  server: ApiServer,
  options: WorkloadControllerOptions = {},
): WorkloadController {
  const { store } = server
  const nodes = Array.from({ length: options.nodes ?? 1 }, (_, index) => `node-${index + 1}`)
  const owned = new Map<string, Map<string, ApiObject>>()
  const queue = new Set<string>()
  const timers = new Map<string, NodeJS.Timeout>()
  let podReadyMs = options.podReadyMs ?? 50
  let turn: NodeJS.Immediate | undefined

  createNodes(server, nodes)
  const context = createWorkloadContext(server, {
    nodes,
    owned: (owner, kind) =>
      [...(owned.get(owner.metadata.uid ?? '')?.values() ?? [])].filter((one) => one.kind === kind),
    wakeAt: (workload, time) => {
      const key = `${collectionOfKind[workload.kind]} ${keyOf(workload)}`
      later(key, Math.max(0, time - Date.now()), () => enqueue(key))
    },
  })

  function later(key: string, ms: number, work: () => void): void {
    clearTimeout(timers.get(key))
    const run = () => {
      timers.delete(key)
      work()
    }
    timers.set(key, setTimeout(run, Math.min(ms, 2 ** 31 - 1)))
  }

  function enqueue(key: string): void {
    queue.add(key)
    turn ??= setImmediate(drain)
  }

  function drain(): void {
    turn = undefined
    for (const key of [...queue].slice(0, batchSize)) {
      queue.delete(key)
      const [collection = '', name = ''] = key.split(' ')
      const object = store.get(collection, name)
      if (object !== undefined) reconcilers[collection]?.(object, context)
    }
    if (queue.size > 0) turn ??= setImmediate(drain)
  }

  function observe(change: Change): void {
    const { object, collection, type } = change
    if (collection in reconcilers && type !== 'DELETED') enqueue(`${collection} ${keyOf(object)}`)
    const owner = object.metadata.ownerReferences?.find((one) => one.controller === true)
    const ownerCollection = owner === undefined ? undefined : collectionOfKind[owner.kind]
    if (owner !== undefined && ownerCollection !== undefined) {
      remember(owner.uid, change)
      enqueue(`${ownerCollection} ${object.metadata.namespace ?? ''}/${owner.name}`)
    }
    if (collection === '/pods') runKubelet(change)
  }

  function remember(uid: string, { object, type, collection }: Change): void {
    const siblings = owned.get(uid) ?? new Map<string, ApiObject>()
    owned.set(uid, siblings)
    const key = `${collection} ${keyOf(object)}`
    if (type === 'DELETED') siblings.delete(key)
    else siblings.set(key, object)
    if (siblings.size === 0) owned.delete(uid)
  }

  function runKubelet({ type, object }: Change): void {
    const key = `pod ${object.metadata.uid}`
    if (type === 'DELETED') {
      clearTimeout(timers.get(key))
      timers.delete(key)
    }
    if (type !== 'ADDED') return
    const settle = () => {
      const pod = store.get('/pods', keyOf(object))
      const isSame = pod !== undefined && pod.metadata.uid === object.metadata.uid
      if (isSame) context.updateStatus(pod, settledStatus(pod))
    }
    setImmediate(() => {
      const pod = store.get('/pods', keyOf(object))
      const isNew = pod?.metadata.uid === object.metadata.uid && !isFields(pod?.['status'])
      if (pod !== undefined && isNew) context.updateStatus(pod, pendingStatus(pod))
    })
    later(key, podReadyMs, settle)
  }

  const unsubscribe = store.subscribe(observe)
  return {
    setPodReadyMs(ms) {
      podReadyMs = ms
    },
    close() {
      unsubscribe()
      clearImmediate(turn)
      for (const timer of timers.values()) clearTimeout(timer)
      timers.clear()
      queue.clear()
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
