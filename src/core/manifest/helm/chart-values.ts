import { FairleadError } from '../../../errors.ts'
import type { GitFolder } from '../applier.ts'
import { joinPath, resolvePath } from '../repository-path.ts'
import type { KeyStep } from '../yaml/key-path.ts'
import { decidingPlace, enterAllMerged, type Merged, type MergeLayer, mergedText } from '../yaml/merged.ts'
import { enter, itemsOf, type Place, textOf } from '../yaml/place.ts'
import { valuesInFile } from './values-text.ts'

/** Charts in charts that are followed. */
const maxDepth = 4

/**
 * The values that a chart in Git brings along, the winner first: `valuesFiles` of the release (which take the place of
 * `values.yaml`, as source-controller packs them; the last one wins), then those of its subcharts under their names.
 * `NotTraced` when a file is missing that Flux would miss too.
 */
export function chartValues(chart: GitFolder, release: Merged): MergeLayer[] {
  const spec = enterAllMerged(release, 'spec', 'chart', 'spec')
  const listed = itemsOf(decidingPlace(enterAllMerged(spec, 'valuesFiles'))).flatMap((item) => textOf(item) ?? [])
  const single = mergedText(enterAllMerged(spec, 'valuesFile'))
  const files = listed.length === 0 && single !== undefined ? [single] : listed
  const isOptional = mergedText(enterAllMerged(spec, 'ignoreMissingValuesFiles')) === 'true'
  const own = files.length === 0 ? [joinPath(chart.path, 'values.yaml')] : files.map((file) => fileIn(file))
  const { snapshot } = chart.branch
  const layers = own.flatMap((file): MergeLayer[] => {
    if ((isOptional || files.length === 0) && snapshot.mode(file) === undefined) return []
    return layersOf(valuesInFile(snapshot, file), [])
  })
  return [...layers.reverse(), ...subchartLayers(chart, [])]
}

function fileIn(file: string): string {
  const path = resolvePath('', file)
  if (path !== undefined) return path
  throw new FairleadError('NotTraced', `The values file ${file} is outside the repository.`)
}

function layersOf(place: Place | undefined, at: readonly KeyStep[]): MergeLayer[] {
  return place === undefined ? [] : [{ place, at, beneath: true }]
}

/** Defaults of charts in `charts/`, or of those that `Chart.yaml` names beside it by `file://`. */
function subchartLayers({ branch, path }: GitFolder, at: readonly KeyStep[]): MergeLayer[] {
  if (at.length === maxDepth) return []
  const { snapshot } = branch
  const file = joinPath(path, 'Chart.yaml')
  const about = snapshot.text(file) === undefined ? undefined : valuesInFile(snapshot, file)
  return itemsOf(about && enter(about, 'dependencies')).flatMap((dependency): MergeLayer[] => {
    const text = (key: string) => textOf(enter(dependency, key)) ?? ''
    const beside = text('repository').startsWith('file://') ? text('repository').slice('file://'.length) : undefined
    const folder = beside === undefined ? joinPath(path, `charts/${text('name')}`) : resolvePath(path, beside)
    const values = folder === undefined ? '' : joinPath(folder, 'values.yaml')
    if (folder === undefined || snapshot.text(values) === undefined) return []
    const steps = [...at, text('alias') || text('name')]
    return [...layersOf(valuesInFile(snapshot, values), steps), ...subchartLayers({ branch, path: folder }, steps)]
  })
}
