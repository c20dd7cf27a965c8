import { isAlias, isCollection, isMap, isScalar, isSeq, type Node, type Scalar, type YAMLMap } from 'yaml'
import { type KeyPath, type KeyStep, renderKeyPath } from './key-path.ts'
import { keyText, lineAt, startOf, type YamlDocument, type YamlSource } from './source.ts'

/** A node in a file and the steps that lead to it. After an alias the steps are those of the anchored node. */
export interface Place {
  source: YamlSource
  document: YamlDocument
  node: Node
  steps: readonly KeyStep[]
  /** Set when the node is not written here but comes through an alias or merge key: says which, with line. */
  through?: string
}

/** Aliases of aliases and merges of merges that are followed; real files have one or two. */
const maxFollow = 8

/** The root of a document; undefined when the document is empty. */
export function rootPlace(source: YamlSource, document: YamlDocument): Place | undefined {
  return document.root === null ? undefined : resolve({ source, document, node: document.root, steps: [] })
}

/** Goes one step into a mapping or sequence; aliases are followed and merge keys are looked into. */
export function enter(place: Place, step: KeyStep): Place | undefined {
  return enterWithin(place, step, 0)
}

function enterWithin(place: Place, step: KeyStep, depth: number): Place | undefined {
  const { node } = place
  if (isSeq(node) && typeof step === 'number') return resolve(childOf(place, node.items[step], step))
  if (!isMap(node) || typeof step !== 'string') return undefined
  const pair = node.items.find((one) => keyText(one.key) === step)
  if (pair !== undefined) return resolve(childOf(place, pair.value, step))
  return depth < maxFollow ? enterMerged(place, node, step, depth + 1) : undefined
}

/** Several steps at once. */
export function enterAll(place: Place | undefined, ...steps: KeyStep[]): Place | undefined {
  let at = place
  for (const step of steps) at = at === undefined ? undefined : enter(at, step)
  return at
}

/** The items of a sequence; empty for anything else. */
export function itemsOf(place: Place | undefined): Place[] {
  if (place === undefined || !isSeq(place.node)) return []
  return place.node.items.flatMap((_, index) => enter(place, index) ?? [])
}

/** The entries of a mapping without merged ones; empty for anything else. */
export function entriesOf(place: Place | undefined): { key: string; value: Place }[] {
  if (place === undefined || !isMap(place.node)) return []
  // The keys are unique, so each pair is the one that its key would lead to.
  return place.node.items.flatMap((pair) => {
    const key = keyText(pair.key)
    const value = key === undefined ? undefined : resolve(childOf(place, pair.value, key))
    return key === undefined || value === undefined ? [] : [{ key, value }]
  })
}

/** The text of a scalar as its author wrote it (`1.10`, never 1.1); undefined for no scalar and for an empty one. */
export function textOf(place: Place | undefined): string | undefined {
  return place !== undefined && isScalar(place.node) ? scalarText(place.node) : undefined
}

/** Text of a scalar node; undefined when nothing is written. */
export function scalarText(node: Scalar): string | undefined {
  if (node.type !== 'PLAIN') return String(node.value)
  return node.source === undefined || node.source === '' ? undefined : node.source
}

/** The path of a place in text form. */
export function keyPathOf(place: Place): string {
  return renderKeyPath(pathOf(place))
}

/** The path of a place, from the root of its file. */
export function pathOf({ source, document, steps }: Place): KeyPath {
  const path = { document: document.index, steps }
  return source.within === undefined ? path : embed(source.within.keyPath, path)
}

function embed(outer: KeyPath, inner: KeyPath): KeyPath {
  return { ...outer, embedded: outer.embedded === undefined ? inner : embed(outer.embedded, inner) }
}

/** The line of a place in its file, from 1. */
export function lineOf(place: Place): number {
  const { text, within } = place.source
  return lineAt(text, startOf(place.node)) + (within === undefined ? 0 : within.firstLine - 1)
}

/** `file:line`, as used in every piece of evidence. */
export function whereIs(place: Place): string {
  return `${place.source.file}:${lineOf(place)}`
}

function childOf(place: Place, child: unknown, step: KeyStep): Place | undefined {
  if (!isAlias(child) && !isScalar(child) && !isCollection(child)) return undefined
  return { ...place, node: child, steps: [...place.steps, step] }
}

function resolve(place: Place | undefined): Place | undefined {
  let at = place
  for (let hop = 0; at !== undefined && isAlias(at.node) && hop < maxFollow; hop += 1) {
    const target = at.document.targets.get(at.node)
    const through = at.through ?? `alias *${at.node.source} at ${whereIs(at)}`
    at = target === undefined ? undefined : { ...at, node: target.node, steps: target.steps, through }
  }
  return at === undefined || isAlias(at.node) ? undefined : at
}

function enterMerged(place: Place, map: YAMLMap, step: string, depth: number): Place | undefined {
  const merge = map.items.find((pair) => keyText(pair.key) === '<<')
  const merged = merge === undefined ? undefined : resolve(childOf(place, merge.value, '<<'))
  if (merged === undefined) return undefined
  const through = `merge key << at ${place.source.file}:${lineAt(place.source.text, startOf(map))}`
  for (const source of isSeq(merged.node) ? itemsOf(merged) : [merged]) {
    const found = enterWithin(source, step, depth)
    if (found !== undefined) return { ...found, through }
  }
  return undefined
}
