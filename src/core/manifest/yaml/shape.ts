import { isAlias, isMap, isScalar, isSeq } from 'yaml'
import { scalarText } from './place.ts'
import { keyText, type YamlSource } from './source.ts'

/** What a node says, without how it is written; an alias is its name, for what it stands for is told elsewhere. */
export type Shape =
  | { scalar: string; isString: boolean }
  | { alias: string }
  | { items: readonly Shape[] }
  | { entries: readonly (readonly [key: string, value: Shape])[] }
  | 'nothing'

/** What each document of a source says; sources with equal shapes and equal anchors have the same content. */
export function shapesOf(source: YamlSource): Shape[] {
  return source.documents.map(({ root }) => shapeOf(root))
}

function shapeOf(node: unknown): Shape {
  if (isScalar(node)) {
    const scalar = scalarText(node)
    return scalar === undefined ? 'nothing' : { scalar, isString: typeof node.value === 'string' }
  }
  if (isAlias(node)) return { alias: node.source }
  if (isSeq(node)) return { items: node.items.map(shapeOf) }
  if (!isMap(node)) return 'nothing'
  return { entries: node.items.map(({ key, value }) => [keyText(key) ?? '', shapeOf(value)] as const) }
}

/** The shape with another one at some place below it; undefined takes the entry there away. */
export function withShapeAt(shape: Shape, steps: readonly (string | number)[], value: Shape | undefined): Shape {
  const [step, ...rest] = steps
  if (step === undefined) return value ?? 'nothing'
  if (typeof step === 'number') {
    const items = shape !== 'nothing' && 'items' in shape ? shape.items : []
    return { items: items.map((item, index) => (index === step ? withShapeAt(item, rest, value) : item)) }
  }
  const entries = shape !== 'nothing' && 'entries' in shape ? shape.entries : []
  const known = entries.find(([key]) => key === step)
  if (rest.length === 0 && value === undefined) return { entries: entries.filter(([key]) => key !== step) }
  const next = withShapeAt(known?.[1] ?? 'nothing', rest, value)
  if (known === undefined) return { entries: [[step, next], ...entries] }
  return { entries: entries.map(([key, old]) => [key, key === step ? next : old] as const) }
}
