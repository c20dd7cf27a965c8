import { workloadResources } from '../../api/kubernetes.ts'
import { chartKinds, type UpdateRequest } from '../../api/update-request.ts'
import { claimProblem } from '../../core/change/claim.ts'
import { FairleadError } from '../../errors.ts'
import { json, problem, type Route, type ServerAnswer } from '../router.ts'
import type { ApiBackend } from './backend.ts'
import { type Call, type CallerDeps, createCallers } from './caller.ts'
import { readCommit } from './commit-answer.ts'
import { etagOf, parseDecision, refuseMediaType, requireSeen } from './decision-body.ts'
import { missingWorkload, unavailable } from './failure.ts'
import { historyPage } from './history-view.ts'
import { areNames } from './object-name.ts'
import { openApiDocument } from './openapi.ts'
import { type ApiRelay, passOn } from './relay.ts'
import { updatePage, viewOf } from './update-view.ts'
import { changeHold, rollBack } from './workload-action.ts'
import { workloadPage } from './workload-view.ts'

export interface ApiDeps extends CallerDeps {
  backend: ApiBackend
  /** Only the leader writes; others pass decisions on. */
  isLeader: () => boolean
  relay: ApiRelay
}

/** Everything below `/api/v1`. */
export function apiRoutes(deps: ApiDeps): readonly Route[] {
  const { backend } = deps
  const called = createCallers(deps)
  const one = '/api/v1/updates/{namespace}/{name}'
  const workload = '/api/v1/workloads/{namespace}/{kind}/{name}'
  return [
    { method: 'GET', path: '/api/v1/openapi.json', answer: () => json(200, openApiDocument) },
    { method: 'GET', path: '/api/v1/updates', answer: called((call) => listUpdates(call, backend)) },
    { method: 'GET', path: one, answer: called((call) => readUpdate(call, backend)) },
    { method: 'GET', path: `${one}/plan`, answer: called((call) => planUpdate(call, backend)) },
    { method: 'POST', path: `${one}/approve`, answer: called((call) => decide('approve', call, deps)) },
    { method: 'POST', path: `${one}/reject`, answer: called((call) => decide('reject', call, deps)) },
    { method: 'POST', path: `${workload}/rollback`, answer: called((call) => rollBack(call, deps)) },
    { method: 'POST', path: `${workload}/hold`, answer: called((call) => changeHold('hold', call, deps)) },
    { method: 'POST', path: `${workload}/release`, answer: called((call) => changeHold('release', call, deps)) },
    { method: 'GET', path: '/api/v1/workloads', answer: called((call) => listWorkloads(call, backend)) },
    { method: 'GET', path: '/api/v1/commits/{commit}', answer: called((call) => readCommit(call, backend)) },
    { method: 'GET', path: '/api/v1/history', answer: called((call) => listHistory(call, backend)) },
    { method: 'GET', path: '/api/v1/explain', answer: called((call) => explainWorkload(call, backend)) },
  ]
}

async function listUpdates({ request, denied }: Call, backend: ApiBackend): Promise<ServerAnswer> {
  const refusal = await denied('read', [request.query.get('namespace') ?? ''])
  if (refusal !== undefined) return refusal
  const all = backend.list()
  if (all === undefined) return notSynced()
  return json(200, updatePage(all, request.query))
}

async function listWorkloads({ request, denied }: Call, backend: ApiBackend): Promise<ServerAnswer> {
  const refusal = await denied('read', [request.query.get('namespace') ?? ''])
  if (refusal !== undefined) return refusal
  const [all, requests] = [backend.workloads(), backend.list()]
  if (all === undefined || requests === undefined)
    return unavailable('NotSynced', 'the first lists are not complete yet')
  return json(200, workloadPage(all, request.query, backend))
}

async function listHistory({ request, denied }: Call, backend: ApiBackend): Promise<ServerAnswer> {
  const refusal = await denied('read', [request.query.get('namespace') ?? ''])
  if (refusal !== undefined) return refusal
  const all = backend.list()
  if (all === undefined) return notSynced()
  return json(200, historyPage(all, request.query))
}

function notSynced(): ServerAnswer {
  return unavailable('NotSynced', 'the first list of UpdateRequests is not complete yet')
}

async function readUpdate(call: Call, backend: ApiBackend): Promise<ServerAnswer> {
  return withUpdate(call, backend, async (found) => json(200, viewOf(found), { etag: etagOf(found) }))
}

async function planUpdate(call: Call, backend: ApiBackend): Promise<ServerAnswer> {
  return withUpdate(call, backend, async (found) => {
    requireClaim(found)
    return json(200, { request: viewOf(found), plan: await backend.plan(found) }, { etag: etagOf(found) })
  })
}

async function withUpdate(
  { request, denied }: Call,
  backend: ApiBackend,
  answer: (found: UpdateRequest) => Promise<ServerAnswer>,
): Promise<ServerAnswer> {
  const { namespace = '', name = '' } = request.params
  if (!areNames(namespace, name)) return notFound(namespace, name)
  const refusal = await denied('read', [namespace])
  if (refusal !== undefined) return refusal
  const found = await backend.read(namespace, name)
  return found === undefined ? notFound(namespace, name) : answer(found)
}

/**
 * Approves or rejects. Rights come first, so that nobody learns what exists where they may do nothing; those in the
 * namespaces of the targets are asked for once the object says which they are.
 */
async function decide(kind: 'approve' | 'reject', { request, identity, denied }: Call, deps: ApiDeps) {
  const { namespace = '', name = '' } = request.params
  if (!areNames(namespace, name)) return notFound(namespace, name)
  const early = (await denied('approve', [namespace])) ?? refuseMediaType(request)
  if (early !== undefined) return early
  const body = await request.body()
  const decision = parseDecision(kind, body)
  if (!deps.isLeader()) return passOn(request, body, deps.relay)
  const found = await deps.backend.read(namespace, name)
  if (found === undefined) return notFound(namespace, name)
  const refusal = await denied(
    'approve',
    found.spec.targets.map((target) => target.namespace),
  )
  if (refusal !== undefined) return refusal
  requireClaim(found)
  requireSeen(found, decision, request)
  const by = identity.name
  const decided =
    kind === 'approve'
      ? await deps.backend.approve(found, { by })
      : await deps.backend.reject(found, { by, reason: decision.reason ?? '' })
  return json(200, viewOf(decided), { etag: etagOf(decided) })
}

async function explainWorkload({ request, denied }: Call, backend: ApiBackend): Promise<ServerAnswer> {
  const { query } = request
  const [namespace, kind, name] = ['namespace', 'kind', 'name'].map((key) => query.get(key) ?? '')
  if (!namespace || !kind || !name) throw new FairleadError('UsageInvalid', 'namespace, kind and name are needed')
  requireExplainedKind(kind)
  const refusal = await denied('read', [namespace])
  if (refusal !== undefined) return refusal
  const found = await backend.explain({ kind, namespace, name }, query.get('container') ?? undefined)
  if (found !== undefined) return json(200, found)
  return missingWorkload({ kind, namespace, name })
}

/** Only these can have a decision; of others it would be untrue that they are missing. */
const explainedKinds: readonly string[] = [...workloadResources.map(({ kind }) => kind), ...chartKinds]

function requireExplainedKind(kind: string): void {
  if (explainedKinds.includes(kind)) return
  throw new FairleadError(
    'UsageInvalid',
    `kind ${JSON.stringify(kind)} is not followed; use ${explainedKinds.join(', ')}`,
  )
}

/** A request that fairlead did not make is never carried out, so there is nothing to decide about it. */
function requireClaim(request: UpdateRequest): void {
  const wrong = claimProblem(request)
  if (wrong !== undefined) throw new FairleadError('RequestInvalid', `${request.metadata.name}: ${wrong}; delete it`)
}

function notFound(namespace: string, name: string): ServerAnswer {
  return problem(404, 'NotFound', `there is no UpdateRequest ${namespace}/${name}`)
}
