import { isScalar, type Node, type YAMLMap } from 'yaml'
import { type EntryHome, type EntryPlace, lineStart, nextLine, notEditable, pairsOf } from './entry-place.ts'
import { isPlainString, renderScalar } from './scalar-text.ts'
import { startOf, type YamlSource } from './source.ts'

/** What is written, and before which character. */
export interface Insertion {
  at: number
  written: string
}

/**
 * A new entry, first in its mapping, so that no comment loses what it stands above; with the mapping itself where that is
 * missing. Indentation, line ends, quotes and flow style follow what stands around it.
 */
export function insertEntry(home: EntryHome, { mapping, key }: EntryPlace, value: string): Insertion {
  const { source, outer, innerPair, inner } = home
  const [, innerKey] = mapping
  if (inner !== undefined && innerPair !== undefined) {
    const entry = entryText(source, inner, key, value)
    if (inner.flow === true) return intoFlow(source, inner, entry)
    return belowKey(source, innerPair.key, [indentOf(source, inner) + entry])
  }
  const entry = entryText(source, outer.map, key, value)
  if (outer.map.flow === true) {
    if (innerPair !== undefined) throw notEditable(source, innerPair.key, 'nothing stands behind it')
    return intoFlow(source, outer.map, `${keyWritten(source, outer.map, innerKey)}: {${entry}}`)
  }
  const indent = indentOf(source, outer.map)
  const deeper = indent + ' '.repeat(Math.max(2, indent.length - columnOf(source, outer.key)))
  if (innerPair !== undefined) return belowKey(source, innerPair.key, [deeper + entry])
  return belowKey(source, outer.key, [`${indent}${innerKey}:`, deeper + entry])
}

/** In lines of their own right below the line of a key. */
function belowKey({ text }: YamlSource, key: Node, lines: readonly string[]): Insertion {
  const at = nextLine(text, startOf(key))
  const hasBreak = text[at - 1] === '\n'
  const lineBreak = (hasBreak ? text[at - 2] === '\r' : text.includes('\r\n')) ? '\r\n' : '\n'
  return { at, written: lines.map((line) => (hasBreak ? line + lineBreak : lineBreak + line)).join('') }
}

function intoFlow({ text }: YamlSource, map: YAMLMap, entry: string): Insertion {
  const open = startOf(map) + 1
  const [first] = pairsOf(map)
  if (first === undefined) return { at: open, written: entry }
  const start = startOf(first.key)
  const space = text.slice(open, start)
  if (space.trim() !== '') return { at: open, written: `${entry}, ` }
  return { at: start, written: `${entry},${space.includes('\n') ? space : ' '}` }
}

/** What stands before the first key of a block mapping. */
function indentOf(source: YamlSource, map: YAMLMap): string {
  const first = pairsOf(map)[0]?.key ?? map
  const indent = source.text.slice(lineStart(source.text, startOf(first)), startOf(first))
  if (!/^ *$/.test(indent)) throw notEditable(source, first, 'it does not begin its line')
  return indent
}

/** A key may stand behind the dash of a list. */
function columnOf({ text }: YamlSource, node: Node): number {
  return startOf(node) - lineStart(text, startOf(node))
}

/** A value is quoted as one beside it is; JSON knows double quotes only, and so does what looks like it. */
function entryText(source: YamlSource, map: YAMLMap, key: string, value: string): string {
  const isSingle = pairsOf(map).some((one) => isScalar(one.value) && one.value.type === 'QUOTE_SINGLE')
  const style = isSingle && !isJson(source, map) ? 'single' : 'double'
  return `${keyWritten(source, map, key)}: ${renderScalar(value, style)}`
}

function keyWritten(source: YamlSource, map: YAMLMap, key: string): string {
  return isJson(source, map) || !isPlainString(key) ? JSON.stringify(key) : key
}

function isJson({ file }: YamlSource, map: YAMLMap): boolean {
  const first = pairsOf(map)[0]?.key
  return file.endsWith('.json') || (map.flow === true && isScalar(first) && first.type === 'QUOTE_DOUBLE')
}
