import type { Mode } from '../../api/annotation.ts'
import { followsDigest } from '../../core/image/choice.ts'
import { resolveDeclaredSettings } from '../../core/image/declared-settings.ts'
import { parseImageReference } from '../../core/image/reference.ts'
import { resolveSettings, type UpdateRule, type UpdateSettings } from '../../core/image/settings.ts'
import { unknownAnnotation } from '../../core/image/unknown-annotation.ts'
import type { Applier } from '../../core/manifest/applier.ts'
import { type AppliedTrace, traceThrough } from '../../core/manifest/trace-through.ts'
import type { Workload } from '../../core/workload/workload.ts'
import { type Destination, type DestinationDeps, destinationOn, openApplier } from '../../delivery/destination.ts'
import { asFairleadError, FairleadError } from '../../errors.ts'
import type { Clock, Registry } from '../../ports.ts'
import type { TagSource } from '../../runtime/tag-source.ts'
import type { ContainerFacts } from './decide.ts'

/** One container as seen; either all facts or the reason why there are none. */
export type ObservedContainer =
  | { container: string; facts: ContainerFacts; destination: Destination }
  | { container: string; error: FairleadError }

export interface Observation {
  workload: Workload
  containers: readonly ObservedContainer[]
}

export interface ObserveDeps extends DestinationDeps {
  rules: readonly UpdateRule[]
  mode: Mode
  tags: TagSource
  registry: Registry
  clock: Clock
  /** When a slot was last changed by us, by target id. */
  lastUpdate: (slot: { namespace: string; destination: Destination; trace: AppliedTrace }) => Date | undefined
}

/** A container that a policy applies to. */
export interface WatchedContainer {
  container: string
  image: string
  settings: UpdateSettings
}

export interface InvalidContainer {
  container: string
  error: FairleadError
}

/** Containers of a workload that a policy applies to; a container whose settings are invalid comes with its error. */
export function watchedContainers(
  workload: Workload,
  rules: readonly UpdateRule[],
  mode: Mode,
): (WatchedContainer | InvalidContainer)[] {
  if (rules.length === 0 && Object.keys(workload.annotations).length === 0) return []
  const unknown = unknownAnnotation(
    workload.annotations,
    workload.containers.map(({ name }) => name),
  )
  if (unknown !== undefined) return [{ container: '', error: unknown }]
  return workload.containers.flatMap(({ name: container, image }): (WatchedContainer | InvalidContainer)[] => {
    try {
      const settings = resolveSettings({ ...workload, container, image }, rules, mode)
      return settings === undefined ? [] : [{ container, image, settings }]
    } catch (thrown) {
      return [{ container, error: asFairleadError(thrown) }]
    }
  })
}

/** Reads everything that decides about a workload's images. What is wrong with one container is kept to that one. */
export async function observeWorkload(workload: Workload, deps: ObserveDeps): Promise<Observation> {
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
  workload: Workload,
  { container, image }: WatchedContainer,
  deps: ObserveDeps,
): Promise<ObservedContainer | undefined> {
  try {
    const found = traceContainer(await openApplier(workload, deps), workload, container)
    const destination = destinationOn(found.branch, workload.namespace, deps)
    const settings = resolveDeclaredSettings({ ...workload, container, image }, found.declared, deps.rules, deps.mode)
    if (settings === undefined) return undefined
    const facts = await gatherFacts({ container, settings, trace: found }, deps)
    return {
      container,
      destination,
      facts: { ...facts, lastUpdate: deps.lastUpdate({ namespace: workload.namespace, destination, trace: found }) },
    }
  } catch (thrown) {
    return { container, error: asFairleadError(thrown) }
  }
}

/** Where Git decides the image of one container of a workload. */
export function traceContainer(applier: Applier, workload: Workload, container: string): AppliedTrace {
  const { kind, namespace, name, containers } = workload
  const image = containers.find((one) => one.name === container)?.image
  return traceThrough(applier, { kind, namespace, name, container, ...(image === undefined ? {} : { image }) })
}

async function gatherFacts(
  known: { container: string; settings: UpdateSettings; trace: AppliedTrace },
  { tags, registry, clock }: ObserveDeps,
): Promise<ContainerFacts> {
  const present = parseImageReference(known.trace.image)
  if (tags.get(present) === undefined) await tags.refresh(present)
  const list = tags.get(present)
  if (list === undefined) {
    throw tags.failure(present) ?? new FairleadError('RegistryUnavailable', `no tags of ${present.name} are known yet`)
  }
  const presentDigest = followsDigest(known.settings.policy)
    ? await registry.digest(present, present.tag ?? 'latest')
    : undefined
  return { ...known, tags: list, presentDigest, lastUpdate: undefined, now: clock.now() }
}
