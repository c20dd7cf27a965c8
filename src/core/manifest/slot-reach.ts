import { FairleadError } from '../../errors.ts'
import { type Deployed, deployedAs } from './deployed.ts'
import { decideImage, matchesImage } from './image-decision.ts'
import { type ImageEntry, kustomizationIn } from './kustomization.ts'
import type { Build, BuildSource } from './kustomize.ts'
import { folderOf } from './repository-path.ts'
import type { Snapshot } from './snapshot.ts'
import { createSnapshotMemo } from './snapshot-memo.ts'
import { type ManifestContainer, type ManifestValue, manifestsIn, type WorkloadManifest } from './workload-manifest.ts'

/** A container as deployed. */
export interface DeployedContainer {
  deployed: Deployed
  container: ManifestContainer
}

/** Every container under the root whose image this scalar of a manifest decides; a file may be deployed twice. */
export function decidedByManifest(
  snapshot: Snapshot,
  build: Build,
  written: ManifestValue,
  targetNamespace: string | undefined,
): DeployedContainer[] {
  const sources = build.sources.filter(({ file }) => file === written.file)
  return reach(snapshot, sources, targetNamespace, (container, source) => {
    const { image } = container
    return image?.keyPath === written.keyPath && decideImage(image.value, source.layers).entry === undefined
  })
}

/** By root; any change of a file may add a container or take one away. */
const entryReach = createSnapshotMemo<{ build: Build; reach: Map<ImageEntry, DeployedContainer[]> }>((known) =>
  known.clear(),
)

/** Every container under the root whose tag this `images:` entry decides. Found once per snapshot and entry. */
export function decidedByEntry(
  snapshot: Snapshot,
  build: Build,
  entry: ImageEntry,
  targetNamespace: string | undefined,
): DeployedContainer[] {
  const before = entryReach(snapshot).get(build.root)
  const known = before?.build === build ? before : { build, reach: new Map<ImageEntry, DeployedContainer[]>() }
  entryReach(snapshot).set(build.root, known)
  const found = known.reach.get(entry) ?? findByEntry(snapshot, build, entry, targetNamespace)
  known.reach.set(entry, found)
  return found
}

function findByEntry(
  snapshot: Snapshot,
  build: Build,
  entry: ImageEntry,
  targetNamespace: string | undefined,
): DeployedContainer[] {
  const names = writtenNames(snapshot, build, entry)
  const sources = build.sources.filter((source) => {
    if (!source.layers.some((layer) => layer.images.includes(entry))) return false
    const text = snapshot.text(source.file) ?? ''
    return names === undefined || names.some((name) => text.includes(name))
  })
  return reach(snapshot, sources, targetNamespace, ({ image }, source) => {
    return image !== undefined && decideImage(image.value, source.layers).entry === entry
  })
}

/**
 * Names a manifest may have for this entry to match in the end: its own, and those that inner entries rename into it.
 * Undefined when one of them is a pattern, so that text cannot tell.
 */
function writtenNames(snapshot: Snapshot, build: Build, entry: ImageEntry): string[] | undefined {
  const entries = [...build.kustomizations].flatMap((file) => kustomizationIn(snapshot, folderOf(file))?.images ?? [])
  const leading: ImageEntry[] = [entry]
  for (const one of leading) {
    const renaming = entries.filter(({ newName }) => newName !== undefined && matchesImage(one, newName.value))
    leading.push(...renaming.filter((other) => !leading.includes(other)))
  }
  const names = leading.map(({ name }) => name)
  return names.every((name) => /^[A-Za-z0-9./:_-]+$/.test(name)) ? names : undefined
}

function reach(
  snapshot: Snapshot,
  sources: readonly BuildSource[],
  targetNamespace: string | undefined,
  decides: (container: ManifestContainer, source: BuildSource) => boolean,
): DeployedContainer[] {
  return sources.flatMap((source) =>
    workloadsIn(snapshot, source.file).flatMap((workload) =>
      workload.containers
        .filter((container) => decidesSafely(decides, container, source))
        .map((container) => ({ deployed: deployedAs(source, workload, targetNamespace), container })),
    ),
  )
}

/** A file or image that cannot be followed is refused when it is traced itself; here it is no part of the reach. */
function workloadsIn(snapshot: Snapshot, file: string): readonly WorkloadManifest[] {
  return orElse(() => manifestsIn(snapshot, file).workloads, [])
}

function decidesSafely(
  decides: (container: ManifestContainer, source: BuildSource) => boolean,
  container: ManifestContainer,
  source: BuildSource,
): boolean {
  return orElse(() => decides(container, source), false)
}

function orElse<T>(attempt: () => T, fallback: T): T {
  try {
    return attempt()
  } catch (thrown) {
    if (thrown instanceof FairleadError) return fallback
    throw thrown
  }
}
