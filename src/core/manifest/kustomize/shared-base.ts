import { FairleadError, orRefusal } from '../../../errors.ts'
import type { KustomizationApplier } from '../applier.ts'
import { engineRoots } from '../engine-root.ts'
import { folderOf, isWithin, resolvePath } from '../repository-path.ts'
import type { Snapshot } from '../snapshot.ts'
import { createSnapshotMemo } from '../snapshot-memo.ts'
import { type Build, buildOf } from './build.ts'
import { isKustomizationFile, type Kustomization, kustomizationIn } from './kustomization.ts'

/**
 * Kustomization files that include the file (or, for a kustomization file, its folder) or a patch in it, directly or
 * through others, and take no part in this build: changing the file would change what they deploy. Only asked for files
 * outside the root's own folder; what lies inside belongs to the root.
 */
export function otherIncluders(snapshot: Snapshot, build: Build, file: string): string[] {
  if (isWithin(build.root, file)) return []
  const index = includersIn(snapshot)
  const includers = new Set<string>()
  const included = [file, ...(isKustomizationFile(file) ? [folderOf(file)] : [])]
  for (const path of included) {
    for (const one of index.get(path) ?? []) {
      const folder = folderOf(one)
      if (includers.has(one) || folder === build.root) continue
      includers.add(one)
      included.push(folder)
    }
  }
  return [...includers].filter((one) => !build.kustomizations.has(one))
}

/** Kustomization files by what they name: resources, components, patches and files of ConfigMaps. */
type Includers = ReadonlyMap<string, readonly string[]>

const indexes = createSnapshotMemo<Includers>((known, { paths }) => {
  if ([...paths].some(isKustomizationFile)) known.clear()
})

function includersIn(snapshot: Snapshot): Includers {
  const known = indexes(snapshot).get('')
  if (known !== undefined) return known
  const index = new Map<string, string[]>()
  for (const file of snapshot.paths.filter(isKustomizationFile)) {
    for (const path of namedBy(snapshot, folderOf(file))) index.set(path, [...(index.get(path) ?? []), file])
  }
  indexes(snapshot).set('', index)
  return index
}

function namedBy(snapshot: Snapshot, folder: string): string[] {
  const kustomization = readableKustomization(snapshot, folder)
  if (kustomization === undefined) return []
  const { resources, components, patches, configMaps } = kustomization
  const included = [...resources, ...components].flatMap(({ path }) => resolvePath(folder, path) ?? [])
  const read = configMaps.flatMap(({ files }) => [...files.values()])
  return [...included, ...patches.flatMap(({ path }) => path ?? []), ...read]
}

/** The kustomization of a folder; one that nobody can read deploys nothing. */
export function readableKustomization(snapshot: Snapshot, folder: string): Kustomization | undefined {
  return orRefusal(
    () => kustomizationIn(snapshot, folder),
    () => undefined,
  )
}

/** What a change of a file would reach besides the root. */
interface Sharing {
  /** The folder that is deployed. */
  root: string
  evidence: string
}

/**
 * Refuses (`SharedBase`) the change of a file outside the root that other roots deploy too, unless all of them are among
 * the `roots` that may change. Roots are the folders that Flux or Argo CD objects in the repository point at, and
 * kustomizations that no other includes.
 */
export function refuseShared(
  snapshot: Snapshot,
  build: Build,
  { file, roots }: { file: string; roots: readonly string[] },
): void {
  if (isWithin(build.root, file)) return
  const sharing = [...includingRoots(snapshot, build, file), ...engineRootsOf(snapshot, build, file)]
  const others = sharing.filter(({ root }) => !roots.includes(root))
  if (others.length === 0) return
  const evidence = others.slice(0, 20).map((other) => other.evidence)
  const names = [...new Set(others.map(({ root }) => root || '.'))]
  const own = build.root || '.'
  const named = names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ')
  const what = `${file} decides the image, and it lies outside ${own} in a base that others deploy too (${named})`
  throw new FairleadError('SharedBase', `${what}; give ${own} its own images: entry.`, { evidence })
}

/**
 * Refuses (`SharedBase`) the change of a file that other Kustomizations or Applications of the cluster build too, wherever they are
 * declared: whoever may change one of them would change the others. Folders that nobody can build deploy nothing.
 */
export function refuseBuiltBeside(
  snapshot: Snapshot,
  file: string,
  { beside = [], roots = [] }: { beside?: KustomizationApplier['beside']; roots?: readonly string[] | undefined },
): void {
  const sharing = beside.filter(({ path }) => !roots.includes(path) && isBuilt(snapshot, path, file))
  if (sharing.length === 0) return
  const evidence = sharing.slice(0, 20).map(({ name, path }) => `${name} builds ${path || '.'}, which includes ${file}`)
  const names = sharing.slice(0, 5).map(({ name }) => name)
  const what = `${file} decides the image, and others deploy it too (${names.join(', ')})`
  throw new FairleadError('SharedBase', `${what}; give each an images: entry of its own.`, { evidence })
}

function isBuilt(snapshot: Snapshot, path: string, file: string): boolean {
  const build = orRefusal(
    () => buildOf(snapshot, path),
    () => undefined,
  )
  if (build === undefined) return false
  const { sources, kustomizations } = build
  if (kustomizations.has(file) || sources.some((source) => source.file === file)) return true
  const layers = new Set(sources.flatMap((source) => source.layers))
  return [...layers].some(({ patches }) => patches.some((patch) => patch.path === file))
}

/** Folders of kustomizations that include the file and that no other kustomization includes. */
function includingRoots(snapshot: Snapshot, build: Build, file: string): Sharing[] {
  const includers = otherIncluders(snapshot, build, file)
  const index = includersIn(snapshot)
  const outermost = includers.filter((one) => {
    return !(index.get(folderOf(one)) ?? []).some((other) => other !== one && includers.includes(other))
  })
  return (outermost.length > 0 ? outermost : includers).map((one) => {
    return { root: folderOf(one), evidence: `${one} includes ${file}` }
  })
}

function engineRootsOf(snapshot: Snapshot, build: Build, file: string): Sharing[] {
  return engineRoots(snapshot).flatMap(({ path, where, kind, name }) => {
    if (path === build.root || !deploys(snapshot, build, { path, file })) return []
    return [{ root: path, evidence: `${where} ${kind} ${name} deploys ${path || '.'}, which includes ${file}` }]
  })
}

/** Does a root deploy the file by another way than through the build's own root? */
function deploys(snapshot: Snapshot, own: Build, { path, file }: { path: string; file: string }): boolean {
  if (!isBuilt(snapshot, path, file)) return false
  return ![...buildOf(snapshot, path).kustomizations].some((one) => folderOf(one) === own.root)
}
