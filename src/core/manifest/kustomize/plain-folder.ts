import { FairleadError } from '../../../errors.ts'
import { folderOf, isWithin, joinPath } from '../repository-path.ts'
import type { Snapshot } from '../snapshot.ts'
import { isKustomizationFile, type Kustomization, kustomizationAt } from './kustomization.ts'

/** A part of a folder without a kustomization. */
export interface PlainPart {
  path: string
  /** A folder with a kustomization of its own. */
  isUnit: boolean
}

/**
 * What Flux takes from a folder without kustomization: all `.yaml` and `.yml` files below it, and folders with a
 * kustomization as units. `NotTraced` when there is no such folder.
 */
export function plainParts(snapshot: Snapshot, folder: string): PlainPart[] {
  const paths = snapshot.paths.filter((path) => isWithin(folder, path))
  if (paths.length === 0) throw new FairleadError('NotTraced', `There is no folder ${folder} in the repository.`)
  const units = new Set(paths.filter(isKustomizationFile).map(folderOf))
  const visited = new Set<string>()
  return paths.flatMap((path): PlainPart[] => {
    const unit = outermostUnit(units, folder, path)
    if (unit === undefined) return /\.ya?ml$/.test(path) ? [{ path, isUnit: false }] : []
    if (visited.has(unit)) return []
    visited.add(unit)
    return [{ path: unit, isUnit: true }]
  })
}

/** kustomize-controller writes such a file into a folder without one (fluxcd/pkg, kustomize). */
export function generatedKustomization(snapshot: Snapshot, folder: string): Kustomization {
  const file = joinPath(folder, 'kustomization.yaml')
  const below = folder === '' ? 0 : folder.length + 1
  const parts = plainParts(snapshot, folder)
  const resources = parts.map(({ path }) => ({ path: path.slice(below), where: path }))
  return { ...kustomizationAt(file, undefined), resources }
}

/** The topmost folder with a kustomization between the root and the file. */
function outermostUnit(units: ReadonlySet<string>, root: string, path: string): string | undefined {
  const below = root === '' ? path : path.slice(root.length + 1)
  let folder = root
  for (const part of below.split('/').slice(0, -1)) {
    folder = joinPath(folder, part)
    if (units.has(folder)) return folder
  }
  return undefined
}
