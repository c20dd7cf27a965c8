import { FairleadError, orRefusal } from '../../errors.ts'
import type { Deployed } from './deployed.ts'
import { type RenderedContainer, type RenderedWorkload, renderWorkload } from './kustomize/container-flow.ts'
import { passesOf } from './kustomize/layer-pass.ts'
import { mentions } from './kustomize/patched-object.ts'
import { writtenObject } from './kustomize/patched-workload.ts'
import { type DecidedSlot, slotOf } from './slot/image-slot.ts'
import type { Variables } from './slot/placeholder.ts'
import type { Snapshot } from './snapshot.ts'

/** Which container is meant: its name, or the image it runs now. */
export interface ContainerQuery {
  container?: string
  image?: string
}

/** A container of a deployed workload, after all layers. */
export interface DeployedContainer {
  deployed: Deployed
  container: RenderedContainer
}

/** Objects that carry this label or annotation as `disabled` are left as they are (fluxcd/pkg, kustomize). */
const substituteKey = 'kustomize.toolkit.fluxcd.io/substitute'

/** The variables that are filled into a workload's manifest; none where it, or perhaps a patch, forbids that. */
export function variablesFor(
  snapshot: Snapshot,
  { workload, source }: Deployed,
  variables: Variables | undefined,
): Variables | undefined {
  if (variables === undefined) return undefined
  const passes = passesOf(writtenObject(workload), source.layers)
  const { labels, annotations } = passes.at(-1)?.after ?? writtenObject(workload)
  const isDisabled = [labels, annotations].some((one) => one?.get(substituteKey) === 'disabled')
  const isPatched = passes.some(({ layer, after }) =>
    layer.patches.some((patch) => mentions(snapshot, patch, after, 'substitute')),
  )
  return isDisabled || isPatched ? undefined : variables
}

/**
 * The container that is meant. `Ambiguous` when several are and nothing tells which; `Masked` when what may have brought it
 * is not followed; `NotTraced` when the workload has none of that name.
 */
export function chooseContainer(
  snapshot: Snapshot,
  deployed: Deployed,
  query: ContainerQuery,
  variables: Variables | undefined,
): RenderedContainer {
  const { workload } = deployed
  const rendered = renderWorkload(snapshot, deployed.source, workload)
  const evidence = rendered.containers.map(({ name, where }) => `${where} container ${name}`)
  if (query.container !== undefined) return namedContainer(rendered, deployed, query.container, evidence)
  const main = rendered.containers.filter(({ list }) => list === 'containers')
  const running = query.image === undefined ? [] : main.filter((one) => imageOf(one, variables) === query.image)
  const [only, second] = running.length > 0 ? running : main
  if (only !== undefined && second === undefined) return only
  throw new FairleadError('Ambiguous', `${workload.kind} ${deployed.name} has several containers; name one.`, {
    evidence,
  })
}

function namedContainer(
  { containers, hidden }: RenderedWorkload,
  deployed: Deployed,
  name: string,
  evidence: string[],
): RenderedContainer {
  const named = containers.find((one) => one.name === name)
  if (named !== undefined) return named
  if (hidden.length > 0) throw masked(name, deployed, hidden)
  throw new FairleadError('NotTraced', `${deployed.kind} ${deployed.name} has no container ${name}.`, { evidence })
}

/** The slot that decides the container's image; refused when something that is not followed may change it. */
export function decidedSlot({ deployed, container }: DeployedContainer, variables: Variables | undefined): DecidedSlot {
  const { decision, problem, hidden, name } = container
  if (hidden.length > 0) throw masked(name, deployed, hidden)
  if (problem !== undefined) throw problem
  if (decision === undefined) {
    throw new FairleadError('NotEditable', `${container.where} container ${name} of ${deployed.name} has no image.`)
  }
  const decided = slotOf(decision, name, variables)
  if (decided.inherited !== undefined) throw new FairleadError('NotEditable', decided.inherited)
  return decided
}

function masked(container: string, { kind, name }: Deployed, evidence: readonly string[]): FairleadError {
  const what = `The image of container ${container} of ${kind} ${name} is decided by a patch or transformer`
  return new FairleadError('Masked', `${what} that is not followed.`, { evidence: [...new Set(evidence)] })
}

/** The image it runs, as far as that is known. */
function imageOf({ decision, name }: RenderedContainer, variables: Variables | undefined): string | undefined {
  return orRefusal(
    () => (decision === undefined ? undefined : slotOf(decision, name, variables).image),
    () => undefined,
  )
}
