import { FairleadError } from '../../../errors.ts'
import { resolvePath } from '../repository-path.ts'
import type { Snapshot } from '../snapshot.ts'
import { createFileMemo, createSnapshotMemo } from '../snapshot-memo.ts'
import { objectsOf } from '../workload-manifest.ts'
import { enter, enterAll, itemsOf, type Place, textOf, whereIs } from '../yaml/place.ts'
import { parseYaml } from '../yaml/source.ts'

/** From where a HelmRelease takes values, as its manifest says without any patches. */
export interface ReleaseManifest {
  file: string
  /** `file:line`. */
  where: string
  name: string
  namespace: string | undefined
  /** Folder of its chart, when that comes from a Git repository. */
  chart: string | undefined
  /** The source that is its chart; the namespace is unknown where the manifest leaves it to its root. */
  chartRef: { kind: string; namespace: string | undefined; name: string } | undefined
  /** ConfigMaps of its `valuesFrom`. */
  configMaps: ReadonlySet<string>
}

const word = 'HelmRelease'

/** Files that mention the kind; true until one of them, or what becomes one, changes. */
const files = createSnapshotMemo<readonly string[]>((known, { before, after, paths }) => {
  const mentions = (path: string) => [before, after].some((one) => one.text(path)?.includes(word) === true)
  if ([...paths].some(mentions)) known.clear()
})

const releases = createFileMemo<readonly ReleaseManifest[]>()

/**
 * HelmReleases of a repository whose files mention one of the names anywhere; a file that cannot be read declares nothing
 * that is known.
 */
export function releaseManifests(snapshot: Snapshot, names: readonly string[]): ReleaseManifest[] {
  const known = files(snapshot).get('')
  const among = known ?? snapshot.paths.filter((path) => snapshot.text(path)?.includes(word) === true)
  if (known === undefined) files(snapshot).set('', among)
  const naming = among.filter((path) => names.some((name) => snapshot.text(path)?.includes(name) === true))
  return naming.flatMap((path) => releases(snapshot, path, () => releasesIn(path, snapshot.text(path) ?? '')))
}

function releasesIn(file: string, text: string): ReleaseManifest[] {
  try {
    const objects = objectsOf(parseYaml(file, text))
    return objects.filter((object) => textOf(enter(object, 'kind')) === word).map(releaseOf)
  } catch (thrown) {
    if (thrown instanceof FairleadError) return []
    throw thrown
  }
}

function releaseOf(object: Place): ReleaseManifest {
  const from = itemsOf(enterAll(object, 'spec', 'valuesFrom'))
  const maps = from.filter((entry) => textOf(enter(entry, 'kind')) === 'ConfigMap')
  return {
    file: object.source.file,
    where: whereIs(object),
    name: textOf(enterAll(object, 'metadata', 'name')) ?? '',
    namespace: textOf(enterAll(object, 'metadata', 'namespace')),
    chart: chartOf(object),
    chartRef: chartRefOf(object),
    configMaps: new Set(maps.flatMap((entry) => textOf(enter(entry, 'name')) ?? [])),
  }
}

function chartRefOf(object: Place): ReleaseManifest['chartRef'] {
  const at = (...path: string[]) => textOf(enterAll(object, ...path))
  const [kind, name] = [at('spec', 'chartRef', 'kind'), at('spec', 'chartRef', 'name')]
  if (kind === undefined || name === undefined) return undefined
  return { kind, name, namespace: at('spec', 'chartRef', 'namespace') ?? at('metadata', 'namespace') }
}

function chartOf(object: Place): string | undefined {
  const spec = enterAll(object, 'spec', 'chart', 'spec')
  const chart = textOf(enterAll(spec, 'chart'))
  if (chart === undefined || textOf(enterAll(spec, 'sourceRef', 'kind')) !== 'GitRepository') return undefined
  return resolvePath('', chart)
}
