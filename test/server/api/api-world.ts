import { type ObjectKey, objectKey } from '../../../src/api/kubernetes.ts'
import type { UpdateRequest, UpdateRequestStatus } from '../../../src/api/update-request.ts'
import { slotOf } from '../../../src/core/change/claim.ts'
import { updateRequestName } from '../../../src/core/change/identity.ts'
import type { HoldWish } from '../../../src/core/change/wish.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import type { ApiBackend } from '../../../src/server/api/backend.ts'
import type { ApiRelay } from '../../../src/server/api/relay.ts'
import { createApiServer } from '../../../src/server/api/server.ts'
import { createFakeAccessReview, type FakeAccessReview } from '../../fakes/access-review.ts'
import { createRecordingLog } from '../../fakes/log.ts'

export const digest = `sha256:${'a'.repeat(64)}`

/** A request as fairlead makes it, for one container of `name`, and of others in further namespaces. */
export function aRequest(name: string, namespaces: readonly string[] = ['prod'], status?: UpdateRequestStatus) {
  const request: UpdateRequest = {
    apiVersion: 'fairlead.dev/v1alpha1',
    kind: 'UpdateRequest',
    metadata: { name: '', namespace: namespaces[0] ?? '', uid: `uid-${name}`, resourceVersion: '7' },
    spec: {
      targets: namespaces.map((namespace) => ({ kind: 'Deployment', namespace, name, container: name })),
      change: {
        repository: 'https://git.example.com/gitops',
        branch: 'main',
        path: `apps/${name}.yaml`,
        keyPath: '0:image',
        from: `${name}:1`,
        to: `${name}:2`,
        digest,
      },
      policy: 'minor',
      reason: 'selected',
      requireApproval: true,
    },
    ...(status === undefined ? {} : { status }),
  }
  const slot = slotOf(request)
  Object.assign(request.metadata, {
    name: updateRequestName(slot, request.spec.change.to),
    labels: { 'fairlead.dev/target': slot },
    managedFields: [{ manager: 'fairlead' }],
  })
  return request
}

export interface ApiWorld {
  url: string
  review: FakeAccessReview
  log: ReturnType<typeof createRecordingLog>
  /** What the backend was told to do, e.g. `approve prod/abc by alice`. */
  done: string[]
  state: { leads: boolean; synced: boolean; failure: Error | undefined }
  /** One call; `token` defaults to alice's, who may read and approve in `prod`. */
  call(method: string, path: string, options?: CallOptions): Promise<Heard>
}

export interface CallOptions {
  token?: string | null
  body?: unknown
  headers?: Record<string, string>
}

export interface Heard {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: an answer is looked at field by field
  body: any
}

/** The API over HTTP, before a backend that only notes what it is told. */
export async function startApi(
  requests: readonly UpdateRequest[],
  options: { rate?: { perSecond: number; burst: number }; relay?: ApiRelay; backend?: Partial<ApiBackend> } = {},
): Promise<ApiWorld & { close(): Promise<void> }> {
  const review = createFakeAccessReview()
  review.know('alice-token', { name: 'alice' })
  review.allow('alice', 'get', 'updaterequests', 'prod')
  review.allow('alice', 'update', 'updaterequests/approve', 'prod')
  const log = createRecordingLog()
  const done: string[] = []
  const state: ApiWorld['state'] = { leads: true, synced: true, failure: undefined }
  const server = createApiServer({
    listen: '127.0.0.1:0',
    backend: { ...noting(requests, done, state), ...options.backend },
    review,
    isLeader: () => state.leads,
    relay: options.relay ?? (async () => undefined),
    clock: systemClock,
    log,
    ...(options.rate && { rate: options.rate }),
  })
  const { port } = await server.start()
  const url = `http://127.0.0.1:${port}`
  return {
    url,
    review,
    log,
    done,
    state,
    async call(method, path, { token = 'alice-token', body, headers = {} } = {}) {
      const sent = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
      const answer = await fetch(`${url}${path}`, {
        method,
        headers: {
          ...(token !== null && { authorization: `Bearer ${token}` }),
          ...(sent !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(sent !== undefined && { body: sent }),
      })
      const text = await answer.text()
      return { status: answer.status, headers: answer.headers, body: text === '' ? undefined : JSON.parse(text) }
    },
    close: () => server.stop(0),
  }
}

function noting(requests: readonly UpdateRequest[], done: string[], state: ApiWorld['state']): ApiBackend {
  const failing = () => {
    if (state.failure !== undefined) throw state.failure
  }
  const keyOf = ({ metadata }: UpdateRequest) => `${metadata.namespace}/${metadata.name}`
  /** Workloads are those that are targets; all that share one with them are concerned. */
  const order = async (action: 'hold' | 'release', workload: ObjectKey, { reason, by }: HoldWish) => {
    const found = requests.find(({ spec }) => spec.targets.some((one) => objectKey(one) === objectKey(workload)))
    if (found === undefined) return undefined
    const { repository, branch, path: file } = found.spec.change
    const { kind, namespace, name } = workload
    const report = { kind, namespace, name, action, message: `done: ${reason}`, repository, branch, file }
    return {
      namespaces: found.spec.targets.map((one) => one.namespace),
      async carryOut() {
        failing()
        done.push(`${action} ${objectKey(workload)} by ${by}: ${reason}`)
        return { ...report, result: 'committed' as const, commit: 'c'.repeat(40) }
      },
    }
  }
  return {
    list: () => (state.synced ? requests : undefined),
    workloads: () => (state.synced ? [] : undefined),
    rollout: () => undefined,
    requestsOf: (key) => requests.filter(({ spec }) => spec.targets.some((target) => objectKey(target) === key)),
    async read(namespace, name) {
      failing()
      return requests.find((one) => keyOf(one) === `${namespace}/${name}`)
    },
    async approve(request, { by }) {
      failing()
      done.push(`approve ${keyOf(request)} by ${by}`)
      return { ...request, status: { ...request.status, phase: 'Approved', approvedBy: by } }
    },
    async reject(request, { by, reason }) {
      done.push(`reject ${keyOf(request)} by ${by}: ${reason}`)
      return { ...request, status: { ...request.status, phase: 'Rejected', rejectedBy: by } }
    },
    async wayBack({ namespace, kind, name }, { to, by, reason }) {
      const found = requests.find(({ spec }) => spec.targets.some((one) => one.kind === kind && one.name === name))
      done.push(`wayBack ${kind}/${namespace}/${name} to ${to ?? 'the last'} by ${by}: ${reason}`)
      return found
    },
    async rollBack(request) {
      done.push(`rollBack ${keyOf(request)}`)
      return request
    },
    hold: (workload, wish) => order('hold', workload, wish),
    release: (workload, wish) => order('release', workload, wish),
    async plan({ spec: { change } }) {
      return { result: 'settled', repository: change.repository, branch: change.branch }
    },
    commitWays: async () => [],
    commits: async () => new Set(),
    async explain(key, container) {
      if (key.name !== 'web') return undefined
      return { ...key, containers: [{ container: container ?? 'web', image: 'web:1', gates: [] }] }
    },
  }
}
