import { finalPhases, isRollback, type UpdateRequest } from '../../api/update-request.ts'
import type { UpdateSubject } from '../../core/manifest/update-subject.ts'
import { slotSiblings } from '../../delivery/trace/slot-id.ts'
import { asFairleadError, type FairleadError } from '../../errors.ts'
import type { EventRecorder } from '../../ports.ts'
import type { Controller, Next } from '../../runtime/loop.ts'
import type { Metrics } from '../../runtime/metrics.ts'
import { type ContainerDecision, decideContainer, findBlocked } from './decide.ts'
import { type Observation, type ObserveDeps, type ObservedContainer, observeWorkload } from './observe.ts'
import { ensureRequest, type ProposeDeps } from './propose.ts'
import { createTeller } from './teller.ts'

export interface ImageUpdateDeps extends Omit<ObserveDeps, 'lastUpdate' | 'openRollback'>, ProposeDeps {
  events: EventRecorder
  /** Only the holder of the lease decides; the others keep their caches warm. */
  isLeader: () => boolean
  /** Told how a decision was reached, to be shown with its request. */
  explain: (request: UpdateRequest, decision: ContainerDecision) => void
  metrics: Metrics
}

/** One container with what was decided about it. */
interface Outcome {
  observed: ObservedContainer
  decision: ContainerDecision
}

interface Decided {
  workload: UpdateSubject
  outcomes: readonly Outcome[]
}

/** Registry news → decision: for every container with a policy, is there a newer tag, and where does it go? */
export function createImageUpdateController(deps: ImageUpdateDeps): Controller<Observation, Decided, Decided, Decided> {
  const teller = createTeller(deps)

  const lastUpdate: ObserveDeps['lastUpdate'] = (slot) => {
    const times = deps.requests
      .siblings(slotSiblings(slot.namespace, slot))
      .flatMap((request) => request.status?.conditions ?? [])
      .filter((condition) => condition.type === 'Pushed' && condition.status === 'True')
      .map((condition) => Date.parse(condition.lastTransitionTime))
      .filter((time) => !Number.isNaN(time))
    return times.length === 0 ? undefined : new Date(Math.max(...times))
  }

  const openRollback: ObserveDeps['openRollback'] = (slot) =>
    deps.requests
      .siblings(slotSiblings(slot.namespace, slot))
      .find((one) => isRollback(one) && !finalPhases.includes(one.status?.phase ?? 'Pending'))?.metadata.name

  const propose = async (workload: UpdateSubject, { observed, decision }: Outcome): Promise<ContainerDecision> => {
    if (decision.kind !== 'update' || 'error' in observed) return decision
    try {
      const { facts, destination } = observed
      deps.explain(await ensureRequest(decision, { workload, facts, destination }, deps), decision)
      return decision
    } catch (thrown) {
      return { kind: 'refused', error: asFairleadError(thrown) }
    }
  }

  return {
    name: 'image-update',
    async observe(key) {
      const workload = deps.workload(key)
      if (workload === undefined || !deps.isLeader()) return undefined
      return observeWorkload(workload, { ...deps, lastUpdate, openRollback })
    },
    decide({ workload, containers }) {
      const outcomes = containers.map((observed): Outcome => {
        if ('error' in observed) return { observed, decision: { kind: 'refused', error: observed.error } }
        return { observed, decision: decideContainer(observed.facts) }
      })
      return { workload, outcomes }
    },
    async propose({ workload, outcomes }) {
      const proposed: Outcome[] = []
      for (const outcome of outcomes) proposed.push({ ...outcome, decision: await propose(workload, outcome) })
      return { workload, outcomes: proposed }
    },
    verify: async (decided) => decided,
    async report({ workload, outcomes }) {
      let transient: FairleadError | undefined
      for (const { observed, decision } of outcomes) {
        deps.metrics.imagePolicyChecks.inc({ result: resultOf(decision) })
        const blocked = 'error' in observed ? undefined : findBlocked(decision, observed.facts)
        await teller.tell(workload, observed.container, decision, blocked)
        if (decision.kind === 'refused' && decision.error.kind !== 'terminal') transient ??= decision.error
      }
      // What the world must heal is tried again, but only after the other containers had their turn.
      if (transient !== undefined) throw transient
      return nextOf(outcomes)
    },
  }
}

function resultOf(decision: ContainerDecision): string {
  if (decision.kind === 'refused') return decision.error.code
  return decision.kind === 'update' ? 'selected' : decision.reason
}

function nextOf(outcomes: readonly Outcome[]): Next {
  const waits = outcomes.flatMap(({ decision }) => (decision.kind === 'wait' ? [decision.untilMs] : []))
  return waits.length === 0 ? {} : { requeueAfterMs: Math.min(...waits) }
}
