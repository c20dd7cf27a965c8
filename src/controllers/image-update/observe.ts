import { type UpdateWindow, windowDemands } from '../../core/change/window.ts'
import { resolveDeclaredSettings } from '../../core/image/declared-settings.ts'
import { slotNamespaces } from '../../core/manifest/slot/target.ts'
import type { LiveContainer, TraceQuery } from '../../core/manifest/trace.ts'
import { type AppliedTrace, matchedImage, traceThrough } from '../../core/manifest/trace-through.ts'
import type { UpdateSubject } from '../../core/manifest/update-subject.ts'
import { type ChoiceFactsDeps, gatherChoiceFacts } from '../../delivery/choice/choice-facts.ts'
import { requireKeys } from '../../delivery/choice/signature-check.ts'
import { type Destination, destinationOn } from '../../delivery/destination.ts'
import { openApplier } from '../../delivery/trace/open-applier.ts'
import { asFairleadError, type FairleadError } from '../../errors.ts'
import type { Clock } from '../../ports.ts'
import { type AgreementDeps, agreedSettings } from './agreement.ts'
import type { ContainerFacts } from './decide.ts'
import { type WatchedContainer, watchedContainers } from './watched.ts'

/** One container as seen; either all facts or the reason why there are none. */
export type ObservedContainer =
  | { container: string; facts: ContainerFacts; destination: Destination }
  | { container: string; error: FairleadError }

export interface Observation {
  workload: UpdateSubject
  containers: readonly ObservedContainer[]
}

export interface ObserveDeps extends AgreementDeps, ChoiceFactsDeps {
  windows: readonly UpdateWindow[]
  /** Names of configured keys. */
  keys: readonly string[]
  clock: Clock
  /** When a slot was last changed by us, by target id. */
  lastUpdate: (slot: AskedSlot) => Date | undefined
  /** Name of a rollback of that slot that has not come to its end. */
  openRollback: (slot: AskedSlot) => string | undefined
}

/** A slot, and the namespace of the workload it was traced for. */
export interface AskedSlot {
  namespace: string
  destination: Destination
  trace: AppliedTrace
}

/** Reads everything that decides about a workload's images. What is wrong with one container is kept to that one. */
export async function observeWorkload(workload: UpdateSubject, deps: ObserveDeps): Promise<Observation> {
  const watched = watchedContainers(workload, deps.rules, deps.mode)
  const containers: ObservedContainer[] = []
  for (const one of watched) {
    const observed = 'error' in one ? one : await observeContainer(workload, one, deps)
    if (observed !== undefined) containers.push(observed)
  }
  return { workload, containers }
}

/** Undefined when Git declares no policy for the container, whatever the live object says. */
async function observeContainer(
  workload: UpdateSubject,
  { container, image }: WatchedContainer,
  deps: ObserveDeps,
): Promise<ObservedContainer | undefined> {
  try {
    const found = traceThrough(
      await openApplier(workload, deps),
      containerQuery(workload, container, deps.alongside(workload)),
    )
    const destination = destinationOn(found.branch, slotNamespaces(found, workload.namespace), deps.repositories)
    const subject = { ...workload, container, image: matchedImage(found.image, image) }
    const settings = resolveDeclaredSettings(subject, found.declared, deps.rules, deps.mode)
    if (settings === undefined) return undefined
    // Asked when a decision is carried out; a name that is none is said at once.
    windowDemands(subject, settings.windows, deps.windows)
    requireKeys(settings.verify, deps.keys)
    const agreed = await agreedSettings({ workload, container, settings, trace: found }, deps)
    const { namespace } = workload
    const question = { trace: found, settings: agreed, destination, namespace }
    const facts = {
      ...(await gatherChoiceFacts(question, deps)),
      container,
      settings: agreed,
      trace: found,
      lastUpdate: deps.lastUpdate({ namespace, destination, trace: found }),
      openRollback: deps.openRollback({ namespace, destination, trace: found }),
      now: deps.clock.now(),
    }
    return { container, destination, facts }
  } catch (thrown) {
    return { container, error: asFairleadError(thrown) }
  }
}

/** What tracing is asked about one container of a workload, or about the chart of a release. */
export function containerQuery(
  { kind, namespace, name, containers, chart }: UpdateSubject,
  container: string,
  alongside: readonly LiveContainer[],
): TraceQuery & { container: string } {
  const image = containers.find((one) => one.name === container)?.image
  const isChart = chart === undefined ? {} : { chart: true as const }
  return { kind, namespace, name, container, alongside, ...isChart, ...(image === undefined ? {} : { image }) }
}
