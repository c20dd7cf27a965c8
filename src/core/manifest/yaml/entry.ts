import { isDeepStrictEqual } from 'node:util'
import { isScalar } from 'yaml'
import { FairleadError } from '../../../errors.ts'
import { editScalars } from './edit.ts'
import { insertEntry } from './entry-insert.ts'
import { type EntryPlace, entryHome, notEditable } from './entry-place.ts'
import { removalOf } from './entry-remove.ts'
import { type KeyPath, renderKeyPath } from './key-path.ts'
import { scalarText } from './place.ts'
import { type Shape, shapesOf, withShapeAt } from './shape.ts'
import { readYaml, type YamlSource } from './source.ts'

/**
 * The text with the entry set, and every other byte as it was: another value is written where the old one stands, and what
 * is new comes as `insertEntry` says. The result is read again and compared before it is returned. `NotEditable` where it
 * cannot be written safely: where an alias or merge key brings the mapping, or takes it from there. The refusals of
 * `readYaml` and, for an old value, of `editScalars`.
 */
export function setEntry(file: string, text: string, place: EntryPlace, value: string): string {
  const home = entryHome(readYaml(file, text), place)
  const { source, pair } = home
  if (pair !== undefined) {
    const old = isScalar(pair.value) ? scalarText(pair.value) : undefined
    if (old === undefined) throw notEditable(source, pair.value ?? pair.key, `${place.key} is no text`)
    return editScalars(file, text, [{ keyPath: renderKeyPath(entryPath(place)), expected: old, value }])
  }
  const { at, written } = insertEntry(home, place, value)
  const edited = text.slice(0, at) + written + text.slice(at)
  verify(source, edited, entryPath(place), { scalar: value, isString: true })
  return edited
}

/**
 * The text without the entry, and every other byte as it was but for what `removalOf` names. The same text where there is
 * no such entry; otherwise the refusals of `setEntry`.
 */
export function removeEntry(file: string, text: string, place: EntryPlace): string {
  const home = entryHome(readYaml(file, text), place)
  if (home.pair === undefined) return text
  const { start, end, withMapping } = removalOf(home, home.pair)
  const edited = text.slice(0, start) + text.slice(end)
  const path = entryPath(place)
  const mapping = { ...path, steps: path.steps.slice(0, -1) }
  const isEmpty = home.inner?.items.length === 1 && !withMapping
  // Without its last entry a block mapping is nothing at all.
  if (isEmpty) verify(home.source, edited, mapping, home.inner?.flow === true ? { entries: [] } : 'nothing')
  else verify(home.source, edited, withMapping ? mapping : path, undefined)
  return edited
}

/** Where the entry is, from the root of its file. */
export function entryPath({ object, mapping, key }: EntryPlace): KeyPath {
  return { ...object, steps: [...object.steps, ...mapping, key] }
}

/** Reads the result: it must say the same but for what stands at the path; undefined = no entry. */
function verify(source: YamlSource, edited: string, path: KeyPath, value: Shape | undefined): void {
  const wanted = shapesOf(source).map((shape, index) =>
    index === path.document ? withShapeAt(shape, path.steps, value) : shape,
  )
  const found = shapesOf(readYaml(source.file, edited))
  if (isDeepStrictEqual(found, wanted)) return
  const message = `${source.file}: writing ${renderKeyPath(path)} would change other values too.`
  throw new FairleadError('NotEditable', message)
}
