import { isSeq } from 'yaml'
import { FairleadError } from '../../../errors.ts'
import type { Snapshot } from '../snapshot.ts'
import type { WorkloadManifest } from '../workload-manifest.ts'
import { enter, itemsOf, type Place } from '../yaml/place.ts'
import type { BuildSource } from './build.ts'
import { type ContainerChange, operationChanges, replacementReaches, strategicChanges } from './container-change.ts'
import { type Patch, patchContent } from './patch.ts'
import { isNamed, mentions, type PatchedObject, type Selection, selectedKeys, selectionOf } from './patched-object.ts'
import { schemaKinds } from './patched-workload.ts'

/** A workload under a root, and where its files are. */
export interface PatchSubject {
  snapshot: Snapshot
  source: BuildSource
  workload: WorkloadManifest
}

/** What a patch does to the containers of a workload; `object` is the workload as this patch sees it. */
export function patchChanges(subject: PatchSubject, patch: Patch, object: PatchedObject): ContainerChange[] {
  const selection = selectionFor(subject, patch, object)
  if (selection === 'no') return []
  const changes = changesOf(subject, patch, object)
  if (selection === 'yes') return changes
  const why = `${patch.where} applies or not, by labels that are not known`
  return changes.map((change) => (change.does === 'hide' ? change : { does: 'hide', list: change.list, why }))
}

/** Whether the target selects the object, as far as its labels are known: an earlier patch may have changed them. */
function selectionFor({ snapshot, source }: PatchSubject, patch: Patch, object: PatchedObject): Selection {
  const { target } = patch
  if (target === undefined) return 'yes'
  const selection = selectionOf(target, object)
  const keys = selectedKeys(target)
  if (selection === 'no' && selectionOf({ ...target, labelSelector: '', annotationSelector: '' }, object) === 'no') {
    return 'no'
  }
  if (keys.length === 0) return selection
  const others = source.layers.flatMap((layer) => layer.patches).filter((other) => other !== patch)
  const isChanged = others.some((other) => keys.some((key) => mentions(snapshot, other, object, keyText(key))))
  return isChanged || source.layers.some(({ transformers }) => transformers.length > 0) ? 'maybe' : selection
}

/** The part of a key that looks the same in a JSON pointer, where a slash is written otherwise. */
function keyText(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1)
}

/** What a patch does, read as kustomize reads it; what cannot be read counts as doing everything. */
function changesOf(
  { snapshot, workload, source }: PatchSubject,
  patch: Patch,
  object: PatchedObject,
): ContainerChange[] {
  const opaque = (why: string): ContainerChange[] => [{ does: 'hide', why: `${patch.where} ${why}` }]
  try {
    const content = patchContent(snapshot, patch)
    if (content === undefined) return opaque('refers to a patch that is not in the repository')
    const { podSpec } = workload
    const changes = content.flatMap((root) => {
      if (isSeq(root.node)) return itemsOf(root).flatMap((one) => operationChanges(one, podSpec, patch.where))
      if (patch.target === undefined && !isNamed(root, object)) return []
      return strategicChanges(root, podSpec, patch.where)
    })
    const isMerge = changes.some(({ does }) => does === 'merge')
    if (isMerge && source.layers.some(({ schemas }) => schemas.length > 0) && !schemaKinds.has(object.kind)) {
      return opaque('is merged by a schema of its own')
    }
    return patch.renames === true && changes.length > 0 ? opaque('may rename its object') : changes
  } catch (thrown) {
    if (!(thrown instanceof FairleadError)) throw thrown
    return opaque(`cannot be read: ${thrown.message}`)
  }
}

/**
 * May a patch change the image of a container whose manifest is not at hand, so that only its name is known? What cannot be
 * read may.
 */
export function mayTouch(snapshot: Snapshot, patch: Patch, podSpec: readonly string[], name: string): boolean {
  if (patch.replacement) {
    const targets = replacementTargets(snapshot, patch)
    const at = { list: 'containers', name } as const
    return targets.some((target) => target === undefined || replacementReaches(target, podSpec, at))
  }
  try {
    const content = patchContent(snapshot, patch)
    const changes = content?.flatMap((root) => {
      return isSeq(root.node)
        ? itemsOf(root).flatMap((one) => operationChanges(one, podSpec, patch.where))
        : strategicChanges(root, podSpec, patch.where)
    })
    return changes?.some((change) => changesImage(change, name)) ?? true
  } catch (thrown) {
    if (thrown instanceof FairleadError) return true
    throw thrown
  }
}

function changesImage(change: ContainerChange, name: string): boolean {
  if (change.does !== 'merge') return true
  return change.containers.some((one) => one.name === name && (one.image ?? one.opaque) !== undefined)
}

/** The targets of a replacement; undefined for one that cannot be read. */
export function replacementTargets(snapshot: Snapshot, patch: Patch): (Place | undefined)[] {
  try {
    const content = patchContent(snapshot, patch)
    if (content === undefined) return [undefined]
    const replacements = content.flatMap((root) => (isSeq(root.node) ? itemsOf(root) : [root]))
    return replacements.flatMap((one) => itemsOf(enter(one, 'targets')))
  } catch (thrown) {
    if (!(thrown instanceof FairleadError)) throw thrown
    return [undefined]
  }
}
