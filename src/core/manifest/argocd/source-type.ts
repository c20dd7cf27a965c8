import { FairleadError } from '../../../errors.ts'
import { kustomizationNames } from '../kustomize/kustomization.ts'
import { joinPath } from '../repository-path.ts'
import { enterMerged, isWritten } from '../yaml/merged.ts'
import type { ApplicationSource } from './source.ts'

/** How Argo CD renders a source. */
export type SourceType = 'directory' | 'kustomize' | 'helm' | 'plugin'

const explicitTypes = ['kustomize', 'helm', 'directory', 'plugin'] as const

/**
 * How a source is rendered: as its fields say, else as the files of its folder do (Argo CD's `ExplicitType` and
 * util/app/discovery, where a kustomization wins over a `Chart.yaml` beside it).
 * Plugins that only find out by themselves that a folder is theirs cannot be known. `ManifestInvalid` when the fields
 * name several types.
 */
export function sourceTypeOf(source: ApplicationSource): SourceType {
  const explicit = explicitTypes.filter((type) => isWritten(enterMerged(source.fields, type)))
  const [only, second] = explicit
  if (second !== undefined) {
    const types = explicit.join(' and ')
    throw new FairleadError('ManifestInvalid', `${source.where} ${source.field} has both ${types}; Argo CD refuses it.`)
  }
  if (only !== undefined) return only
  if (source.chart !== '') return 'helm'
  const { branch, path } = source
  const has = (file: string) => branch?.snapshot.mode(joinPath(path, file)) !== undefined
  if (kustomizationNames.some(has)) return 'kustomize'
  return has('Chart.yaml') ? 'helm' : 'directory'
}
