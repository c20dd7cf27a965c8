import { Scalar } from 'yaml'
import type { KeyStep } from '../yaml/key-path.ts'
import { decidingPlace, enterMerged, type Merged, type MergeLayer, mergedItems, mergedKeys } from '../yaml/merged.ts'
import { type Place, textOf, whereIs } from '../yaml/place.ts'
import { type Piece, setComposition } from './composition.ts'
import type { SetElement } from './set-element.ts'

/** How an ApplicationSet writes its placeholders. */
export type TemplateStyle = 'go' | 'fast'

/** Mappings and lists inside each other that are looked into. */
const maxDepth = 32

/**
 * What an element of a generator makes of a template: the template, and over it the values that the placeholders stand for.
 * A scalar that is nothing but one placeholder is replaced by the value where it stands, so that it can be edited there;
 * what is not understood (functions, pipelines, unknown names) is opaque.
 */
export function renderTemplate(template: Merged, element: SetElement, style: TemplateStyle): Merged {
  return [...overlays(template, [], element, style), ...template]
}

function overlays(at: Merged, steps: readonly KeyStep[], element: SetElement, style: TemplateStyle): MergeLayer[] {
  if (steps.length > maxDepth) return []
  const place = decidingPlace(at)
  const text = textOf(place)
  if (place !== undefined && text !== undefined) {
    return text.includes('{{') ? [overlay(place, text, steps, element, style)] : []
  }
  const items = mergedItems(at).flatMap((item, index) => overlays(item, [...steps, index], element, style))
  const children = mergedKeys(at).flatMap((key) => overlays(enterMerged(at, key), [...steps, key], element, style))
  return [...items, ...children]
}

function overlay(
  place: Place,
  text: string,
  at: readonly KeyStep[],
  element: SetElement,
  style: TemplateStyle,
): MergeLayer {
  const pieces = piecesOf(text, element, style)
  if (pieces === undefined) {
    return {
      place,
      at,
      replaces: true,
      opaque: `${whereIs(place)} is filled in by an ApplicationSet: ${text.trim().slice(0, 200)}`,
    }
  }
  const [only, second] = pieces
  if (only?.from !== undefined && second === undefined) return { place: only.from, at, replaces: true }
  return { place: composed(place, pieces), at, replaces: true }
}

/** A scalar that stands nowhere as it is. */
function composed(template: Place, pieces: readonly Piece[]): Place {
  const node = new Scalar(pieces.map((piece) => piece.text).join(''))
  node.type = 'QUOTE_DOUBLE'
  node.range = template.node.range ?? null
  setComposition(node, pieces)
  return { ...template, node, through: `the template at ${whereIs(template)}` }
}

/** The text cut at its placeholders; undefined when one of them is not understood. */
export function piecesOf(text: string, element: SetElement, style: TemplateStyle): Piece[] | undefined {
  const pieces: Piece[] = []
  let end = 0
  for (const match of text.matchAll(/\{\{(.*?)\}\}/gs)) {
    if (match.index > end) pieces.push({ text: text.slice(end, match.index) })
    const steps = stepsOf(match[1] ?? '', style)
    const value = steps === undefined ? undefined : element.lookup(steps)
    if (value === undefined) return undefined
    pieces.push(value)
    end = match.index + match[0].length
  }
  if (end < text.length) pieces.push({ text: text.slice(end) })
  return pieces
}

/** `.image.tag` and `index .path.segments 1` of Go templates; `image.tag` and `path[1]` of the older form. */
function stepsOf(expression: string, style: TemplateStyle): KeyStep[] | undefined {
  const text = expression.trim()
  if (style === 'fast') {
    const [, name = '', index] = /^([\w-]+(?:\.[\w-]+)*)(?:\[(\d+)\])?$/.exec(text) ?? []
    if (name === '') return undefined
    // In the older form `path` is the path itself, which the newer one calls `path.path`.
    if (index !== undefined) return [...name.split('.'), 'segments', Number(index)]
    return name === 'path' ? ['path', 'path'] : name.split('.')
  }
  const indexed = /^index \.([\w.]+) (\d{1,3})$/.exec(text)
  if (indexed !== null) return [...(indexed[1] ?? '').split('.'), Number(indexed[2])]
  return /^\.\w+(?:\.\w+)*$/.test(text) ? text.slice(1).split('.') : undefined
}
