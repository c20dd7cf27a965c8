import { FairleadError } from '../../../errors.ts'
import type { Applier } from '../applier.ts'
import type { DeclaredThrough } from '../declared-through.ts'
import { buildOf } from '../kustomize/build.ts'
import { isKustomizationFile } from '../kustomize/kustomization.ts'
import { otherIncluders, readableKustomization } from '../kustomize/shared-base.ts'
import { folderOf } from '../repository-path.ts'
import type { Snapshot } from '../snapshot.ts'
import { enterAll, textOf, whereIs } from '../yaml/place.ts'
import { type ReleaseManifest, releaseManifests } from './release-index.ts'
import type { ValueOrigin } from './release-values.ts'

const imageWords = { what: 'image', remedy: 'set the tag in the values of the release, or where each root patches it' }

/** `SharedBase` when the value decides what others deploy too: other releases, or other roots with the same release. */
export function refuseSharedValues(
  declared: DeclaredThrough,
  by: Applier,
  file: string,
  origin: ValueOrigin,
  { what, remedy } = imageWords,
): void {
  const others = [...otherReleases(declared, file, origin), ...otherRoots(declared, by, file, origin)]
  if (others.length === 0) return
  const message = `${file} decides the ${what}, and others deploy it too; ${remedy}.`
  throw new FairleadError('SharedBase', message, { evidence: others.slice(0, 20) })
}

function otherRoots(declared: DeclaredThrough, by: Applier, file: string, { branch, chart }: ValueOrigin): string[] {
  if (by.kind !== 'Kustomization' || branch !== declared.branch) return []
  const { snapshot } = branch
  const build = buildOf(snapshot, by.folder.path)
  // Whoever deploys the release takes the chart's values with it.
  const shared = chart === undefined ? file : declared.manifest.source.file
  return otherIncluders(snapshot, build, shared).map((other) => `${other} includes ${shared}`)
}

/** Other HelmReleases of the repository that take values from the same place. */
function otherReleases(
  declared: DeclaredThrough,
  file: string,
  { branch, chart, configMap, isGenerated }: ValueOrigin,
): string[] {
  if (chart === undefined && configMap === undefined) return []
  const { snapshot } = branch
  const own = whereIs(declared.manifest)
  const namespace = textOf(enterAll(declared.manifest, 'metadata', 'namespace'))
  const names = [...(configMap === undefined ? [] : [configMap]), ...(isGenerated ? generatedOf(snapshot, file) : [])]
  const takes = (release: ReleaseManifest) => {
    if (chart !== undefined) return release.chart === chart
    const isElsewhere = namespace !== undefined && release.namespace !== undefined && release.namespace !== namespace
    return !isElsewhere && names.some((name) => release.configMaps.has(name))
  }
  const words = chart === undefined ? names : [chart.slice(chart.lastIndexOf('/') + 1)]
  return releaseManifests(snapshot, words)
    .filter((release) => release.where !== own && takes(release))
    .map(({ where, name }) => `${where} HelmRelease ${name} takes it too`)
}

/** Names of all ConfigMaps that are made of a file. */
function generatedOf(snapshot: Snapshot, file: string): string[] {
  return snapshot.paths.filter(isKustomizationFile).flatMap((one) => {
    const maps = readableKustomization(snapshot, folderOf(one))?.configMaps ?? []
    return maps.filter(({ files }) => [...files.values()].includes(file)).map(({ name }) => name)
  })
}
