import { createHash, randomBytes } from 'node:crypto'
import { canonicalJson, type Fields, fieldsAt, listAt, numberAt, textAt } from '../json.ts'
import { type ApiObject, controllerReference, kubernetesTime } from './object.ts'

/** Letters and digits of Kubernetes' generated names; no vowels, so no words come out. */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789'

/** Ten characters that stand for a pod template. Real clusters hash differently; nobody may rely on the value. */
export function templateHash(template: unknown): string {
  return spell(createHash('sha256').update(canonicalJson(template)).digest().subarray(0, 10))
}

export function randomSuffix(): string {
  return spell(randomBytes(5))
}

function spell(bytes: Uint8Array): string {
  return [...bytes].map((byte) => alphabet[byte % alphabet.length]).join('')
}

/** A pod of a workload that nothing has looked at yet. */
export function newPod(
  owner: ApiObject,
  template: unknown,
  { name, labels, nodeName }: { name: string; labels: Record<string, string>; nodeName: string },
): ApiObject {
  const metadata = fieldsAt(template, 'metadata')
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: owner.metadata.namespace ?? '',
      labels: { ...(fieldsAt(metadata, 'labels') as Record<string, string>), ...labels },
      annotations: fieldsAt(metadata, 'annotations') as Record<string, string>,
      ownerReferences: [controllerReference(owner)],
    },
    spec: { ...fieldsAt(template, 'spec'), nodeName },
  }
}

export function isReady(pod: ApiObject): boolean {
  return textAt(readyCondition(pod), 'status') === 'True'
}

function readyCondition(pod: ApiObject): unknown {
  return listAt(pod, 'status', 'conditions').find((one) => textAt(one, 'type') === 'Ready')
}

/** When a ready pod counts as available, in milliseconds since 1970; undefined while it is not ready. */
export function availableAt(pod: ApiObject, minReadySeconds: number): number | undefined {
  if (!isReady(pod)) return undefined
  return Date.parse(textAt(readyCondition(pod), 'lastTransitionTime')) + minReadySeconds * 1000
}

/** Counts of pods as workload statuses show them. */
export interface PodCounts {
  ready: number
  available: number
  /** Milliseconds since 1970 when the next pod becomes available by waiting alone. */
  nextAvailableAt: number | undefined
}

export function countPods(pods: readonly ApiObject[], minReadySeconds: number, now: number): PodCounts {
  const times = pods.map((pod) => availableAt(pod, minReadySeconds)).filter((time) => time !== undefined)
  const later = times.filter((time) => time > now)
  return {
    ready: times.length,
    available: times.length - later.length,
    nextAvailableAt: later.length === 0 ? undefined : Math.min(...later),
  }
}

/** Those that are given up first when there are too many: not ready ones, then the youngest. */
export function byExpendability(a: ApiObject, b: ApiObject): number {
  const readiness = Number(isReady(a)) - Number(isReady(b))
  if (readiness !== 0) return readiness
  return Number(b.metadata.resourceVersion) - Number(a.metadata.resourceVersion)
}

/** Status of a pod that was bound to a node and whose images are being pulled. */
export function pendingStatus(pod: ApiObject): Fields {
  return podStatus(pod, 'Pending', (container) => ({
    ready: false,
    started: false,
    state: { waiting: { reason: 'ContainerCreating' } },
    imageID: '',
    image: textAt(container, 'image'),
  }))
}

/** Status once the kubelet is through: running, or stuck on an image whose name or tag contains `bad`. */
export function settledStatus(pod: ApiObject): Fields {
  const images = listAt(pod, 'spec', 'containers').map((container) => textAt(container, 'image'))
  const phase = images.some(isBad) ? 'Pending' : 'Running'
  const startedAt = kubernetesTime()
  return podStatus(pod, phase, (container) => {
    const image = textAt(container, 'image')
    if (!isBad(image)) {
      const imageID = `${image.split('@')[0]}@sha256:${createHash('sha256').update(image).digest('hex')}`
      return { ready: true, started: true, state: { running: { startedAt } }, imageID, image }
    }
    const message = `Back-off pulling image "${image}": ErrImagePull: manifest for ${image} not found: manifest unknown`
    const waiting = { reason: 'ImagePullBackOff', message }
    return { ready: false, started: false, state: { waiting }, imageID: '', image }
  })
}

function isBad(image: string): boolean {
  const name = image.slice(image.indexOf('/') + 1)
  return name.includes('bad')
}

function podStatus(pod: ApiObject, phase: string, statusOf: (container: unknown) => Fields): Fields {
  const containerStatuses = listAt(pod, 'spec', 'containers').map((container) => ({
    name: textAt(container, 'name'),
    restartCount: 0,
    lastState: {},
    ...statusOf(container),
  }))
  const unready = containerStatuses.filter((one) => (one as Fields)['ready'] !== true).map((one) => one.name)
  const message = `containers with unready status: [${unready.join(' ')}]`
  const condition = (type: string, holds: boolean) => ({
    type,
    status: holds ? 'True' : 'False',
    lastProbeTime: null,
    lastTransitionTime: kubernetesTime(),
    ...(holds ? {} : { reason: 'ContainersNotReady', message }),
  })
  return {
    phase,
    qosClass: 'BestEffort',
    startTime: textAt(pod, 'status', 'startTime') || kubernetesTime(),
    hostIP: '10.0.0.1',
    conditions: [
      condition('PodScheduled', true),
      condition('Initialized', true),
      condition('ContainersReady', unready.length === 0),
      condition('Ready', unready.length === 0),
    ],
    containerStatuses,
  }
}

/** `spec.minReadySeconds`, 0 when it is not set. */
export function minReadySecondsOf(workload: ApiObject): number {
  return numberAt(workload, 'spec', 'minReadySeconds') ?? 0
}

/** A count or a percentage of `total`, e.g. `25%`; percentages are rounded as told. */
export function scaledCount(value: unknown, total: number, round: 'up' | 'down'): number {
  if (typeof value === 'number') return value
  const match = /^(\d+)%$/.exec(typeof value === 'string' ? value : '')
  if (match === null) return 0
  const exact = (Number(match[1]) * total) / 100
  return round === 'up' ? Math.ceil(exact) : Math.floor(exact)
}
