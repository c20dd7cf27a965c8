import { FairleadError } from '../../../errors.ts'
import {
  applicationsOf,
  applyEntry,
  type ImageDecision,
  type WrittenImage,
  writtenDecision,
} from '../slot/image-decision.ts'
import type { Snapshot } from '../snapshot.ts'
import type { WorkloadManifest } from '../workload-manifest.ts'
import type { Place } from '../yaml/place.ts'
import type { BuildSource } from './build.ts'
import {
  type ContainerChange,
  type ContainerList,
  type PatchedContainer,
  replacementReaches,
} from './container-change.ts'
import type { Kustomization } from './kustomization.ts'
import { type LayerPass, passesOf } from './layer-pass.ts'
import type { Patch } from './patch.ts'
import { type PatchSubject, patchChanges, replacementTargets } from './patch-change.ts'
import { type PatchedObject, replacementTarget, selectionOf } from './patched-object.ts'
import { schemaKinds, writtenObject } from './patched-workload.ts'
import { whyOpaque } from './transformer.ts'

/** A container as a root deploys it. */
export interface RenderedContainer {
  name: string
  list: ContainerList
  /** `file:line` where it is declared first. */
  where: string
  /** What decides its image; absent when nothing gives one. */
  decision?: ImageDecision
  /** Why an `images:` entry could not be applied to it. */
  problem?: FairleadError
  /** Patches and transformers whose effect on its image is not followed. Evidence lines. */
  hidden: string[]
}

/** The containers of a workload after all layers. */
export interface RenderedWorkload {
  containers: RenderedContainer[]
  /** What may add or take away any container. Evidence lines. */
  hidden: string[]
}

/**
 * Follows the containers of a workload through patches and `images:` of all layers, in the order in which kustomize
 * applies them. What is not surely understood is told as hiding the image, never guessed.
 */
export function renderWorkload(snapshot: Snapshot, source: BuildSource, workload: WorkloadManifest): RenderedWorkload {
  const flow = startOf(snapshot, source, workload)
  for (const pass of passesOf(writtenObject(workload), source.layers)) applyLayer(flow, pass)
  return { containers: [...flow.containers, ...flow.initContainers], hidden: flow.hidden }
}

interface Flow extends PatchSubject {
  containers: RenderedContainer[]
  initContainers: RenderedContainer[]
  /** Positions in these lists are not known any more. */
  reordered: Set<ContainerList>
  hidden: string[]
}

function startOf(snapshot: Snapshot, source: BuildSource, workload: WorkloadManifest): Flow {
  const listed = (list: ContainerList) =>
    workload.containers
      .filter((container) => container.list === list)
      .map(({ name, image, through }): RenderedContainer => {
        const where = `${image?.file ?? workload.file}:${image?.line ?? workload.line}`
        const container: RenderedContainer = { name, list, where, hidden: [] }
        if (image === undefined) return container
        const decision = writtenDecision(through === undefined ? image : { ...image, through })
        return { ...container, decision: { ...decision, via: [firstStep(container, decision.written)] } }
      })
  const lists = { containers: listed('containers'), initContainers: listed('initContainers') }
  return { snapshot, source, workload, ...lists, reordered: new Set(), hidden: [] }
}

function firstStep({ name, where }: RenderedContainer, written: WrittenImage): string {
  return `${where} container ${name} has the image ${written.value}`
}

function applyLayer(flow: Flow, { layer, before, after }: LayerPass): void {
  const patches = layer.patches.filter(({ replacement }) => !replacement)
  for (const patch of patches) {
    const changes = patchChanges(flow, patch, patch.stage === 'before-names' ? before : after)
    for (const change of changes) applyChange(flow, change, patch)
  }
  applyImages(flow, layer)
  for (const patch of layer.patches) if (patch.replacement) applyReplacement(flow, patch, after)
  for (const transformer of layer.transformers) {
    const opaque = whyOpaque(flow.snapshot, transformer)
    if (opaque !== undefined) hide(flow, { does: 'hide', why: opaque })
  }
}

function applyChange(flow: Flow, change: ContainerChange, patch: Patch): void {
  if (change.does === 'merge') merge(flow, change.list, change.containers, patch)
  else if (change.does === 'append') flow[change.list].push(brought(change.container, change.list, patch))
  else if (change.does === 'set') setAt(flow, change, patch)
  else hide(flow, change)
}

/** Those of the patch come first and in its order (kustomize prepends). Kinds without schema get the list as a whole. */
function merge(flow: Flow, list: ContainerList, patched: readonly PatchedContainer[], patch: Patch): void {
  const old = schemaKinds.has(flow.workload.kind) ? flow[list] : []
  const first = patched.map((one) => {
    const known = old.find(({ name }) => name === one.name)
    return known === undefined ? brought(one, list, patch) : merged(known, one, patch)
  })
  const rest = old.filter(({ name }) => !patched.some((one) => one.name === name))
  flow[list] = [...first, ...rest]
}

function brought(one: PatchedContainer, list: ContainerList, patch: Patch): RenderedContainer {
  const container: RenderedContainer = { name: one.name, list, where: one.where, hidden: [] }
  return merged(container, one, patch)
}

function merged(known: RenderedContainer, one: PatchedContainer, patch: Patch): RenderedContainer {
  const hidden = one.opaque === undefined ? known.hidden : [...known.hidden, one.opaque]
  return one.image === undefined ? { ...known, hidden } : withImage({ ...known, hidden }, one.image, patch)
}

function withImage(container: RenderedContainer, image: WrittenImage, patch: Patch): RenderedContainer {
  const written = patch.branch === undefined ? image : { ...image, branch: patch.branch }
  const before = container.decision?.via
  const step = `${image.file}:${image.line} a patch makes it ${image.value}`
  const via = before === undefined ? [firstStep(container, image)] : [...before, step]
  return { ...container, decision: { ...writtenDecision(written), via } }
}

function setAt(flow: Flow, change: ContainerChange & { does: 'set' }, patch: Patch): void {
  const { list, index, image } = change
  const container = flow[list][index]
  if (flow.reordered.has(list) || container === undefined) {
    hide(flow, { does: 'hide', list, why: `${patch.where} sets the image of ${list} ${index}` })
    return
  }
  flow[list][index] = withImage(container, image, patch)
}

function hide(flow: Flow, { list, index, from, why }: ContainerChange & { does: 'hide' }): void {
  const isKnown = list !== undefined && !flow.reordered.has(list)
  const lists: readonly ContainerList[] = list === undefined ? ['containers', 'initContainers'] : [list]
  for (const one of lists) {
    flow[one] = flow[one].map((container, position) => {
      const isOther =
        isKnown && ((index !== undefined && index !== position) || (from !== undefined && position < from))
      return isOther ? container : { ...container, hidden: [...container.hidden, why] }
    })
    if (index === undefined) flow.reordered.add(one)
  }
  if (index === undefined) flow.hidden.push(why)
}

function applyImages(flow: Flow, layer: Kustomization): void {
  for (const list of ['containers', 'initContainers'] as const) {
    flow[list] = flow[list].map((container) => {
      try {
        return container.problem === undefined ? withEntries(flow, container, layer) : container
      } catch (thrown) {
        if (!(thrown instanceof FairleadError)) throw thrown
        return { ...container, problem: thrown }
      }
    })
  }
}

function withEntries(flow: Flow, container: RenderedContainer, layer: Kustomization): RenderedContainer {
  const { decision } = container
  if (decision === undefined || layer.images.length === 0) return container
  const times = applicationsOf(flow.workload.podSpec)
  const after = layer.images.reduce((image, entry) => applyEntry(image, entry, times), decision)
  const configured = flow.source.layers.flatMap(({ configurations }) => configurations)
  // A configuration may name the same lists again, and then the suffix is put there once more.
  if (after.suffix === decision.suffix || configured.length === 0) return { ...container, decision: after }
  return { ...container, decision: after, hidden: [...container.hidden, ...configured] }
}

function applyReplacement(flow: Flow, patch: Patch, object: PatchedObject): void {
  for (const target of replacementTargets(flow.snapshot, patch)) {
    if (target === undefined) hide(flow, { does: 'hide', why: `${patch.where} cannot be read` })
    else if (selectionOf(replacementTarget(target), object) !== 'no') hideReplaced(flow, target, patch)
  }
}

function hideReplaced(flow: Flow, target: Place, patch: Patch): void {
  for (const list of ['containers', 'initContainers'] as const) {
    flow[list] = flow[list].map((container, index) => {
      const at = { list, name: container.name, ...(flow.reordered.has(list) ? {} : { index }) }
      const isReached = replacementReaches(target, flow.workload.podSpec, at)
      const why = `${patch.where} replaces the image of container ${container.name}`
      return isReached ? { ...container, hidden: [...container.hidden, why] } : container
    })
  }
}
