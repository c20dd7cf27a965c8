import type { Node } from 'yaml'
import { FairleadError } from '../../../errors.ts'
import type { Affix, SlotField } from '../slot/slot.ts'
import { keyPathOf, lineOf, type Place, textOf, whereIs } from '../yaml/place.ts'

/** A part of a text: literal, or the value of a scalar that a template puts there. */
export interface Piece {
  text: string
  /** Where the value stands; absent for literal text, and for values that stand nowhere (a folder's name). */
  from?: Place
}

const compositions = new WeakMap<Node, readonly Piece[]>()

/** Remembers what a scalar was put together from. */
export function setComposition(node: Node, pieces: readonly Piece[]): void {
  compositions.set(node, pieces)
}

/** A field of a slot, and the place of its scalar. */
export interface PlacedField {
  field: SlotField
  place: Place
}

/**
 * The field for the text from `start` to `end` of a scalar. Where a template made the scalar, it is the one value that is
 * put there. `Generated` when several values make the text, `Templated` when none does.
 */
export function fieldWithin(place: Place, role: SlotField['role'], start: number, end: number): PlacedField {
  const text = textOf(place) ?? ''
  const pieces = compositions.get(place.node)
  if (pieces === undefined) return placedField(place, role, { before: text.slice(0, start), after: text.slice(end) })
  const inside = rangesOf(pieces, start, end)
  const values = inside.flatMap(({ piece: { from }, ...one }) => (from === undefined ? [] : [{ ...one, from }]))
  const [only, second] = values
  if (only === undefined) {
    throw new FairleadError('Templated', `${whereIs(place)} ${keyPathOf(place)} is a template; it is not edited.`)
  }
  if (second !== undefined) {
    const evidence = values.map(({ from }) => `${whereIs(from)} ${keyPathOf(from)}`)
    const message = `${whereIs(place)} puts ${JSON.stringify(text.slice(start, end))} together from several values.`
    throw new FairleadError('Generated', message, { evidence })
  }
  const whole = textOf(only.from) ?? ''
  const placed = placedField(only.from, role, { before: whole.slice(0, only.begin), after: whole.slice(only.end) })
  const used = { before: text.slice(start, only.at), after: text.slice(only.at + only.end - only.begin, end) }
  return used.before + used.after === '' ? placed : { ...placed, field: { ...placed.field, used } }
}

/** The pieces that reach into a range of the text: from where to where in the piece, and where that is in the text. */
function rangesOf(pieces: readonly Piece[], start: number, end: number) {
  let offset = 0
  return pieces.flatMap((piece) => {
    const before = offset
    offset += piece.text.length
    const [begin, stop] = [Math.max(start - before, 0), Math.min(end - before, piece.text.length)]
    return begin < stop ? [{ piece, begin, end: stop, at: before + begin }] : []
  })
}

/** Does one value of a template, or text that no template made, give the whole range? */
export function isOneValue(place: Place, start: number, end: number): boolean {
  const pieces = compositions.get(place.node)
  if (pieces === undefined) return true
  const [only, second] = rangesOf(pieces, start, end)
  return only?.piece.from !== undefined && second === undefined
}

function placedField(place: Place, role: SlotField['role'], written: Affix): PlacedField {
  const field = { role, keyPath: keyPathOf(place), value: textOf(place) ?? '', line: lineOf(place) }
  return { place, field: written.before + written.after === '' ? field : { ...field, written } }
}
