import { isAlias, isMap, isScalar, isSeq, type Node } from 'yaml'
import { FairleadError } from '../../../errors.ts'
import { changeBlock, embeddedYaml } from './embedded.ts'
import { type KeyPath, parseKeyPath, renderKeyPath } from './key-path.ts'
import { type LocatedScalar, locateScalar, placeAt } from './locate.ts'
import { scalarText } from './place.ts'
import { isPlainTemplate, renderScalar } from './scalar-text.ts'
import { keyText, parseYaml, readYaml, startOf, type YamlSource } from './source.ts'

/** One value to change: only when it still is what was expected. */
export interface ScalarEdit {
  keyPath: string
  expected: string
  value: string
  /** Only a part of the scalar changes; what stands around it may be a placeholder (`${x}`) and stays. */
  isPart?: boolean
}

/**
 * The text with the scalars replaced and every other byte as it was. Quotes, anchors, tags and comments stay; a plain
 * value that some YAML reader would not take for a string is quoted. The result is read again and compared before it
 * is returned. `ValueChanged` when a value is not the expected one; otherwise the refusals of `readYaml`,
 * `locateScalar` and `embeddedYaml`. An anchored value is edited where it stands; aliases of it then read the new value
 * too.
 */
export function editScalars(file: string, text: string, edits: readonly ScalarEdit[]): string {
  return editSource(
    readYaml(file, text),
    edits.map((edit) => ({ ...edit, path: parseKeyPath(edit.keyPath) })),
  )
}

/** An edit whose path counts from the source at hand. */
interface SourceEdit extends ScalarEdit {
  path: KeyPath
}

function editSource(source: YamlSource, edits: readonly SourceEdit[]): string {
  const direct = edits.filter(({ path }) => path.embedded === undefined)
  const changes = [...changesOf(source, direct), ...blockChangesOf(source, edits)]
  changes.sort((left, right) => left.start - right.start)
  if (changes.length === 0) return source.text
  let edited = source.text
  for (const { start, end, written } of changes.toReversed()) {
    edited = edited.slice(0, start) + written + edited.slice(end)
  }
  verify(source, edited, changes)
  return edited
}

interface Change {
  keyPath: string
  /** Offset of the scalar that changes; of a block this is where its `|` stands. */
  node: number
  start: number
  end: number
  value: string
  written: string
}

function changesOf(source: YamlSource, edits: readonly SourceEdit[]): Change[] {
  const byPath = new Map<string, { at: LocatedScalar; value: string; isPart: boolean }>()
  for (const { keyPath, path, expected, value, isPart = false } of edits) {
    const at = locateScalar(source, path, isPart)
    if (at.value !== expected) throw changed(source.file, at, expected)
    const other = byPath.get(keyPath)
    if (other !== undefined && other.value !== value) {
      throw new FairleadError('UsageInvalid', `${source.file}:${at.line} ${keyPath} is given two new values.`)
    }
    byPath.set(keyPath, { at, value, isPart })
  }
  return [...byPath.values()].flatMap(({ at, value, isPart }): Change[] => {
    if (at.value === value) return []
    // JSON knows no plain strings.
    const style = at.style === 'plain' && source.file.endsWith('.json') ? 'double' : at.style
    const { keyPath, start, end } = at
    const isKept = isPart && style === 'plain' && isPlainTemplate(at.value) && isPlainTemplate(value)
    return [{ keyPath, node: start, start, end, value, written: isKept ? value : renderScalar(value, style) }]
  })
}

/** Edits in texts that are YAML themselves, one change per text. */
function blockChangesOf(source: YamlSource, edits: readonly SourceEdit[]): Change[] {
  const byBlock = new Map<string, SourceEdit[]>()
  for (const edit of edits) {
    const { embedded, ...block } = edit.path
    if (embedded === undefined) continue
    const keyPath = renderKeyPath(block)
    byBlock.set(keyPath, [...(byBlock.get(keyPath) ?? []), { ...edit, path: embedded }])
  }
  return [...byBlock].flatMap(([keyPath, inner]): Change[] => {
    const place = placeAt(source, parseKeyPath(keyPath))
    const before = embeddedYaml(place)
    const after = editSource(before, inner)
    if (after === before.text) return []
    return [{ keyPath, node: startOf(place.node), ...changeBlock(place, after) }]
  })
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
  const wanted = new Map(changes.map(({ node, value }) => [node, value]))
  const before = outline(source)
  const after = outline(source.within === undefined ? readYaml(source.file, edited) : parseYaml(source.file, edited))
  const same =
    before.length === after.length &&
    before.every((mark, index) => {
      const value = mark.scalar ? wanted.get(mark.start) : undefined
      const other = after[index]
      if (value === undefined) return other?.text === mark.text
      return other?.text === `scalar ${value}` && other.string
    })
  if (same) return
  const paths = changes.map(({ keyPath }) => keyPath).join(', ')
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
