import { FairleadError } from '../../../errors.ts'
import type { ScalarEdit } from '../yaml/edit.ts'
import { type ImageText, joinImage, splitImage } from './image-text.ts'

/** Text before and after another. */
export interface Affix {
  before: string
  after: string
}

/**
 * One scalar of an image slot. Usually its value is the part of the reference that its role names. Where it is not:
 * `value` is `written.before + text + written.after`, and the part is `used.before + text + used.after`.
 */
export interface SlotField {
  /** `version` stands alone: the version of a chart. */
  role: 'reference' | 'name' | 'tag' | 'digest' | 'version'
  keyPath: string
  /** As it stands in Git. */
  value: string
  line: number
  /** What else stands in the scalar, e.g. `acme/web=` in an image of an Argo CD Application. */
  written?: Affix
  /** What is put around it where it is used, e.g. `v` in `app:v${version}`. */
  used?: Affix
}

/** The place that decides an image: one scalar, or sibling fields that together form one reference. */
export interface Slot {
  file: string
  fields: SlotField[]
}

/** The field that stands for the slot: the whole reference, else the tag, else the digest, else a chart's version. */
export function leadingField(slot: Slot): SlotField {
  const roles = ['reference', 'tag', 'digest', 'version'] as const
  const leading = roles.map((role) => fieldOf(slot, role)).find((field) => field !== undefined)
  if (leading === undefined) throw new FairleadError('Internal', `${slot.file} has an image slot without a value.`)
  return leading
}

/** The part of the reference that a field decides now. */
export function partOf({ value, written, used }: SlotField): string {
  const text = value.slice(written?.before.length ?? 0, value.length - (written?.after.length ?? 0))
  return `${used?.before ?? ''}${text}${used?.after ?? ''}`
}

/**
 * The edits that make a slot deploy `wanted` instead of `deployed`, what it decides now. `DigestUnknown` when a digest
 * is filled and `wanted` has none, `NotEditable` when the slot cannot hold `wanted`.
 */
export function slotEdits(slot: Slot, deployed: ImageText, wanted: ImageText): ScalarEdit[] {
  const reference = fieldOf(slot, 'reference')
  const editOf = (field: SlotField, part: string) => fieldEdit(slot, field, part)
  if (reference !== undefined) return [editOf(reference, referenceText(slot, reference, deployed, wanted))]
  const [name, tag, digest] = [fieldOf(slot, 'name'), fieldOf(slot, 'tag'), fieldOf(slot, 'digest')]
  const isTagPinned = tag !== undefined && partOf(tag).includes('@')
  const isPinned = digest !== undefined || isTagPinned
  if (isPinned && wanted.digest === '') throw digestUnknown(slot)
  if (isTagPinned && digest !== undefined) throw unfit(slot, 'it holds two digests')
  if (tag !== undefined && wanted.tag === '') throw unfit(slot, 'it holds a tag and the new reference has none')
  if (name === undefined && wanted.name !== deployed.name) throw unfit(slot, 'another place decides the name')
  // Without a field of its own the digest goes behind the tag, which kustomize takes as it is.
  const tagText = digest === undefined && wanted.digest !== '' ? `${wanted.tag}@${wanted.digest}` : wanted.tag
  return [
    ...(name === undefined ? [] : [editOf(name, wanted.name)]),
    ...(tag === undefined ? [] : [editOf(tag, tagText)]),
    ...(digest === undefined ? [] : [editOf(digest, wanted.digest)]),
  ]
}

/** The refusal of a value that the slot cannot hold. */
export function unfit(slot: Slot, why: string): FairleadError {
  return new FairleadError('NotEditable', `${whereIs(slot)} cannot be set: ${why}.`)
}

function digestUnknown(slot: Slot): FairleadError {
  const remedy = 'the new reference needs one too (tag@sha256:…)'
  return new FairleadError('DigestUnknown', `${whereIs(slot)} pins a digest; ${remedy}.`)
}

/** A manifest's whole reference. Where an `images:` entry renames it, the written name stays. */
function referenceText(slot: Slot, field: SlotField, deployed: ImageText, wanted: ImageText): string {
  const written = splitImage(partOf(field))
  if (written.digest !== '' && wanted.digest === '') throw digestUnknown(slot)
  if (wanted.name === deployed.name) return joinImage({ ...wanted, name: written.name })
  if (written.name === deployed.name) return joinImage(wanted)
  throw unfit(slot, 'an images: entry decides the name')
}

function fieldOf(slot: Slot, role: SlotField['role']): SlotField | undefined {
  return slot.fields.find((field) => field.role === role)
}

function fieldEdit(slot: Slot, { keyPath, value: expected, written, used }: SlotField, part: string): ScalarEdit {
  const { before = '', after = '' } = used ?? {}
  const fits = part.length >= before.length + after.length && part.startsWith(before) && part.endsWith(after)
  if (!fits) throw unfit(slot, `it is used as ${before}…${after}, and ${part} is not of that form`)
  const text = part.slice(before.length, part.length - after.length)
  const whole = `${written?.before ?? ''}${text}${written?.after ?? ''}`
  // What stands around it may be a placeholder, which stays as it is.
  return written === undefined ? { keyPath, expected, value: whole } : { keyPath, expected, value: whole, isPart: true }
}

function whereIs(slot: Slot): string {
  const { line, keyPath } = leadingField(slot)
  return `${slot.file}:${line} ${keyPath}`
}
