import type { YAMLMap } from 'yaml'
import { type EntryHome, type EntryPair, lineStart, nextLine, notEditable, pairsOf } from './entry-place.ts'
import { startOf, type YamlSource } from './source.ts'

/** What goes: `text.slice(start, end)`. */
export interface Removal {
  start: number
  end: number
  /** The mapping has nothing else in it, and goes, too. */
  withMapping: boolean
}

/** What an entry takes with it: its comma or its whole line with the comment on it, and a mapping that it leaves empty. */
export function removalOf({ source, outer, innerPair, inner }: EntryHome, pair: EntryPair): Removal {
  if (inner?.flow === true) return { ...fromFlow(source, inner, pair), withMapping: false }
  const own = linesOf(source, pair)
  const isOnly = inner?.items.length === 1 && outer.map.items.length > 1 && outer.map.flow !== true
  if (!isOnly || innerPair === undefined) return { ...own, withMapping: false }
  const { text } = source
  // A comment in between is somebody's, and stays with an empty mapping.
  const isRightBelow = nextLine(text, startOf(innerPair.key)) === own.start
  if (!isRightBelow) return { ...own, withMapping: false }
  return { start: lineStart(text, startOf(innerPair.key)), end: own.end, withMapping: true }
}

function fromFlow({ text }: YamlSource, map: YAMLMap, pair: EntryPair): { start: number; end: number } {
  const pairs = pairsOf(map)
  const index = pairs.indexOf(pair)
  const [before, after] = [pairs[index - 1], pairs[index + 1]]
  if (after !== undefined) return { start: startOf(pair.key), end: startOf(after.key) }
  if (before !== undefined) return { start: endOf(before), end: endOf(pair) }
  const comma = /^\s*,/.exec(text.slice(endOf(pair)))?.[0].length ?? 0
  return { start: startOf(pair.key), end: endOf(pair) + comma }
}

function linesOf(source: YamlSource, pair: EntryPair): { start: number; end: number } {
  const { text } = source
  const start = lineStart(text, startOf(pair.key))
  if (text.slice(start, startOf(pair.key)).trim() !== '') throw notEditable(source, pair.key, 'it shares its line')
  return { start, end: nextLine(text, Math.max(startOf(pair.key), endOf(pair) - 1)) }
}

function endOf({ key, value }: EntryPair): number {
  return (value ?? key).range?.[1] ?? startOf(key)
}
