import { type ObjectKey, workloadResources } from '../../api/kubernetes.ts'
import { chartKinds } from '../../api/update-request.ts'
import type { HoldWish, RollbackWish } from '../../core/change/wish.ts'
import { asFairleadError } from '../../errors.ts'
import { json, problem, type ServerAnswer } from '../router.ts'
import type { ApiBackend } from './backend.ts'
import type { Call } from './caller.ts'
import { etagOf, parseHold, parseRelease, parseRollback, refuseMediaType } from './decision-body.ts'
import { failureOf, missingWorkload } from './failure.ts'
import { areNames } from './object-name.ts'
import { type ApiRelay, passOn } from './relay.ts'
import { viewOf } from './update-view.ts'

export interface WorkloadActionDeps {
  backend: ApiBackend
  /** Only the leader writes; others pass what is asked for on. */
  isLeader: () => boolean
  relay: ApiRelay
}

const workloadKinds: readonly string[] = workloadResources.map(({ kind }) => kind)

/** What a person may ask for about a workload, and what comes of it. */
interface Action<Wish> {
  right: 'rollback' | 'hold' | 'release'
  kinds: readonly string[]
  /** `UsageInvalid` names what is wrong. */
  parse(body: Buffer): Omit<Wish, 'by'>
  /** What would be done, and in which namespaces; undefined when there is no such workload. */
  prepare(workload: ObjectKey, wish: Wish): Promise<Prepared | undefined>
}

interface Prepared {
  namespaces: Iterable<string>
  carryOut(): Promise<ServerAnswer>
}

/** Has the decision made to put an older image, or an older version of a chart, back. */
export function rollBack(call: Call, deps: WorkloadActionDeps): Promise<ServerAnswer> {
  const { backend } = deps
  const action: Action<RollbackWish> = {
    right: 'rollback',
    kinds: [...workloadKinds, ...chartKinds],
    parse: parseRollback,
    async prepare(workload, wish) {
      const found = await backend.wayBack(workload, wish)
      if (found === undefined) return undefined
      const carryOut = async () => {
        const made = await backend.rollBack(found)
        return json(200, viewOf(made), { etag: etagOf(made) })
      }
      return { namespaces: found.spec.targets.map((target) => target.namespace), carryOut }
    },
  }
  return act(action, call, deps)
}

/** Has the workload held or released in Git. */
export function changeHold(right: 'hold' | 'release', call: Call, deps: WorkloadActionDeps): Promise<ServerAnswer> {
  const action: Action<HoldWish> = {
    right,
    kinds: workloadKinds,
    parse: right === 'hold' ? parseHold : parseRelease,
    async prepare(workload, wish) {
      const order = await deps.backend[right](workload, wish)
      if (order === undefined) return undefined
      return { namespaces: order.namespaces, carryOut: async () => json(200, await order.carryOut()) }
    },
  }
  return act(action, call, deps)
}

/** Rights come first; those in the namespaces of everything that is concerned once Git has told which these are. */
async function act<Wish>(
  { right, kinds, parse, prepare }: Action<Wish>,
  { request, identity, denied }: Call,
  deps: WorkloadActionDeps,
): Promise<ServerAnswer> {
  const { namespace = '', kind = '', name = '' } = request.params
  const isKnown = kinds.includes(kind) && areNames(namespace, name)
  const missing = missingWorkload({ kind, namespace, name })
  if (!isKnown) return missing
  const early = (await denied(right, [namespace])) ?? refuseMediaType(request)
  if (early !== undefined) return early
  const body = await request.body()
  const wish = { ...parse(body), by: identity.name } as Wish
  if (!deps.isLeader()) return passOn(request, body, deps.relay)
  try {
    const prepared = await prepare({ kind, namespace, name }, wish)
    if (prepared === undefined) return missing
    return (await denied(right, prepared.namespaces)) ?? (await prepared.carryOut())
  } catch (thrown) {
    const error = asFairleadError(thrown)
    // Why it cannot be traced or written is what the caller has to know; what is said elsewhere is said as there.
    if (error.kind !== 'terminal' || failureOf(error) !== undefined) throw error
    return problem(409, error.code, error.message)
  }
}
