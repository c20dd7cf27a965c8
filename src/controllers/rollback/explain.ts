import { type ObjectKey, objectKey } from '../../api/kubernetes.ts'
import type { Gate } from '../../core/change/gate.ts'
import { slotTargets } from '../../core/manifest/slot/target.ts'
import type { UpdateSubject } from '../../core/manifest/update-subject.ts'
import { explainRollback } from '../../core/rollback/explain.ts'
import { asFairleadError } from '../../errors.ts'
import type { Clock } from '../../ports.ts'
import { decideSlot, type PrepareDeps, prepareRollback } from './controller.ts'
import { isFailing, type ObservedSlot, observeSlots } from './observe.ts'
import { failedChart, type ObserveChartDeps, observeChart } from './observe-chart.ts'
import type { StallWatch } from './stall.ts'

export interface ExplainRollbackDeps extends ObserveChartDeps, PrepareDeps {
  stall: StallWatch
  clock: Clock
}

/**
 * Why the images of a failed workload are (not) put back, by the name of the container; empty for one that has not failed.
 * The same questions as the decision itself, and no effect.
 */
export async function rollbackGates(key: ObjectKey, deps: ExplainRollbackDeps): Promise<ReadonlyMap<string, Gate>> {
  const gates = new Map<string, Gate>()
  const failed = failedSubject(objectKey(key), deps)
  if (failed === undefined) return gates
  const { subject, look } = failed
  try {
    for (const slot of await look()) {
      const gate = await gateOf(slot, subject.namespace, deps)
      const targets = slotTargets(slot.trace, subject.namespace)
      for (const target of targets) if (objectKey(target) === objectKey(subject)) gates.set(target.container, gate)
    }
  } catch (thrown) {
    const { code, message } = asFairleadError(thrown)
    for (const { name } of subject.containers) {
      gates.set(name, { gate: 'rollback', verdict: 'unknown', reason: code, message })
    }
  }
  return gates
}

/** What has failed, and how its slots are looked at; also a workload that nobody has opted in for. */
function failedSubject(
  key: string,
  deps: ExplainRollbackDeps,
): { subject: UpdateSubject; look: () => Promise<ObservedSlot[]> } | undefined {
  const workload = deps.liveWorkload(key)
  const state = deps.rollouts.get(key)?.state
  if (workload !== undefined && state !== undefined) {
    if (state.phase !== 'failed' && !isFailing(workload, state, deps)) return undefined
    return { subject: workload, look: () => observeSlots(workload, state, deps) }
  }
  const chart = failedChart(key, deps)
  return chart && { subject: chart.subject, look: () => observeChart(chart, deps) }
}

async function gateOf(slot: ObservedSlot, namespace: string, deps: ExplainRollbackDeps): Promise<Gate> {
  const decision = decideSlot(slot)
  if (decision.kind !== 'rollback') return explainRollback(decision, deps.clock.now())
  const found = await prepareRollback(slot, { namespace, decision }, deps)
  return explainRollback('metadata' in found ? decision : found, deps.clock.now())
}
