import { isSeq } from 'yaml'
import { FairleadError } from '../../../errors.ts'
import type { Snapshot } from '../snapshot.ts'
import type { KeyStep } from '../yaml/key-path.ts'
import type { Merged, MergeLayer } from '../yaml/merged.ts'
import { enter, itemsOf, type Place, textOf } from '../yaml/place.ts'
import type { BuildSource } from './build.ts'
import { passesOf } from './layer-pass.ts'
import { type Patch, patchContent } from './patch.ts'
import { isNamed, type PatchedObject, replacementTarget, selectionOf } from './patched-object.ts'
import { whyOpaque } from './transformer.ts'

/**
 * A custom resource as its root deploys it: the manifest, and over it the patches of each layer, the outermost on top.
 * `object` is what targets see of it as written. kustomize merges patches into custom resources like JSON merge patches, lists as a whole.
 */
export function objectLayers(snapshot: Snapshot, source: BuildSource, manifest: Place, object: PatchedObject): Merged {
  const layers: MergeLayer[] = [{ place: manifest }]
  for (const { layer, before, after } of passesOf(object, source.layers)) {
    for (const patch of layer.patches) {
      layers.push(...patchLayers(snapshot, patch, patch.stage === 'before-names' ? before : after, manifest))
    }
    for (const transformer of layer.transformers) {
      const opaque = whyOpaque(snapshot, transformer)
      if (opaque !== undefined) layers.push({ place: manifest, opaque })
    }
  }
  return layers.reverse()
}

/** What a patch lays over the object, in its own order. What cannot be read counts as changing everything. */
function patchLayers(snapshot: Snapshot, patch: Patch, object: PatchedObject, manifest: Place): MergeLayer[] {
  const selection = patch.target === undefined ? 'yes' : selectionOf(patch.target, object)
  if (selection === 'no') return []
  if (selection === 'maybe') return [{ place: manifest, opaque: `${patch.where} applies or not, by labels` }]
  try {
    const content = patchContent(snapshot, patch)
    if (content === undefined) {
      return [{ place: manifest, opaque: `${patch.where} refers to a patch that is not in the repository` }]
    }
    return content.flatMap((root) => contentLayers(root, patch, object))
  } catch (thrown) {
    if (!(thrown instanceof FairleadError)) throw thrown
    return [{ place: manifest, opaque: `${patch.where} cannot be read: ${thrown.message}` }]
  }
}

function contentLayers(root: Place, patch: Patch, object: PatchedObject): MergeLayer[] {
  if (patch.replacement) {
    return (isSeq(root.node) ? itemsOf(root) : [root]).flatMap((one) => replacementLayers(one, patch, object))
  }
  if (isSeq(root.node)) return itemsOf(root).flatMap((operation) => operationLayers(operation, patch.where))
  if (patch.target === undefined && !isNamed(root, object)) return []
  if (root.source.text.includes('$patch')) return [{ place: root, opaque: `${patch.where} has a $patch directive` }]
  return [{ place: root }]
}

/** An RFC 6902 operation. Only `replace`, and `add` of a key, say plainly what comes of them. */
function operationLayers(operation: Place, where: string): MergeLayer[] {
  const text = (key: string) => textOf(enter(operation, key))
  const [op, path, from] = [text('op'), text('path'), text('from')]
  if (op === 'test' || path === undefined) return []
  const at = pointerSteps(path)
  const value = enter(operation, 'value')
  const sets = op === 'replace' || (op === 'add' && typeof at.at(-1) === 'string' && at.at(-1) !== '-')
  if (sets && value !== undefined) return [{ place: value, at, replaces: true }]
  const opaque = `${where} has the operation ${op} ${path}`
  // Adding to a list, or taking from it, moves its other items.
  const whole = typeof at.at(-1) === 'number' || at.at(-1) === '-' ? at.slice(0, -1) : at
  return [whole, ...(from === undefined ? [] : [pointerSteps(from)])].map((steps) => {
    return { place: operation, at: steps, opaque }
  })
}

/** RFC 6901; whole numbers are list positions. */
function pointerSteps(pointer: string): KeyStep[] {
  const parts = pointer.split('/').slice(1)
  return parts.map((part) => (/^\d+$/.test(part) ? Number(part) : part.replaceAll('~1', '/').replaceAll('~0', '~')))
}

function replacementLayers(replacement: Place, { where }: Patch, object: PatchedObject): MergeLayer[] {
  return itemsOf(enter(replacement, 'targets')).flatMap((target): MergeLayer[] => {
    if (selectionOf(replacementTarget(target), object) === 'no') return []
    const paths = itemsOf(enter(target, 'fieldPaths')).map((path) => textOf(path) ?? '')
    return paths.map((path) => {
      // Only plain words lead to one place; from the first other step on everything may change.
      const words = path.split('.')
      const odd = words.findIndex((word) => !/^[A-Za-z][A-Za-z0-9_-]*$/.test(word))
      const at = odd === -1 ? words : words.slice(0, odd)
      return { place: replacement, at, opaque: `${where} is a replacement of ${path}` }
    })
  })
}
