import { FairleadError } from '../../../errors.ts'
import { type GitBranch, isSameBranch } from '../applier.ts'
import type { ImageEntry } from '../kustomize/kustomization.ts'
import type { ImageDecision } from './image-decision.ts'
import { splitImage } from './image-text.ts'
import { type FilledText, fillPlaceholders, type Piece, type Variables } from './placeholder.ts'
import type { Slot, SlotField } from './slot.ts'

/** The slot that decides an image, after placeholders are filled in. */
export interface DecidedSlot {
  /** The reference that is deployed. */
  image: string
  slot: Slot
  /** Where the slot lies when it is not the branch of the folder that is built. */
  branch?: GitBranch
  /** Steps behind those of the decision. */
  via: string[]
  /** Why the value cannot be edited where it stands: it is inherited. */
  inherited?: string
}

/** A field of a slot and where it lies. */
interface PlacedField extends SlotField {
  file: string
  branch?: GitBranch | undefined
  through?: string | undefined
}

/**
 * The slot that a decision leads to. `Templated` when a placeholder is not filled in here, or when the tag is put together
 * from several variables; `Masked` for tag and digest in two files.
 */
export function slotOf(decision: ImageDecision, container: string, variables: Variables | undefined): DecidedSlot {
  const { image } = decision
  const { written, entry } = decision
  const where = entry === undefined ? `${written.file}:${written.line}` : `${entry.file}:${entry.line}`
  const hasPlaceholder = image.includes('$')
  if (image.includes('{{') || (hasPlaceholder && variables?.isActive !== true)) {
    throw new FairleadError('Templated', `${where} ${image} holds a placeholder that another tool fills in.`)
  }
  const fields = entry === undefined ? [referenceField(decision)] : fieldsOfEntry(entry, decision.suffix)
  if (variables === undefined || !hasPlaceholder) return placed(fields, { image, container, via: [] })
  const filled = fields.flatMap((field) => filledFields(field, variables))
  const via = filled.flatMap((field) => {
    const isOwn = fields.some((one) => one.file === field.file && one.keyPath === field.keyPath)
    return isOwn ? [] : [`${field.file}:${field.line} ${field.keyPath} fills in ${field.value}`]
  })
  return placed(filled, { image: fillPlaceholders(image, where, variables).text, container, via })
}

function referenceField({ written, suffix }: ImageDecision): PlacedField {
  const used = suffix === '' ? {} : { used: { before: '', after: suffix } }
  return { role: 'reference', ...written, ...used }
}

function fieldsOfEntry(entry: ImageEntry, suffix = ''): PlacedField[] {
  const { file, branch, slot } = entry
  if (slot !== undefined) {
    // What a template puts around the value stays inside the suffix.
    return slot.map((field) => {
      const { before, after } = field.used ?? { before: '', after: '' }
      const used = suffix + before + after === '' ? {} : { used: { before, after: after + suffix } }
      return { ...field, ...used, file, branch }
    })
  }
  const roles = { newName: 'name', newTag: 'tag', digest: 'digest' } as const
  return (['newName', 'newTag', 'digest'] as const).flatMap((key): PlacedField[] => {
    const field = entry[key]
    if (field === undefined) return []
    const used = key === 'newTag' && suffix !== '' ? { used: { before: '', after: suffix } } : {}
    return [{ role: roles[key], ...field, ...used, file: entry.file, branch: entry.branch }]
  })
}

/** The fields of an `images:` entry that hold the reference. */
export function entrySlot(entry: ImageEntry): Slot {
  return { file: entry.file, fields: fieldsOfEntry(entry).map(bare) }
}

function bare({ file: _, branch: __, through: ___, ...field }: PlacedField): SlotField {
  return field
}

/** All fields must lie in one file: they change together. */
function placed(
  fields: readonly PlacedField[],
  found: { image: string; container: string; via: string[] },
): DecidedSlot {
  const { image, container, via } = found
  const [first] = fields
  if (first === undefined) throw new FairleadError('Internal', `Container ${container} has an image without a place.`)
  const isApart = fields.some((field) => !isBeside(field, first))
  if (isApart) {
    const evidence = fields.map(({ file, line, role }) => `${file}:${line} decides the ${role}`)
    throw new FairleadError('Masked', `The image of container ${container} is decided in two files.`, { evidence })
  }
  const slot: Slot = {
    file: first.file,
    fields: fields.map(({ file: _, branch: __, through: ___, ...field }) => field),
  }
  const decided = { image, slot, via, ...(first.branch === undefined ? {} : { branch: first.branch }) }
  const inherited = fields.find(({ through }) => through !== undefined)
  if (inherited === undefined) return decided
  const where = `${inherited.file}:${inherited.line} ${inherited.keyPath}`
  return { ...decided, inherited: `${where} reaches container ${container} through ${inherited.through}.` }
}

function isBeside(one: PlacedField, other: PlacedField): boolean {
  if (one.file !== other.file) return false
  if (one.branch === undefined || other.branch === undefined) return one.branch === other.branch
  return isSameBranch(one.branch, other.branch)
}

/** The fields that take the place of one that holds placeholders. */
function filledFields(field: PlacedField, variables: Variables): PlacedField[] {
  if (!field.value.includes('$')) return [field]
  const where = `${field.file}:${field.line}`
  const filled = fillPlaceholders(field.value, where, variables)
  if (field.role === 'reference') return referenceFields(field, filled)
  // A name that is put together is decided elsewhere; only its tag is changed.
  if (field.role === 'name') return []
  return [partField(field, filled, { role: field.role, start: 0, end: filled.text.length })]
}

/** A range of a filled text that is one part of the reference. */
interface PartRange {
  role: SlotField['role']
  start: number
  end: number
  /** The piece that decides it, where others are only put before or behind it. */
  piece?: Piece
}

function referenceFields(field: PlacedField, filled: FilledText): PlacedField[] {
  const { text } = filled
  const { name, tag, digest } = splitImage(text)
  const whole: PartRange = { role: 'reference', start: 0, end: text.length }
  if (tag === '' && digest === '') return [partField(field, filled, whole)]
  const tail: PartRange = { role: tag === '' ? 'digest' : 'tag', start: name.length + 1, end: text.length }
  const across = filled.pieces.find(({ start, end }) => start < name.length && end > tail.start)
  const isAcross = across?.variable !== undefined || across?.isDefault === true
  if (isAcross) return [partField(field, filled, { ...whole, piece: across })]
  if (tag === '' || digest === '') return [partField(field, filled, tail)]
  const cut = tail.start + tag.length
  const isSplit = filled.pieces.some(({ start, variable }) => start > cut && variable !== undefined)
  if (!isSplit) return [partField(field, filled, tail)]
  return [
    partField(field, filled, { role: 'tag', start: tail.start, end: cut }),
    partField(field, filled, { role: 'digest', start: cut + 1, end: text.length }),
  ]
}

/** The one scalar that gives a range its value: the variable in it, else the default in it, else the text itself. */
function partField(field: PlacedField, filled: FilledText, { role, start, end, piece }: PartRange): PlacedField {
  const pieces = piece === undefined ? filled.pieces.filter((one) => one.start < end && one.end > start) : [piece]
  const deciding = pieces.filter(({ variable, isDefault }) => variable !== undefined || isDefault)
  const [only, second] = deciding.length > 0 ? deciding : pieces
  const where = `${field.file}:${field.line}`
  if (only === undefined || second !== undefined) {
    throw new FairleadError('Templated', `${where} ${field.value}: the ${role} is put together from several values.`)
  }
  const isWhole = deciding.length === 0
  const from = isWhole ? Math.max(only.start, start) : only.start
  const to = isWhole ? Math.min(only.end, end) : only.end
  const before = (field.used?.before ?? '') + filled.text.slice(start, from)
  const after = filled.text.slice(to, end) + (field.used?.after ?? '')
  const used = before === '' && after === '' ? {} : { used: { before, after } }
  return { role, ...scalarOf(field, only, { from, to }), ...used }
}

function scalarOf(
  field: PlacedField,
  piece: Piece,
  { from, to }: { from: number; to: number },
): Omit<PlacedField, 'role'> {
  if (piece.variable !== undefined) return piece.variable
  const { role: _, used: __, ...scalar } = field
  const at = piece.from + (from - piece.start)
  const written = { before: field.value.slice(0, at), after: field.value.slice(at + (to - from)) }
  return { ...scalar, written }
}
