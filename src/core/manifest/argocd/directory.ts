import { FairleadError } from '../../../errors.ts'
import { globMatcher } from '../../image/glob.ts'
import type { Build, BuildSource } from '../kustomize/build.ts'
import { isWithin } from '../repository-path.ts'
import type { Snapshot } from '../snapshot.ts'
import { enterAllMerged, type Merged, mergedText } from '../yaml/merged.ts'
import { matcherOf } from './file-glob.ts'

/** A file with these words is no manifest to Argo CD (its reposerver). */
const skipMarker = '+argocd:skip-file-rendering'

/**
 * What Argo CD applies from a folder of plain manifests: files called `.yaml`, `.yml` or `.json` there, and below with
 * `recurse`; `exclude` and `include` are globs over the path below the folder, in which `*` also matches slashes.
 * `NotTraced` when there is no such folder.
 */
export function directoryBuild(snapshot: Snapshot, folder: string, fields: Merged): Build {
  const text = (key: string) => mergedText(enterAllMerged(fields, 'directory', key)) ?? ''
  const isChosen = chooserOf(text('include'), text('exclude'))
  const below = snapshot.paths.filter((path) => isWithin(folder, path))
  if (below.length === 0) {
    throw new FairleadError('NotTraced', `There is no folder ${folder || '.'} in the repository.`)
  }
  const sources: BuildSource[] = []
  const [generated, unfollowed]: string[][] = [[], []]
  for (const path of below) {
    const relative = folder === '' ? path : path.slice(folder.length + 1)
    if (text('recurse') !== 'true' && relative.includes('/')) continue
    if (!/\.(yaml|yml|json|jsonnet)$/.test(path) || !isChosen(relative)) continue
    const content = snapshot.text(path)
    if (path.endsWith('.jsonnet')) generated?.push(`${path} is a jsonnet program`)
    else if (content === undefined) unfollowed?.push(`${path} is no regular text file up to 1 MiB; it was not read`)
    else if (!content.includes(skipMarker)) sources.push({ file: path, layers: [] })
  }
  return { root: folder, sources, kustomizations: new Set(), generated: generated ?? [], unfollowed: unfollowed ?? [] }
}

function chooserOf(include: string, exclude: string): (path: string) => boolean {
  const [included, excluded] = [include, exclude].map((glob) =>
    glob === '' ? undefined : matcherOf(globMatcher, glob),
  )
  return (path) => (included?.(path) ?? true) && !(excluded?.(path) ?? false)
}
