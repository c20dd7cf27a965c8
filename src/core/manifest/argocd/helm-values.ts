import { chartValues } from '../helm/chart-values.ts'
import { valuesInFile, valuesInText } from '../helm/values-text.ts'
import {
  decidingPlace,
  enterMerged,
  isWritten,
  type Merged,
  type MergeLayer,
  mergedItems,
  mergedText,
} from '../yaml/merged.ts'
import { textOf, whereIs } from '../yaml/place.ts'
import type { BuildEnvironment } from './build-environment.ts'
import { parameterSteps } from './parameter-path.ts'
import type { ApplicationSource, Homes } from './source.ts'
import { type ValueFile, valueFilesOf } from './value-file.ts'

/** The values that a Helm source renders its chart with. */
export interface SourceValues {
  /** The winner first. */
  values: Merged
  /** In which branch the files lie; those that are not here are the Application's own. */
  homes: Homes
}

/**
 * The values of a Helm source, laid over each other as Argo CD hands them to Helm: the chart's own, the value files in
 * order, `valuesObject` or else `values`, `parameters`, those with `forceString`, `fileParameters` (its util/helm, Helm's
 * MergeValues). The refusals of `valueFilesOf` and of `chartValues`.
 */
export function helmValues(
  source: ApplicationSource,
  sources: readonly ApplicationSource[],
  environment: BuildEnvironment,
): SourceValues {
  const homes: Homes = new Map()
  const helm = enterMerged(source.fields, 'helm')
  const files = valueFilesOf(source, sources, environment)
  const values = [
    ...fileParameters(helm),
    ...parameters(helm),
    ...inlineValues(helm),
    ...files.toReversed().flatMap((file) => fileLayer(file, homes)),
    ...chartLayers(source, homes),
  ]
  return { values, homes }
}

/** The defaults of a chart in Git, and of its subcharts. */
function chartLayers({ branch, path, chart }: ApplicationSource, homes: Homes): MergeLayer[] {
  if (branch === undefined || chart !== '') return []
  const layers = chartValues({ branch, path }, [])
  for (const { place } of layers) homes.set(place.source, branch)
  return layers
}

function fileLayer(file: ValueFile, homes: Homes): MergeLayer[] {
  if ('unknown' in file) {
    return [{ place: file.entry, beneath: true, opaque: `${whereIs(file.entry)}: ${file.unknown}` }]
  }
  const root = valuesInFile(file.branch.snapshot, file.path)
  if (root === undefined) return []
  homes.set(root.source, file.branch)
  return [{ place: root, beneath: true }]
}

/** `valuesObject` wins over `values`, however little is in it. */
function inlineValues(helm: Merged): Merged {
  const object = enterMerged(helm, 'valuesObject')
  if (isWritten(object)) return object
  const place = decidingPlace(enterMerged(helm, 'values'))
  const root = place === undefined ? undefined : valuesInText(place)
  return root === undefined ? [] : [{ place: root }]
}

/** The last of one name wins, and text over what Helm would read as a number. */
function parameters(helm: Merged): Merged {
  const items = mergedItems(enterMerged(helm, 'parameters')).toReversed()
  const isForced = (item: Merged) => mergedText(enterMerged(item, 'forceString')) === 'true'
  return [...items.filter(isForced), ...items.filter((item) => !isForced(item))].flatMap(parameterLayer)
}

function parameterLayer(item: Merged): MergeLayer[] {
  const name = mergedText(enterMerged(item, 'name')) ?? ''
  const place = decidingPlace(enterMerged(item, 'value'))
  if (place === undefined) return []
  const at = parameterSteps(name)
  const where = `${whereIs(place)} parameter ${name}`
  if (at === undefined) return [{ place, opaque: `${where} has a name that is not understood` }]
  if (textOf(place)?.includes('$') === true) return [{ place, at, opaque: `${where} is filled in by Argo CD` }]
  return [{ place, at, replaces: true }]
}

function fileParameters(helm: Merged): MergeLayer[] {
  return mergedItems(enterMerged(helm, 'fileParameters')).flatMap((item): MergeLayer[] => {
    const name = mergedText(enterMerged(item, 'name')) ?? ''
    const place = item[0]?.place
    if (place === undefined) return []
    const at = parameterSteps(name) ?? []
    return [{ place, at, opaque: `${whereIs(place)} fills ${name} from a file` }]
  })
}
