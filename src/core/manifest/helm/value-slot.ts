import { FairleadError } from '../../../errors.ts'
import { joinImage } from '../slot/image-text.ts'
import type { Affix, Slot, SlotField } from '../slot/slot.ts'
import { keyPathOf, lineOf, whereIs } from '../yaml/place.ts'
import { type ImageReading, idOf, readingsOf } from './image-reading.ts'
import type { ImageShape, ValuePart } from './image-shape.ts'

/**
 * The fields that form the reference, in the file of the leading one. The name takes part only there, and only where it
 * is written out; what else decides it stays as it is.
 */
export function slotOf(reading: ImageReading, shapes: readonly ImageShape[]): Slot {
  const { shape, leading, name } = reading
  if (leading === undefined) throw new FairleadError('Internal', `${shape.path} has no tag and no digest.`)
  const parts = [leading.part, ...(shape.digest === undefined ? [] : [shape.digest])]
  refuseInherited(parts)
  refuseApart(shape, parts)
  refuseSharedByOthers(reading, parts, shapes)
  const { file } = leading.part.place.source
  if (shape.reference !== undefined) return { file, fields: [field('reference', shape.reference)] }
  const hasName = name !== undefined && name.part.place.source === leading.part.place.source
  const isWritten = hasName && name.part.place.through === undefined && !reading.isCompleted
  return {
    file,
    fields: [
      ...(isWritten ? [field('name', name.part, name.prefix)] : []),
      ...(shape.tag === undefined ? [] : [field('tag', shape.tag)]),
      ...(shape.digest === undefined ? [] : [digestField(shape.digest)]),
    ],
  }
}

function field(role: SlotField['role'], { text, place }: ValuePart, before = ''): SlotField {
  const used: Affix | undefined = before === '' ? undefined : { before, after: '' }
  return { role, keyPath: keyPathOf(place), value: text, line: lineOf(place), ...(used === undefined ? {} : { used }) }
}

function digestField(part: ValuePart): SlotField {
  return field('digest', part, part.text.includes(':') ? '' : 'sha256:')
}

function refuseInherited(parts: readonly ValuePart[]): void {
  for (const { place } of parts) {
    if (place.through === undefined) continue
    const what = `${whereIs(place)} ${keyPathOf(place)} is inherited through ${place.through}`
    throw new FairleadError('NotEditable', `${what}; write the image out.`)
  }
}

function refuseApart({ path }: ImageShape, parts: readonly ValuePart[]): void {
  const [first, second] = parts
  if (first === undefined || second === undefined || first.place.source === second.place.source) return
  const evidence = parts.map(({ place, text }) => `${whereIs(place)} says ${text}`)
  const what = `Tag and digest of ${path} come from two files; both must change together`
  throw new FairleadError('Ambiguous', `${what}: write them beside each other.`, { evidence })
}

/** An anchored value may be aliased for another image, which would change with it. */
function refuseSharedByOthers(reading: ImageReading, parts: readonly ValuePart[], shapes: readonly ImageShape[]): void {
  const ids = new Set(parts.map(idOf))
  const own = joinImage({ ...reading.image, tag: '', digest: '' })
  for (const shape of shapes) {
    const shared = [shape.tag, shape.digest].find((part) => part !== undefined && ids.has(idOf(part)))
    if (shared === undefined || shape.path === reading.shape.path || readingsOf(shape, own).length > 0) continue
    const what = `${whereIs(shared.place)} ${keyPathOf(shared.place)} also decides ${shape.path}, which is another image`
    throw new FairleadError('NotEditable', `${what}; give each image a tag of its own.`)
  }
}
