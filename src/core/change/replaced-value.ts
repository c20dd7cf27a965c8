import { FairleadError } from '../../errors.ts'
import { parseKeyPath } from '../manifest/yaml/key-path.ts'
import { locateScalar } from '../manifest/yaml/locate.ts'
import { parseYaml } from '../manifest/yaml/source.ts'
import type { FileChange } from './file-change.ts'

/**
 * Whether a file holds another value at a key path than the commit has put there. `changes` are those of the file along the
 * history of a later revision, the newest first. False when nobody can tell: the commit or the place is not found. Pure.
 */
export function isValueReplaced(
  changes: readonly FileChange[],
  { commit, path, keyPath }: { commit: string; path: string; keyPath: string },
): boolean {
  const [newest] = changes
  if (newest === undefined || newest.commit === commit) return false
  const ours = valueAt(changes.find((one) => one.commit === commit)?.after, { path, keyPath })
  const later = valueAt(newest.after, { path, keyPath })
  return ours !== undefined && later !== undefined && ours !== later
}

function valueAt(text: string | undefined, { path, keyPath }: { path: string; keyPath: string }): string | undefined {
  if (text === undefined) return undefined
  try {
    return locateScalar(parseYaml(path, text), parseKeyPath(keyPath), true).value
  } catch (thrown) {
    if (thrown instanceof FairleadError) return undefined
    throw thrown
  }
}
