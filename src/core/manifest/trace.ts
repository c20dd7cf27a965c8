import { FairleadError } from '../../errors.ts'
import type { GitBranch } from './applier.ts'
import type { ChartSource } from './chart/version.ts'
import { chooseContainer, type DeployedContainer, decidedSlot, variablesFor } from './container-choice.ts'
import { type DeclaredPolicy, declaredPolicyOf } from './declared-annotation.ts'
import { type Deployed, findDeployed, type WorkloadQuery } from './deployed.ts'
import { buildOf } from './kustomize/build.ts'
import type { RenderedContainer } from './kustomize/container-flow.ts'
import { refuseShared } from './kustomize/shared-base.ts'
import { type ImageText, joinImage, parseWantedImage, splitImage } from './slot/image-text.ts'
import { locateMarkers, type Marker } from './slot/marker.ts'
import { decidedBy, type TraceScope } from './slot/reach.ts'
import { leadingField, type Slot, type SlotField, slotEdits, unfit } from './slot/slot.ts'
import type { FileEdit, Snapshot } from './snapshot.ts'
import { withEdits } from './snapshot-memo.ts'
import { isLabelValue, versionLabelsOf } from './version-label.ts'
import type { ManifestValue } from './workload-manifest.ts'
import { editScalars, type ScalarEdit } from './yaml/edit.ts'

/** Live identity of a workload and of one of its containers. */
export interface TraceQuery extends WorkloadQuery {
  /** May be left out when there is one container, or when `image` tells which. */
  container?: string
  /** The present live image; only identifies the container, never decides. */
  image?: string
  /** Live containers that come from the same chart: one value may decide several of them. */
  alongside?: readonly LiveContainer[]
  /** The leading field that was found before: asked is whether it still decides, whatever the live image is. */
  decidedAt?: { file: string; keyPath: string }
  /** Asked is for the version of the release's chart, and not for an image. */
  chart?: true
  /** Folders that other engine objects deploy and that may change too, when a base is shared with them. */
  roots?: readonly string[]
}

/** A container that a slot decides. */
export interface SlotContainer {
  kind: string
  namespace: string
  name: string
  container: string
}

/** A container and the image it runs. */
export interface LiveContainer extends SlotContainer {
  image: string
}

/** Where the image of a container is decided. */
export interface Trace {
  root: string
  /** What was asked, with the container that was found. */
  query: TraceQuery & { container: string }
  container: string
  /** The reference that Git decides now; of a chart `podinfo:6.5.4`. */
  image: string
  slot: Slot
  /** The slot's file, and its leading field: the tag, else the digest, else the whole reference. */
  file: string
  line: number
  keyPath: string
  value: string
  /** Readable steps from the manifest to the image, `file:line` first. */
  via: string[]
  /** All containers that this slot decides under this root, the traced one first. */
  containers: SlotContainer[]
  /** `app.kubernetes.io/version` labels that hold the old tag and may follow in the same commit. */
  versionLabels: ManifestValue[]
  /** Why such a label is left as it is. */
  versionLabelStale?: string
  /** Flux marker beside the leading field. */
  marker?: Marker
  /** What Git says about how this workload may be updated. */
  declared: DeclaredPolicy
  /** Set when the slot is the version of a chart: which one, and where its versions are listed. */
  chart?: { name: string; source: ChartSource }
}

/** A trace that went through what applies the workload. */
export interface BranchTrace extends Trace {
  /** Where the slot and all labels that follow it lie. */
  branch: GitBranch
}

/**
 * Finds the place that decides a container's image under a root: the manifest itself, the patch that overrides it, or the
 * outermost kustomize `images:` entry that matches. Refuses by name, with evidence, whenever something that is not followed
 * here (a replacement, a chart, a plugin, a template) may decide instead: `NotTraced`, `Ambiguous`, `Generated`, `Masked`, `Templated`,
 * `Encrypted`, `SharedBase`, `NotEditable`, `ManifestInvalid`.
 */
export function trace(snapshot: Snapshot, root: string, query: TraceQuery): Trace {
  return traceWithin({ snapshot, build: buildOf(snapshot, root) }, query)
}

/**
 * The change that makes the traced slot deploy `to`: the slot's fields and the version labels that follow, as one
 * change; empty when Git says so already. The result is traced again and must be `to`. `UsageInvalid` for a reference
 * that is none, `DigestUnknown` when a digest is filled and `to` has none, `NotEditable` when the slot cannot hold
 * `to`, `ValueChanged` when the snapshot is not the one that was traced.
 */
export function planBump(snapshot: Snapshot, traced: Trace, to: string): FileEdit[] {
  return planEdits(snapshot, traced, to, (edited) => trace(edited, traced.root, traced.query))
}

/** `planBump` for any way of tracing: `retrace` traces again with the edited files. */
export function planEdits(
  snapshot: Snapshot,
  traced: Trace,
  to: string,
  retrace: (edited: Snapshot) => Trace,
): FileEdit[] {
  const wanted = parseWantedImage(to)
  if (traced.image === to) return []
  const edits = new Map<string, ScalarEdit[]>([[traced.file, slotEdits(traced.slot, splitImage(traced.image), wanted)]])
  for (const label of isLabelValue(wanted.tag) ? traced.versionLabels : []) {
    const edit = { keyPath: label.keyPath, expected: label.value, value: wanted.tag }
    edits.set(label.file, [...(edits.get(label.file) ?? []), edit])
  }
  const files = [...edits].flatMap(([path, scalars]): FileEdit[] => {
    const before = snapshot.text(path)
    if (before === undefined) throw new FairleadError('ValueChanged', `${path} is gone; look again.`)
    const after = editScalars(path, before, scalars)
    return after === before ? [] : [{ path, before, after }]
  })
  if (files.length > 0) verify(traced, wanted, retrace(withEdits(snapshot, files)))
  return files
}

/** Whatever else acts on the image must not have spoilt the result. */
function verify(traced: Trace, wanted: ImageText, again: Trace): void {
  const now = splitImage(again.image)
  const sameTag = now.tag === wanted.tag || (now.tag === '' && now.digest !== '')
  if (now.name === wanted.name && now.digest === wanted.digest && sameTag) return
  throw unfit(traced.slot, `the image would become ${joinImage(now)}`)
}

/** What a trace within one root found; `slotBranch` is set when the slot lies in another branch than the folder. */
export interface ScopedTrace extends Trace {
  slotBranch?: GitBranch
}

/** `trace` in a root that is built in whatever way. */
export function traceWithin(scope: TraceScope, query: TraceQuery): ScopedTrace {
  const { snapshot, build, targetNamespace } = scope
  const asked = targetNamespace === undefined ? query : { ...query, targetNamespace }
  const deployed = findDeployed(snapshot, build, asked)
  const variables = variablesFor(snapshot, deployed, scope.variables)
  const container = chooseContainer(snapshot, deployed, query, variables)
  const { image, slot, branch, via } = decidedSlot({ deployed, container }, variables)
  const { decision } = container
  if (decision === undefined) throw new FairleadError('Internal', `${container.where} has a slot without a decision.`)
  if (branch === undefined) refuseShared(snapshot, build, { file: slot.file, roots: query.roots ?? [] })
  const leading = leadingField(slot)
  const marker = markerBeside(branch?.snapshot ?? snapshot, slot.file, leading)
  const reach = decidedBy({ ...scope, targetNamespace: asked.targetNamespace }, { slot, decision, ...branchIn(branch) })
  const deployedAll = reach.map((one) => one.deployed)
  const labels = versionLabelsOf(snapshot, build, deployedAll, splitImage(image).tag)
  const marked = marker === undefined ? [] : [`marked for the image policy ${marker.namespace}/${marker.name}`]
  return {
    root: build.root,
    query: { ...query, container: container.name },
    container: container.name,
    image,
    slot,
    file: slot.file,
    line: leading.line,
    keyPath: leading.keyPath,
    value: leading.value,
    via: [...decision.via, ...via, ...marked],
    containers: containersOf(reach, deployed, container),
    versionLabels: labels.following,
    declared: declaredPolicyOf(snapshot, deployed),
    ...(labels.stale === undefined ? {} : { versionLabelStale: labels.stale }),
    ...(marker === undefined ? {} : { marker }),
    ...(branch === undefined ? {} : { slotBranch: branch }),
  }
}

function branchIn(branch: GitBranch | undefined): { branch?: GitBranch } {
  return branch === undefined ? {} : { branch }
}

/** The Flux marker beside a field. */
export function markerBeside(snapshot: Snapshot, file: string, field: SlotField): Marker | undefined {
  const text = snapshot.text(file) ?? ''
  return locateMarkers(file, text).find(({ keyPath }) => keyPath === field.keyPath)?.marker
}

function containersOf(reach: DeployedContainer[], deployed: Deployed, container: RenderedContainer): SlotContainer[] {
  const name = (one: Deployed, inner: RenderedContainer): SlotContainer => ({
    kind: one.kind,
    namespace: one.namespace,
    name: one.name,
    container: inner.name,
  })
  const isTraced = (one: DeployedContainer) =>
    one.container.name === container.name &&
    one.container.list === container.list &&
    one.deployed.source === deployed.source &&
    one.deployed.workload === deployed.workload
  const others = reach.filter((one) => !isTraced(one)).map((one) => name(one.deployed, one.container))
  return [name(deployed, container), ...others]
}
