import { objectKey, resources } from '../../api/kubernetes.ts'
import type { UpdateRequest } from '../../api/update-request.ts'
import { requireAllowedPath } from '../../core/manifest/allowed-path.ts'
import type { UpdateSubject } from '../../core/manifest/update-subject.ts'
import { decideRollback } from '../../core/rollback/decide.ts'
import { decideChartRollback } from '../../core/rollback/decide-chart.ts'
import type { NoRollback, RollbackDecision } from '../../core/rollback/decision.ts'
import { findServed, type ServedValueDeps } from '../../delivery/choice/served-value.ts'
import { renderRollbackRequest } from '../../delivery/request/rollback-request.ts'
import { asFairleadError, type FairleadError } from '../../errors.ts'
import type { Clock, Log, OwnObjects } from '../../ports.ts'
import type { Controller } from '../../runtime/loop.ts'
import { isFailing, type ObservedSlot, observeSlots } from './observe.ts'
import { failedChart, type ObserveChartDeps, observeChart } from './observe-chart.ts'
import type { RequestSituation } from './situation.ts'
import type { StallWatch } from './stall.ts'
import { createTeller, type TellerDeps } from './teller.ts'

export interface RollbackDeps extends ObserveChartDeps, ServedValueDeps, TellerDeps {
  own: OwnObjects
  /** Whether such a request could be carried out for all that its slot decides. */
  situation: (request: UpdateRequest) => Promise<RequestSituation>
  stall: StallWatch
  /** Only the holder of the lease decides. */
  isLeader: () => boolean
  clock: Clock
  log: Log
}

interface Observed {
  key: string
  workload: UpdateSubject
  slots: readonly ObservedSlot[]
}

interface Decided extends Observed {
  /** The slot that is at fault, as far as one is. */
  slot: ObservedSlot | undefined
  decision: RollbackDecision
}

/** Failed rollout or release → decision to put back what ran well; how it lands is the business of whoever carries decisions out. */
export function createRollbackController(deps: RollbackDeps): Controller<Observed, Decided, Decided, Decided> {
  const { stall } = deps
  const teller = createTeller(deps)

  /** A failing workload or release, and how its slots are looked at. */
  const failing = (key: string): { workload: UpdateSubject; look: () => Promise<ObservedSlot[]> } | undefined => {
    const workload = deps.liveWorkload(key)
    const state = deps.rollouts.get(key)?.state
    if (workload !== undefined && state !== undefined && isFailing(workload, state, deps)) {
      return { workload, look: () => observeSlots(workload, state, deps) }
    }
    const chart = failedChart(key, deps)
    if (chart !== undefined) return { workload: chart.subject, look: () => observeChart(chart, deps) }
    stall.forget(key)
    teller.forget(key)
    return undefined
  }

  return {
    name: 'rollback',
    async observe(key) {
      const found = failing(key)
      if (found === undefined || !deps.isLeader()) return undefined
      return { key, workload: found.workload, slots: await found.look() }
    },
    decide(observed) {
      const decided = observed.slots.map((slot) => ({ slot, decision: decideSlot(slot) }))
      const [first] = decided.toSorted((a, b) => rankOf(a.decision) - rankOf(b.decision))
      const nothing: RollbackDecision = { kind: 'none', reason: 'NoSlot', message: '', silent: true }
      return { ...observed, slot: first?.slot, decision: first?.decision ?? nothing }
    },
    async propose(decided) {
      const { slot, decision } = decided
      if (decision.kind !== 'rollback' || slot === undefined) return decided
      return { ...decided, decision: await ensureRollback(decided.workload, slot, decision, deps) }
    },
    verify: async (decided) => decided,
    async report({ workload, slot, decision }) {
      await teller.tell(workload, slot?.about, decision)
      return decision.kind === 'wait' ? { requeueAfterMs: decision.untilMs } : {}
    },
  }
}

/** Of several slots the one that can be put right speaks; then one that may be soon; then one with something to say. */
function rankOf(decision: RollbackDecision): number {
  if (decision.kind !== 'none') return decision.kind === 'rollback' ? 0 : 1
  return decision.silent === true ? 3 : 2
}

/** What comes of one slot, from what was seen of it. */
export function decideSlot({ facts }: ObservedSlot): RollbackDecision {
  if ('kind' in facts) return facts
  return 'release' in facts ? decideChartRollback(facts) : decideRollback(facts)
}

type Wanted = Extract<RollbackDecision, { kind: 'rollback' }>

export type PrepareDeps = ServedValueDeps & Pick<RollbackDeps, 'situation'>

/** The request for a way back, or why there is none: what is not in the registry any more is not put back. */
export async function prepareRollback(
  { trace, destination, siblings }: ObservedSlot,
  { namespace, decision }: { namespace: string; decision: Wanted },
  deps: PrepareDeps,
): Promise<UpdateRequest | NoRollback> {
  const { to, why } = decision
  const served = await findServed(trace, to, deps)
  if (served === undefined) {
    return {
      kind: 'none',
      reason: 'OldImageGone',
      message: `the registry does not have ${to} any more, which ran well before`,
    }
  }
  const outside = refusalOf(trace.file, destination.repository.rules.allowPaths)
  if (outside !== undefined) return { kind: 'none', reason: outside.code, message: outside.message }
  const wanted = { trace, destination, namespace, to, digest: served.digest, why, by: undefined, siblings }
  const request = renderRollbackRequest(wanted)
  return obstacleOf(await deps.situation(request)) ?? request
}

/** Makes the decision an UpdateRequest. */
async function ensureRollback(
  workload: UpdateSubject,
  slot: ObservedSlot,
  decision: Wanted,
  deps: RollbackDeps,
): Promise<RollbackDecision> {
  const request = await prepareRollback(slot, { namespace: workload.namespace, decision }, deps)
  if (!('metadata' in request)) return request
  await createAnew(request, slot.siblings, deps.own)
  const { to, why } = decision
  const { namespace, name } = request.metadata
  const words = { workload: objectKey(workload), request: `${namespace}/${name}`, from: slot.trace.image, to, why }
  deps.log.warn(words, 'rolls back')
  return decision
}

function refusalOf(path: string, allowed: readonly string[]): FairleadError | undefined {
  try {
    requireAllowedPath(path, allowed)
    return undefined
  } catch (thrown) {
    return asFairleadError(thrown)
  }
}

/** A request that could never be carried out is not made. */
function obstacleOf({ mode, moved, refusal }: RequestSituation): NoRollback | undefined {
  if (refusal !== undefined) return { kind: 'none', reason: refusal.code, message: refusal.message }
  if (moved !== undefined) return { kind: 'none', reason: 'ValueChanged', message: moved }
  if (mode !== undefined) return undefined
  const message = 'rollback is off for another workload that the same place in Git decides'
  return { kind: 'none', reason: 'OptedOut', message }
}

/** One that was overtaken is made again; every other is there already and decides. */
async function createAnew(request: UpdateRequest, siblings: readonly UpdateRequest[], own: OwnObjects): Promise<void> {
  const { namespace = '', name } = request.metadata
  const known = siblings.find(({ metadata }) => metadata.name === name)
  if (known?.status?.phase === 'Superseded') await own.delete(resources.updateRequest, namespace, name)
  try {
    await own.create(resources.updateRequest, request)
  } catch (thrown) {
    // Another pass made the same decision at the same time.
    if (asFairleadError(thrown).code !== 'ApiConflict') throw thrown
  }
}
