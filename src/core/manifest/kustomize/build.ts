import { FairleadError } from '../../../errors.ts'
import { repositoryPath, resolvePath } from '../repository-path.ts'
import type { Snapshot } from '../snapshot.ts'
import { createFileMemo, createSnapshotMemo, type SnapshotChange } from '../snapshot-memo.ts'
import { isKustomizationFile, type Kustomization, kustomizationIn, type PathEntry } from './kustomization.ts'
import { generatedKustomization, plainParts } from './plain-folder.ts'

/** A manifest file as one root builds it. A file that is included twice is there twice. */
export interface BuildSource {
  file: string
  /** Kustomizations that act on it, the innermost (first applied) first; empty in a folder without any. */
  layers: readonly Kustomization[]
}

/** Everything a root is made of. */
export interface Build {
  root: string
  sources: readonly BuildSource[]
  /** Kustomization files that take part. */
  kustomizations: ReadonlySet<string>
  /** Parts that produce objects which are in no file here: charts, generator plugins. Evidence lines. */
  generated: readonly string[]
  /** Parts that could not be followed: files that were not read, remote bases, missing files. Evidence lines. */
  unfollowed: readonly string[]
}

/** Inclusions that are followed; a chain of bases that doubles at each level would never end otherwise. */
const maxInclusions = 50_000
/** Folders between the root and a resource; real repositories have five. */
const maxChain = 64

/** What an engine lays over the kustomization of a root before it is built, e.g. `spec.patches` of a Flux Kustomization. */
export type RootOverlay = (kustomization: Kustomization) => Kustomization

/** By root. What a root is made of depends on kustomization files, and on which files can be read at all. */
const builds = createSnapshotMemo<Build>((known, change) => {
  if ([...change.paths].some((path) => isKustomizationFile(path) || changesReadability(change, path))) known.clear()
})

function changesReadability({ before, after }: SnapshotChange, path: string): boolean {
  return (before.text(path) === undefined) !== (after.text(path) === undefined)
}

const readable = createFileMemo<boolean>()

function isReadable(snapshot: Snapshot, path: string): boolean {
  return readable(snapshot, path, () => snapshot.text(path) !== undefined)
}

/**
 * What Flux builds from a folder: the kustomization there, or, when there is none, one made of all `.yaml` and `.yml`
 * files below it, with folders that have a kustomization as units (kustomize-controller's generator). `NotTraced`
 * when there is no such folder, `ManifestInvalid` when kustomize would refuse it. The path of a file stands for a root that
 * deploys just that file.
 */
export function buildOf(snapshot: Snapshot, root: string): Build {
  const known = builds(snapshot).get(root)
  if (known !== undefined) return known
  const build = walk(snapshot, root)
  builds(snapshot).set(root, build)
  return build
}

/** `buildOf` with something laid over the root's kustomization. A folder without one gets one that names all its parts. */
export function buildWith(snapshot: Snapshot, root: string, overlay: RootOverlay): Build {
  return walk(snapshot, root, overlay)
}

interface Walk {
  snapshot: Snapshot
  sources: BuildSource[]
  kustomizations: Set<string>
  generated: Set<string>
  unfollowed: Set<string>
  /** Files that are there and whose content is not known; told before what is not there at all. */
  unread: Set<string>
  /** Inclusions so far. */
  count: number
}

function walk(snapshot: Snapshot, root: string, overlay?: RootOverlay): Build {
  const folder = repositoryPath(root)
  if (folder === undefined) throw new FairleadError('NotTraced', `The root ${root} leaves the repository.`)
  const state: Walk = {
    snapshot,
    sources: [],
    kustomizations: new Set(),
    generated: new Set(),
    unfollowed: new Set(),
    unread: new Set(),
    count: 0,
  }
  visitRoot(state, folder, overlay)
  const { sources, kustomizations, generated, unread } = state
  const unfollowed = [...unread, ...state.unfollowed]
  return { root: folder, sources, kustomizations, generated: [...generated], unfollowed }
}

function visitRoot(state: Walk, folder: string, overlay: RootOverlay | undefined): void {
  const { snapshot } = state
  const own = snapshot.mode(folder) === undefined ? kustomizationIn(snapshot, folder) : undefined
  if (snapshot.mode(folder) !== undefined) addPlainFile(state, folder)
  else if (own === undefined && overlay === undefined) visitPlainFolder(state, folder)
  else {
    const kustomization = own ?? generatedKustomization(snapshot, folder)
    const laid = overlay === undefined ? kustomization : overlay(kustomization)
    visit(state, laid, { layers: [], before: [], chain: [] })
  }
}

/** One contribution to a kustomization's objects. A component also acts on every contribution before it. */
interface Step {
  of: Kustomization
  /** Absent for the resources of `of`. */
  component?: PathEntry
  /** Folders that lead here by inclusion, `of` last. */
  chain: readonly string[]
}

/** How a kustomization is reached. */
interface Inclusion {
  /** What acts after it, the innermost first. */
  layers: readonly Kustomization[]
  /** What was gathered before a component; its transformations reach it too (kustomize's accumulateTarget). */
  before: readonly Step[]
  chain: readonly string[]
}

/** Visits from the outside to the inside. */
function visit(state: Walk, of: Kustomization, { layers, before, chain: outer }: Inclusion): void {
  const chain = [...outer, of.folder]
  if (outer.includes(of.folder)) {
    throw new FairleadError('ManifestInvalid', `${of.file} includes itself: ${chain.join(' -> ')}.`)
  }
  if (chain.length > maxChain) {
    throw new FairleadError('ManifestInvalid', `${of.file} is included through more than ${maxChain} folders.`)
  }
  countInclusion(state)
  state.kustomizations.add(of.file)
  for (const line of of.generators) state.generated.add(line)
  const components = of.components.map((component): Step => ({ of, component, chain }))
  visitSteps(state, [...before, { of, chain }, ...components], [of, ...layers])
}

function visitSteps(state: Walk, steps: readonly Step[], layers: readonly Kustomization[]): void {
  const last = steps.at(-1)
  if (last === undefined) return
  const before = steps.slice(0, -1)
  const component = last.component === undefined ? undefined : follow(state, last.of, last.component)
  if (component?.component === true) {
    // A component visits what came before it by itself.
    visit(state, component, { layers, before, chain: last.chain })
    return
  }
  visitSteps(state, before, layers)
  if (last.component !== undefined) {
    state.unfollowed.add(`${last.component.where} component ${last.component.path} is not in the repository`)
    return
  }
  for (const entry of last.of.resources) visitResource(state, last, entry, layers)
}

function visitResource(state: Walk, { of, chain }: Step, entry: PathEntry, layers: readonly Kustomization[]): void {
  const path = resolvePath(of.folder, entry.path)
  if (path !== undefined && isReadable(state.snapshot, path)) {
    addSource(state, path, layers)
    return
  }
  if (path !== undefined && state.snapshot.mode(path) !== undefined) {
    state.unread.add(whyUnread(state.snapshot, path))
    return
  }
  const base = follow(state, of, entry)
  if (base !== undefined) visit(state, base, { layers, before: [], chain })
  else state.unfollowed.add(`${entry.where} resource ${entry.path} is not in the repository`)
}

function follow(state: Walk, of: Kustomization, entry: PathEntry): Kustomization | undefined {
  const path = resolvePath(of.folder, entry.path)
  return path === undefined ? undefined : kustomizationIn(state.snapshot, path)
}

function countInclusion(state: Walk): void {
  state.count += 1
  if (state.count > maxInclusions) {
    throw new FairleadError(
      'ManifestInvalid',
      `The root includes more than ${maxInclusions} files; it is not followed.`,
    )
  }
}

function addSource(state: Walk, file: string, layers: readonly Kustomization[]): void {
  countInclusion(state)
  state.sources.push({ file, layers })
}

function visitPlainFolder(state: Walk, folder: string): void {
  for (const part of plainParts(state.snapshot, folder)) {
    if (part.isUnit) visitUnit(state, part.path)
    else addPlainFile(state, part.path)
  }
}

function visitUnit(state: Walk, folder: string): void {
  const kustomization = kustomizationIn(state.snapshot, folder)
  if (kustomization !== undefined && !kustomization.component)
    visit(state, kustomization, { layers: [], before: [], chain: [] })
}

function addPlainFile(state: Walk, path: string): void {
  if (isReadable(state.snapshot, path)) addSource(state, path, [])
  else state.unread.add(whyUnread(state.snapshot, path))
}

/** Why a path of the repository has no text here. */
function whyUnread(snapshot: Snapshot, path: string): string {
  const mode = snapshot.mode(path)
  if (mode === '120000') return `${path} is a symlink; it was not followed`
  if (mode === '160000') return `${path} is a submodule; it was not followed`
  if (/\.(ya?ml|json)$/.test(path)) return `${path} is larger than 1 MiB or not UTF-8; it was not read`
  return `${path} has no name of a YAML or JSON file; it was not read`
}
