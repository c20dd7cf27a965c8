import { orRefusal } from '../../../errors.ts'
import type { Snapshot } from '../snapshot.ts'
import { createFileMemo } from '../snapshot-memo.ts'
import { objectsOf } from '../workload-manifest.ts'
import { enter, enterAll, type Place, textOf } from '../yaml/place.ts'
import { readYaml } from '../yaml/source.ts'

const memo = createFileMemo<readonly Place[]>()

/** Applications and ApplicationSets, as they are written anywhere in a snapshot. */
export function applicationsIn(snapshot: Snapshot, kind: 'Application' | 'ApplicationSet' = 'Application'): Place[] {
  const all = snapshot.paths.flatMap((path) =>
    /\.(ya?ml|json)$/.test(path) ? memo(snapshot, path, () => applicationsInFile(snapshot, path)) : [],
  )
  return all.filter((object) => textOf(enter(object, 'kind')) === kind)
}

/** A file that cannot be read declares nothing. */
function applicationsInFile(snapshot: Snapshot, path: string): readonly Place[] {
  const text = snapshot.text(path)
  if (text?.includes('argoproj.io/') !== true || !text.includes('Application')) return []
  return orRefusal(
    () =>
      objectsOf(readYaml(path, text)).filter((object) => {
        const isArgo = textOf(enter(object, 'apiVersion'))?.startsWith('argoproj.io/') === true
        return isArgo && textOf(enterAll(object, 'metadata', 'name')) !== undefined
      }),
    () => [],
  )
}
