import { type ObjectKey, objectKey } from '../../api/kubernetes.ts'
import type { Gate } from '../../core/change/gate.ts'
import { slotTargets } from '../../core/manifest/slot/target.ts'
import { explainRollback } from '../../core/rollback/explain.ts'
import { asFairleadError } from '../../errors.ts'
import type { Clock } from '../../ports.ts'
import { decideSlot, type PrepareDeps, prepareRollback } from './controller.ts'
import { isFailing, type ObserveDeps, type ObservedSlot, observeSlots } from './observe.ts'
import type { StallWatch } from './stall.ts'

export interface ExplainRollbackDeps extends ObserveDeps, PrepareDeps {
  stall: StallWatch
  clock: Clock
}

/**
 * Why the images of a failed workload are (not) put back, by the name of the container; empty for one that has not failed.
 * The same questions as the decision itself, and no effect.
 */
export async function rollbackGates(key: ObjectKey, deps: ExplainRollbackDeps): Promise<ReadonlyMap<string, Gate>> {
  const gates = new Map<string, Gate>()
  const workload = deps.liveWorkload(objectKey(key))
  const state = deps.rollouts.get(objectKey(key))?.state
  if (workload === undefined || state === undefined) return gates
  if (state.phase !== 'failed' && !isFailing(workload, state, deps)) return gates
  try {
    for (const slot of await observeSlots(workload, state, deps)) {
      const gate = await gateOf(slot, workload.namespace, deps)
      const targets = slotTargets(slot.trace, workload.namespace)
      for (const target of targets) if (objectKey(target) === objectKey(workload)) gates.set(target.container, gate)
    }
  } catch (thrown) {
    const { code, message } = asFairleadError(thrown)
    for (const { name } of workload.containers) {
      gates.set(name, { gate: 'rollback', verdict: 'unknown', reason: code, message })
    }
  }
  return gates
}

async function gateOf(slot: ObservedSlot, namespace: string, deps: ExplainRollbackDeps): Promise<Gate> {
  const decision = decideSlot(slot)
  if (decision.kind !== 'rollback') return explainRollback(decision, deps.clock.now())
  const found = await prepareRollback(slot, { namespace, decision }, deps)
  return explainRollback('metadata' in found ? decision : found, deps.clock.now())
}
