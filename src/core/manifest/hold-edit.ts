import { FairleadError } from '../../errors.ts'
import { declaredPolicyOf } from './declared-annotation.ts'
import { type HoldPlace, holdAnnotation, isHold } from './hold-place.ts'
import type { FileEdit, Snapshot } from './snapshot.ts'
import { removeEntry, setEntry } from './yaml/entry.ts'
import type { EntryPlace } from './yaml/entry-place.ts'

/** What Flux and Helm fill in, wherever it stands. */
const placeholders = ['${', '$(', '{{']

/**
 * The change that holds a workload; empty when it is held for that very reason. `UsageInvalid` for a reason that other
 * tools would fill in; the refusals of `setEntry`.
 */
export function planHold(place: HoldPlace, reason: string): FileEdit[] {
  const found = placeholders.find((one) => reason.includes(one))
  if (found !== undefined) {
    throw new FairleadError(
      'UsageInvalid',
      `the reason holds ${found}, which other tools would fill in; write it without.`,
    )
  }
  return editOf(place, (text) => setEntry(place.file, text, entryOf(place, holdAnnotation), reason))
}

/** The change that takes every hold of a workload out of its manifest; empty when there is none. */
export function planRelease(place: HoldPlace): FileEdit[] {
  return editOf(place, (text) => {
    return [...place.holds.keys()].reduce((left, key) => removeEntry(place.file, left, entryOf(place, key)), text)
  })
}

/** `NotEditable` when something laid over the manifest says something else about holds of it, so that it is not held. */
export function requireHeld({ branch, deployed }: HoldPlace, reason: string): void {
  const found = declaredPolicyOf(branch.snapshot, deployed).annotations[holdAnnotation]
  if (found === reason) return
  const message = `what is laid over ${deployed.workload.file} makes it ${JSON.stringify(found ?? '')}`
  throw new FairleadError('NotEditable', `${message}; change ${holdAnnotation} in the commonAnnotations there.`)
}

/** `NotEditable` when something laid over the manifest holds it still. */
export function requireReleased({ branch, deployed }: HoldPlace): void {
  const { annotations } = declaredPolicyOf(branch.snapshot, deployed)
  const held = Object.keys(annotations).find(isHold)
  if (held === undefined) return
  const message = `what is laid over ${deployed.workload.file} holds it: ${JSON.stringify(annotations[held])}`
  throw new FairleadError('NotEditable', `${message}; take ${held} out of the commonAnnotations there.`)
}

function editOf({ file, branch }: HoldPlace, change: (text: string) => string): FileEdit[] {
  const before = textOf(branch.snapshot, file)
  const after = change(before)
  return after === before ? [] : [{ path: file, before, after }]
}

function textOf(snapshot: Snapshot, file: string): string {
  const text = snapshot.text(file)
  if (text === undefined) throw new FairleadError('ValueChanged', `${file} is gone; look again.`)
  return text
}

/** Where a hold stands, or would stand. */
export function entryOf({ object }: Pick<HoldPlace, 'object'>, key: string): EntryPlace {
  return { object, mapping: ['metadata', 'annotations'], key }
}
