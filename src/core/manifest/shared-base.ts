import { FairleadError } from '../../errors.ts'
import { isKustomizationFile, type Kustomization, kustomizationIn } from './kustomization.ts'
import type { Build } from './kustomize.ts'
import { folderOf, isWithin, resolvePath } from './repository-path.ts'
import type { Snapshot } from './snapshot.ts'

/**
 * Kustomization files that include the file (or, for a kustomization file, its folder), directly or through others,
 * and take no part in this build: changing the file would change what they deploy. Only asked for files outside the
 * root's own folder; what lies inside belongs to the root.
 */
export function otherIncluders(snapshot: Snapshot, build: Build, file: string): string[] {
  if (isWithin(build.root, file)) return []
  const files = snapshot.paths.filter(isKustomizationFile)
  const included = new Set([file, ...(isKustomizationFile(file) ? [folderOf(file)] : [])])
  const includers = new Set<string>()
  for (let size = -1; size !== includers.size; ) {
    size = includers.size
    for (const one of files) {
      const folder = folderOf(one)
      if (includers.has(one) || folder === build.root || !includesAny(snapshot, folder, included)) continue
      includers.add(one)
      included.add(folder)
    }
  }
  return [...includers].filter((one) => !build.kustomizations.has(one))
}

function includesAny(snapshot: Snapshot, folder: string, paths: ReadonlySet<string>): boolean {
  const kustomization = readableKustomization(snapshot, folder)
  if (kustomization === undefined) return false
  const entries = [...kustomization.resources, ...kustomization.components]
  const read = [
    ...entries.map((entry) => resolvePath(folder, entry.path)),
    ...kustomization.configMaps.flatMap(({ files }) => [...files.values()]),
  ]
  return read.some((path) => path !== undefined && paths.has(path))
}

/** The kustomization of a folder; one that nobody can read deploys nothing. */
export function readableKustomization(snapshot: Snapshot, folder: string): Kustomization | undefined {
  try {
    return kustomizationIn(snapshot, folder)
  } catch (thrown) {
    if (thrown instanceof FairleadError) return undefined
    throw thrown
  }
}
