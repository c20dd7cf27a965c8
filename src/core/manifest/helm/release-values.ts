import { FairleadError } from '../../../errors.ts'
import type { Applier, GitBranch, HelmReleaseApplier } from '../applier.ts'
import type { DeclaredThrough } from '../declared-through.ts'
import { enterAllMerged, type Merged } from '../yaml/merged.ts'
import type { Place } from '../yaml/place.ts'
import { chartValues } from './chart-values.ts'
import { valuesFrom } from './values-from.ts'

/** All values of a release as far as they are in Git. */
export interface ReleaseValues {
  values: Merged
  /** Evidence of what nobody can read here and what may lie over the value at this place. */
  unseenOver: (place: Place) => string[]
  originOf: (place: Place) => ValueOrigin
}

/** From where a release has a value. */
export interface ValueOrigin {
  branch: GitBranch
  /** Folder of the chart that brings it along. */
  chart?: string
  /** Name of the ConfigMap that holds it. */
  configMap?: string
  /** That ConfigMap is made of a file, of which others may be made too. */
  isGenerated?: boolean
}

/**
 * `spec.values` over `valuesFrom` over what the chart brings along, as helm-controller merges them. A chart from
 * elsewhere brings along what is not known here.
 */
export function releaseValues(applier: HelmReleaseApplier, declared: DeclaredThrough, by: Applier): ReleaseValues {
  const { merged, branch } = declared
  const from = valuesFrom(merged, applier.namespace, by).reverse()
  const { chart } = applier
  const defaults = chart === undefined ? [] : chartValues(chart, merged)
  const layers = from.flatMap(({ layer }) => layer ?? [])
  const isDefault = ({ document }: Place) => defaults.some(({ place }) => place.document === document)
  const isFrom = ({ document }: Place) => from.findIndex(({ layer }) => layer?.place.document === document)
  return {
    values: [...enterAllMerged(merged, 'spec', 'values'), ...layers, ...defaults],
    // What is in none of them is in the release itself, which wins.
    unseenOver: (place) => {
      const above = isDefault(place) ? from : from.slice(0, Math.max(isFrom(place), 0))
      return above.flatMap(({ unseen }) => unseen ?? [])
    },
    originOf: (place) => {
      if (chart !== undefined && isDefault(place)) return { branch: chart.branch, chart: chart.path }
      const configMap = from[isFrom(place)]?.name
      // A value in a manifest lies in a text of it, or is one.
      const isGenerated = place.source.within === undefined
      return configMap === undefined ? { branch } : { branch, configMap, isGenerated }
    },
  }
}

/** The refusal of a release without the thing that applies it. */
export function undeclared({ namespace, name }: HelmReleaseApplier): FairleadError {
  const what = `HelmRelease ${namespace}/${name}: what applies it is not known`
  return new FairleadError('NotTraced', `${what}; have a Flux Kustomization or Argo CD apply it from Git.`)
}
