import { isMap, isScalar, type Node, type YAMLMap } from 'yaml'
import { FairleadError } from '../../../errors.ts'
import type { KeyPath } from './key-path.ts'
import { placeAt } from './locate.ts'
import { enter, type Place, scalarText } from './place.ts'
import { keyText, lineAt, startOf, type YamlSource } from './source.ts'

/** An entry of a mapping of texts, such as an annotation of an object. */
export interface EntryPlace {
  /** Where the object begins: in a document of its own, or in a list. */
  object: KeyPath
  /** Keys from there to the mapping, e.g. `metadata` and `annotations`; only the inner one may be missing. */
  mapping: readonly [outer: string, inner: string]
  key: string
}

/** A key with what stands behind it. */
export interface EntryPair {
  key: Node
  /** Null when nothing stands there. */
  value: Node | null
}

/** The mappings around an entry, as a file has them. */
export interface EntryHome {
  source: YamlSource
  outer: { key: Node; map: YAMLMap }
  /** The key of the inner mapping; undefined when it is missing. */
  innerPair: EntryPair | undefined
  /** Undefined while it has nothing in it. */
  inner: YAMLMap | undefined
  pair: EntryPair | undefined
}

/** Finds the mappings around an entry. `NotEditable` when they are inherited, when an alias takes them, or are none. */
export function entryHome(source: YamlSource, { object, mapping, key }: EntryPlace): EntryHome {
  const [outerKey, innerKey] = mapping
  const top = placeAt(source, object)
  const outer = enter(top, outerKey)
  if (!isMap(top.node) || outer === undefined || !isMap(outer.node)) {
    throw notEditable(source, top.node, `there is no ${outerKey}`)
  }
  requireOwn(top)
  requireOwn(outer)
  const home = { source, outer: { key: pairOf(top.node, outerKey)?.key ?? top.node, map: outer.node } }
  const innerPair = pairOf(outer.node, innerKey)
  const inner = enter(outer, innerKey)
  if (inner === undefined || (isScalar(inner.node) && scalarText(inner.node) === undefined)) {
    return { ...home, innerPair, inner: undefined, pair: undefined }
  }
  requireOwn(inner)
  if (!isMap(inner.node)) throw notEditable(source, inner.node, `${innerKey} is no mapping`)
  return { ...home, innerPair, inner: inner.node, pair: pairOf(inner.node, key) }
}

/** Written here, and read from nowhere else. */
function requireOwn({ node, document, source, through }: Place): void {
  if (through !== undefined) throw notEditable(source, node, `it is inherited through ${through}`)
  const isTaken = [...document.targets.values()].some((target) => target.node === node)
  if (isTaken) throw notEditable(source, node, 'an alias takes what stands here, and would change too')
}

/** Nodes that the parser makes have keys and values of these kinds. */
export function pairsOf(map: YAMLMap): readonly EntryPair[] {
  return map.items as readonly unknown[] as readonly EntryPair[]
}

function pairOf(map: YAMLMap, key: string): EntryPair | undefined {
  return pairsOf(map).find((pair) => keyText(pair.key) === key)
}

export function notEditable({ file, text }: YamlSource, node: Node, why: string): FairleadError {
  return new FairleadError('NotEditable', `${file}:${lineAt(text, startOf(node))} cannot be edited: ${why}.`)
}

/** Where the line of an offset begins. */
export function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1
}

/** Where the line after that of an offset begins, or the text ends. */
export function nextLine(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end === -1 ? text.length : end + 1
}
