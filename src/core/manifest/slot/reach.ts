import { orRefusal } from '../../../errors.ts'
import type { GitBranch } from '../applier.ts'
import { type DeployedContainer, variablesFor } from '../container-choice.ts'
import { deployedAs } from '../deployed.ts'
import type { Build, BuildSource } from '../kustomize/build.ts'
import { renderWorkload } from '../kustomize/container-flow.ts'
import type { ImageEntry, Kustomization } from '../kustomize/kustomization.ts'
import { type Patch, patchText } from '../kustomize/patch.ts'
import type { Snapshot } from '../snapshot.ts'
import { createSnapshotMemo } from '../snapshot-memo.ts'
import { manifestsIn, mayHaveContainers, type WorkloadManifest } from '../workload-manifest.ts'
import { type ImageDecision, matchesImage } from './image-decision.ts'
import { slotOf } from './image-slot.ts'
import type { Variables } from './placeholder.ts'
import { leadingField, type Slot } from './slot.ts'

/** What is traced in: a root as its engine builds it. */
export interface TraceScope {
  snapshot: Snapshot
  build: Build
  /** Placeholders that the engine fills in after the build. */
  variables?: Variables | undefined
  /** Namespace that the engine forces on everything. */
  targetNamespace?: string | undefined
}

/** A slot, and the decision that led to it for one container. */
export interface FoundSlot {
  slot: Slot
  branch?: GitBranch
  decision: ImageDecision
}

/** By root; any change of a file may add a container or take one away. */
const reaches = createSnapshotMemo<{
  build: Build
  variables: Variables | undefined
  reach: Map<string, DeployedContainer[]>
}>((known) => known.clear())

/** Every container under the root that this slot decides. Found once per snapshot and slot. */
export function decidedBy(scope: TraceScope, found: FoundSlot): DeployedContainer[] {
  const { snapshot, build, variables } = scope
  const before = reaches(snapshot).get(build.root)
  const isFresh = before?.build === build && before.variables === variables
  const known = isFresh ? before : { build, variables, reach: new Map<string, DeployedContainer[]>() }
  reaches(snapshot).set(build.root, known)
  const key = slotKey(found)
  const reach = known.reach.get(key) ?? likelySources(scope, found).flatMap((source) => reachIn(scope, source, key))
  known.reach.set(key, reach)
  return reach
}

/** The same text for one and the same scalar. */
function slotKey({ slot, branch }: { slot: Slot; branch?: GitBranch }): string {
  const place = branch === undefined ? '' : `${branch.repository} ${branch.name}`
  return `${place} ${slot.file} ${leadingField(slot).keyPath}`
}

function reachIn(scope: TraceScope, source: BuildSource, key: string): DeployedContainer[] {
  const { snapshot } = scope
  return workloadsIn(snapshot, source.file).flatMap((workload) => {
    const deployed = deployedAs(source, workload, scope.targetNamespace)
    const variables = variablesFor(snapshot, deployed, scope.variables)
    return renderWorkload(snapshot, source, workload)
      .containers.filter(({ decision, hidden, problem, name }) => {
        if (decision === undefined || hidden.length > 0 || problem !== undefined) return false
        return orRefusal(
          () => slotKey(slotOf(decision, name, variables)) === key,
          () => false,
        )
      })
      .map((container) => ({ deployed, container }))
  })
}

/** Sources in which the slot may decide something: a quick look that spares reading thousands of files. */
function likelySources({ snapshot, build }: TraceScope, { slot, branch, decision }: FoundSlot): BuildSource[] {
  const { entry, written } = decision
  const own = branch === undefined ? build.sources.filter(({ file }) => file === slot.file) : []
  if (own.length > 0) return own
  const isIn = (file: string) => file === slot.file
  if (entry !== undefined && isIn(entry.file)) return sourcesOfEntry(snapshot, build, entry)
  const touches = ({ patches }: Kustomization) =>
    patches.some(({ path, inline }) => isIn(path ?? inline?.source.file ?? ''))
  if (isIn(written.file)) return sourcesUnder(build, touches)
  return sourcesWithPlaceholders(snapshot, build)
}

const layerSources = new WeakMap<Build, ReadonlyMap<Kustomization, readonly BuildSource[]>>()

/** The sources of each layer, found once per build: a root may have thousands of both. */
function sourcesByLayer(build: Build): ReadonlyMap<Kustomization, readonly BuildSource[]> {
  const known = layerSources.get(build)
  if (known !== undefined) return known
  const index = new Map<Kustomization, BuildSource[]>()
  for (const source of build.sources) {
    for (const layer of source.layers) {
      const sources = index.get(layer)
      if (sources === undefined) index.set(layer, [source])
      else sources.push(source)
    }
  }
  layerSources.set(build, index)
  return index
}

function sourcesUnder(build: Build, isWanted: (layer: Kustomization) => boolean): BuildSource[] {
  const found = [...sourcesByLayer(build)].flatMap(([layer, sources]) => (isWanted(layer) ? sources : []))
  return [...new Set(found)]
}

function sourcesWithPlaceholders(snapshot: Snapshot, build: Build): BuildSource[] {
  const isPatchFilled = (patch: Patch) => patchText(snapshot, patch)?.includes('${') ?? false
  const isEntryFilled = ({ newName, newTag, digest }: ImageEntry) =>
    [newName, newTag, digest].some((field) => field?.value.includes('${'))
  const isFilled = memoised((layer) => layer.images.some(isEntryFilled) || layer.patches.some(isPatchFilled))
  return build.sources.filter(({ file, layers }) => snapshot.text(file)?.includes('${') || layers.some(isFilled))
}

function memoised(ask: (layer: Kustomization) => boolean): (layer: Kustomization) => boolean {
  const answers = new Map<Kustomization, boolean>()
  return (layer) => {
    const answer = answers.get(layer) ?? ask(layer)
    answers.set(layer, answer)
    return answer
  }
}

function sourcesOfEntry(snapshot: Snapshot, build: Build, entry: ImageEntry): BuildSource[] {
  const sources = sourcesUnder(build, ({ images }) => images.includes(entry))
  const names = writtenNames([...new Set(sources.flatMap(({ layers }) => layers))], entry)
  const isPatched = memoised((layer) => layer.patches.some((patch) => mayWrite(snapshot, patch, names)))
  return sources.filter((source) => {
    const text = snapshot.text(source.file) ?? ''
    return names === undefined || names.some((name) => text.includes(name)) || source.layers.some(isPatched)
  })
}

/** May this patch give a container one of these images? */
function mayWrite(snapshot: Snapshot, patch: Patch, names: readonly string[] | undefined): boolean {
  const text = patchText(snapshot, patch) ?? ''
  return names === undefined || names.some((name) => text.includes(name))
}

/**
 * Names a manifest may have for this entry to match in the end: its own, and those that inner entries rename into it.
 * Undefined when one of them is a pattern, so that text cannot tell.
 */
function writtenNames(layers: readonly Kustomization[], entry: ImageEntry): string[] | undefined {
  const entries = layers.flatMap(({ images }) => images)
  const leading: ImageEntry[] = [entry]
  for (const one of leading) {
    const renaming = entries.filter(({ newName }) => newName !== undefined && matchesImage(one, newName.value))
    leading.push(...renaming.filter((other) => !leading.includes(other)))
  }
  const names = leading.map(({ name }) => name)
  return names.every((name) => /^[A-Za-z0-9./:_-]+$/.test(name)) ? names : undefined
}

/** A file or image that cannot be followed is refused when it is traced itself; here it is no part of the reach. */
function workloadsIn(snapshot: Snapshot, file: string): readonly WorkloadManifest[] {
  if (!mayHaveContainers(snapshot.text(file) ?? '')) return []
  return orRefusal(
    () => manifestsIn(snapshot, file).workloads,
    () => [],
  )
}
