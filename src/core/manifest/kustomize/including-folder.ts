import { orRefusal } from '../../../errors.ts'
import { folderOf } from '../repository-path.ts'
import type { Snapshot } from '../snapshot.ts'
import { buildOf } from './build.ts'
import { isKustomizationFile } from './kustomization.ts'

/**
 * Folders with a kustomization whose build has the file and that take part in no larger one of these. A folder that
 * cannot be built takes nothing in.
 */
export function outermostIncluders(snapshot: Snapshot, file: string): string[] {
  const builds = snapshot.paths.filter(isKustomizationFile).flatMap((kustomization) => {
    const folder = folderOf(kustomization)
    const build = orRefusal(
      () => buildOf(snapshot, folder),
      () => undefined,
    )
    return build?.sources.some((source) => source.file === file) ? [{ folder, kustomization, build }] : []
  })
  const outermost = builds.filter(({ kustomization, folder }) => {
    return !builds.some((other) => other.folder !== folder && other.build.kustomizations.has(kustomization))
  })
  return outermost.map(({ folder }) => folder)
}
