import { isScalar } from 'yaml'
import { FairleadError } from '../../../errors.ts'
import type { Snapshot } from '../snapshot.ts'
import { createFileMemo } from '../snapshot-memo.ts'
import { embeddedYaml } from '../yaml/embedded.ts'
import { type Place, rootPlace, textOf, whereIs } from '../yaml/place.ts'
import { parseYaml, readYaml, type YamlSource } from '../yaml/source.ts'

const memo = createFileMemo<YamlSource>()

/**
 * The values in a file of their own; undefined when it says nothing. `NotTraced` when it is not there. Each snapshot has
 * trees of its own, so that a value tells from which branch it comes.
 */
export function valuesInFile(snapshot: Snapshot, file: string): Place | undefined {
  return rootOf(
    memo(snapshot, file, () => {
      const text = snapshot.text(file)
      if (text !== undefined) return parseYaml(file, text)
      throw new FairleadError('NotTraced', `The values file ${file} is not in the repository, or is no text file.`)
    }),
  )
}

/** The values that a text is, e.g. in a ConfigMap. Only a literal block (`|`) can be edited; others are merely read. */
export function valuesInText(place: Place): Place | undefined {
  if (isScalar(place.node) && place.node.type === 'BLOCK_LITERAL') return rootOf(embeddedYaml(place))
  const root = rootOf(readYaml(place.source.file, textOf(place) ?? ''))
  return root && { ...root, through: `the text at ${whereIs(place)}, which is no block ("|")` }
}

function rootOf(source: YamlSource): Place | undefined {
  const [document, second] = source.documents
  if (second !== undefined) {
    throw new FairleadError('ManifestInvalid', `${source.file} holds several documents; Helm values are one.`)
  }
  return document === undefined ? undefined : rootPlace(source, document)
}
