import { FairleadError } from '../../../errors.ts'
import type { Applier } from '../applier.ts'
import type { DeclaredThrough } from '../declared-through.ts'
import { isKustomizationFile } from '../kustomization.ts'
import { buildOf } from '../kustomize.ts'
import { folderOf, resolvePath } from '../repository-path.ts'
import { otherIncluders, readableKustomization } from '../shared-base.ts'
import type { Snapshot } from '../snapshot.ts'
import { objectsOf } from '../workload-manifest.ts'
import { enter, enterAll, itemsOf, type Place, textOf, whereIs } from '../yaml-place.ts'
import { readYaml } from '../yaml-source.ts'
import type { ValueOrigin } from './release-values.ts'

/** `SharedBase` when the value decides what others deploy too: other releases, or other roots with the same release. */
export function refuseSharedValues(declared: DeclaredThrough, by: Applier, file: string, origin: ValueOrigin): void {
  const others = [...otherReleases(declared, file, origin), ...otherRoots(declared, by, file, origin)]
  if (others.length === 0) return
  const what = `${file} decides the image, and others deploy it too`
  const remedy = 'set the tag in the values of the release itself'
  throw new FairleadError('SharedBase', `${what}; ${remedy}.`, { evidence: others.slice(0, 20) })
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
function otherReleases(declared: DeclaredThrough, file: string, { branch, chart, configMap }: ValueOrigin): string[] {
  if (chart === undefined && configMap === undefined) return []
  const { snapshot } = branch
  const names = new Set(configMap === undefined ? [] : [configMap, ...generatedOf(snapshot, file)])
  const takes = (release: Place) =>
    chart === undefined ? takesConfigMap(release, names, declared.manifest) : chartFolder(release) === chart
  return releasesIn(snapshot)
    .filter((release) => whereIs(release) !== whereIs(declared.manifest) && takes(release))
    .map((release) => `${whereIs(release)} HelmRelease ${textOf(enterAll(release, 'metadata', 'name'))} takes it too`)
}

/** Names of all ConfigMaps that are made of a file. */
function generatedOf(snapshot: Snapshot, file: string): string[] {
  return snapshot.paths.filter(isKustomizationFile).flatMap((one) => {
    const maps = readableKustomization(snapshot, folderOf(one))?.configMaps ?? []
    return maps.filter(({ files }) => [...files.values()].includes(file)).map(({ name }) => name)
  })
}

function takesConfigMap(release: Place, names: ReadonlySet<string>, own: Place): boolean {
  const [one, other] = [release, own].map((object) => textOf(enterAll(object, 'metadata', 'namespace')))
  if (one !== undefined && other !== undefined && one !== other) return false
  return itemsOf(enterAll(release, 'spec', 'valuesFrom')).some((entry) => {
    return textOf(enter(entry, 'kind')) === 'ConfigMap' && names.has(textOf(enter(entry, 'name')) ?? '')
  })
}

/** The folder of the chart that a release takes from a Git repository; undefined for any other chart. */
export function chartFolder(release: Place): string | undefined {
  const spec = enterAll(release, 'spec', 'chart', 'spec')
  const chart = textOf(enterAll(spec, 'chart'))
  if (chart === undefined || textOf(enterAll(spec, 'sourceRef', 'kind')) !== 'GitRepository') return undefined
  return resolvePath('', chart)
}

/** A file that cannot be read declares nothing that is known. */
function releasesIn(snapshot: Snapshot): Place[] {
  return snapshot.paths.flatMap((file) => {
    const text = snapshot.text(file)
    if (text?.includes('HelmRelease') !== true) return []
    try {
      return objectsOf(readYaml(file, text)).filter((object) => textOf(enter(object, 'kind')) === 'HelmRelease')
    } catch (thrown) {
      if (thrown instanceof FairleadError) return []
      throw thrown
    }
  })
}
