import { isScalar, isSeq } from 'yaml'
import { FairleadError } from '../../../errors.ts'
import { type KeyPath, renderKeyPath } from './key-path.ts'
import { enter, keyPathOf, lineOf, type Place, rootPlace, scalarText, whereIs } from './place.ts'
import type { ScalarStyle } from './scalar-text.ts'
import type { YamlSource } from './source.ts'

/** A scalar that may be replaced: `text.slice(start, end)` is all that changes. */
export interface LocatedScalar {
  keyPath: string
  /** As written, without quotes. */
  value: string
  style: ScalarStyle
  /** UTF-16 offsets; anchors, tags and comments are outside. */
  start: number
  end: number
  line: number
  /** Carries a `!!str` tag, so that it is a string whatever it looks like. */
  tagged: boolean
  /** Name of the anchor on it; aliases of that name read the same value. */
  anchor?: string
}

const styles: Record<string, ScalarStyle> = { PLAIN: 'plain', QUOTE_SINGLE: 'single', QUOTE_DOUBLE: 'double' }

/**
 * Finds the scalar at a key path. `NotEditable` when nothing is there, when it is no scalar or an empty one, a block
 * scalar, has a tag other than `!!str`, or is not written there but inherited through an alias or merge key.
 * `Templated` when its text holds a placeholder that another tool fills in; `${…}` is allowed where it `mayHold` one.
 */
export function locateScalar(source: YamlSource, path: KeyPath, mayHold = false): LocatedScalar {
  const place = placeAt(source, path)
  const located = scalarAt(place, keyPathOf(place))
  const { value, keyPath } = located
  if (value.includes('{{') || value.includes('$(') || (value.includes('${') && !mayHold)) {
    throw new FairleadError('Templated', `${whereIs(place)} ${keyPath} holds a placeholder that another tool fills in.`)
  }
  return located
}

/** The node at a key path of this very source (what is embedded in its texts has a source of its own). */
export function placeAt(source: YamlSource, path: KeyPath): Place {
  const keyPath = renderKeyPath(path)
  const document = source.documents[path.document]
  let place = document === undefined ? undefined : rootPlace(source, document)
  if (place === undefined) throw refused(source.file, keyPath, `the file has no document ${path.document}`)
  for (const step of path.steps) {
    if (isSeq(place.node) && typeof step === 'string') {
      throw refused(whereIs(place), keyPath, `${JSON.stringify(step)} is no index of the sequence there`)
    }
    const next: Place | undefined = enter(place, step)
    if (next === undefined) throw refused(whereIs(place), keyPath, `there is no ${JSON.stringify(step)}`)
    place = next
  }
  return place
}

function scalarAt(place: Place, keyPath: string): LocatedScalar {
  const where = whereIs(place)
  const { node, through } = place
  if (through !== undefined) throw refused(where, keyPath, `the value is inherited through ${through}`)
  if (!isScalar(node)) throw refused(where, keyPath, 'it is no scalar')
  const value = scalarText(node)
  if (value === undefined) throw refused(where, keyPath, 'it is empty')
  const style = styles[node.type ?? '']
  if (style === undefined) throw refused(where, keyPath, 'it is a block scalar')
  const tagged = node.tag !== undefined
  if (tagged && node.tag !== 'tag:yaml.org,2002:str') throw refused(where, keyPath, `it has the tag ${node.tag}`)
  const [start, end] = node.range ?? [0, 0]
  const located: LocatedScalar = { keyPath, value, style, start, end, line: lineOf(place), tagged }
  return node.anchor === undefined ? located : { ...located, anchor: node.anchor }
}

function refused(where: string, keyPath: string, why: string): FairleadError {
  return new FairleadError('NotEditable', `${where} ${keyPath} cannot be edited: ${why}.`)
}
