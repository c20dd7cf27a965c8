import { isAlias, isMap, isScalar, isSeq, type Node } from 'yaml'
import { FairleadError } from '../../errors.ts'
import { type LocatedScalar, locateScalar } from './locate.ts'
import { renderScalar } from './scalar-text.ts'
import { scalarText } from './yaml-place.ts'
import { keyText, readYaml, startOf, type YamlSource } from './yaml-source.ts'

/** One value to change: only when it still is what was expected. */
export interface ScalarEdit {
  keyPath: string
  expected: string
  value: string
}

/**
 * The text with the scalars replaced and every other byte as it was. Quotes, anchors, tags and comments stay; a plain
 * value that some YAML reader would not take for a string is quoted. The result is read again and compared before it
 * is returned. `ValueChanged` when a value is not the expected one; otherwise the refusals of `readYaml` and
 * `locateScalar`. An anchored value is edited where it stands; aliases of it then read the new value too.
 */
export function editScalars(file: string, text: string, edits: readonly ScalarEdit[]): string {
  const source = readYaml(file, text)
  const changes = changesOf(source, edits)
  if (changes.length === 0) return text
  let edited = text
  for (const { at, written } of changes.toReversed()) {
    edited = edited.slice(0, at.start) + written + edited.slice(at.end)
  }
  verify(source, edited, changes)
  return edited
}

interface Change {
  at: LocatedScalar
  value: string
  written: string
}

function changesOf(source: YamlSource, edits: readonly ScalarEdit[]): Change[] {
  const byPath = new Map<string, Change>()
  for (const edit of edits) {
    const at = locateScalar(source, edit.keyPath)
    if (at.value !== edit.expected) throw changed(source.file, at, edit.expected)
    const other = byPath.get(edit.keyPath)
    if (other !== undefined && other.value !== edit.value) {
      throw new FairleadError('UsageInvalid', `${source.file}:${at.line} ${edit.keyPath} is given two new values.`)
    }
    // JSON knows no plain strings.
    const style = at.style === 'plain' && source.file.endsWith('.json') ? 'double' : at.style
    byPath.set(edit.keyPath, { at, value: edit.value, written: renderScalar(edit.value, style) })
  }
  return [...byPath.values()]
    .filter(({ at, value }) => at.value !== value)
    .sort((left, right) => left.at.start - right.at.start)
}

function changed(file: string, at: LocatedScalar, expected: string): FairleadError {
  const now = JSON.stringify(at.value)
  return new FairleadError(
    'ValueChanged',
    `${file}:${at.line} ${at.keyPath} is ${now} and not ${JSON.stringify(expected)}: somebody changed it; look again.`,
  )
}

/** Reads the result and compares it with the original: only the wanted values may differ, and they must be strings. */
function verify(source: YamlSource, edited: string, changes: readonly Change[]): void {
  const wanted = new Map(changes.map(({ at, value }) => [at.start, value]))
  const before = outline(source)
  const after = outline(readYaml(source.file, edited))
  const same =
    before.length === after.length &&
    before.every((mark, index) => {
      const value = mark.scalar ? wanted.get(mark.start) : undefined
      const other = after[index]
      if (value === undefined) return other?.text === mark.text
      return other?.text === `scalar ${value}` && other.string
    })
  if (same) return
  const paths = changes.map(({ at }) => at.keyPath).join(', ')
  throw new FairleadError('NotEditable', `${source.file}: changing ${paths} would change other values too.`)
}

/** One event of a document read from start to end; equal lists mean equal content. */
interface Mark {
  text: string
  start: number
  scalar: boolean
  string: boolean
}

function outline(source: YamlSource): Mark[] {
  const marks: Mark[] = []
  for (const document of source.documents) {
    marks.push(mark('document'))
    if (document.root !== null) outlineNode(marks, document.root)
  }
  return marks
}

function outlineNode(marks: Mark[], node: unknown): void {
  if (isScalar(node)) {
    const text = `scalar ${scalarText(node) ?? ''}`
    marks.push({ text, start: startOf(node as Node), scalar: true, string: typeof node.value === 'string' })
  } else if (isAlias(node)) marks.push(mark(`alias ${node.source}`))
  else if (isSeq(node)) {
    marks.push(mark('sequence'))
    for (const item of node.items) outlineNode(marks, item)
    marks.push(mark('end'))
  } else if (isMap(node)) {
    marks.push(mark('mapping'))
    for (const pair of node.items) {
      marks.push(mark(`key ${keyText(pair.key) ?? ''}`))
      outlineNode(marks, pair.value)
    }
    marks.push(mark('end'))
  }
}

function mark(text: string): Mark {
  return { text, start: -1, scalar: false, string: false }
}
