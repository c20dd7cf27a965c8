import { RE2JS } from 're2js'
import { isScalar, isSeq } from 'yaml'
import { FairleadError } from '../../errors.ts'
import { embeddedYaml } from './embedded-yaml.ts'
import { folderOf, resolvePath } from './repository-path.ts'
import type { Snapshot } from './snapshot.ts'
import { enter, enterAll, itemsOf, type Place, rootPlace, textOf, whereIs } from './yaml-place.ts'
import { readYaml } from './yaml-source.ts'

/**
 * A part of a kustomization file that can change single fields: an entry of `patches`, `patchesStrategicMerge`,
 * `patchesJson6902` or `replacements`. Its content is read only when it matters.
 */
export interface Patch {
  /** `file:line` of the entry. */
  where: string
  replacement: boolean
  /** Patterns for the objects it applies to; absent when the content itself names its object. */
  target?: { kind: string; name: string }
  /** Content written in the kustomization file: a text that is YAML, or the replacement itself. */
  inline?: Place
  /** Content in a file of its own: path in the repository; `''` when it is outside or remote. */
  path?: string
}

/** An object that a patch might change. */
export interface PatchedObject {
  kind: string
  /** The names the object has on its way through the layers. */
  names: readonly string[]
}

/** The container whose image a patch might change. */
export interface PatchedContainer extends PatchedObject {
  /** Steps to the pod's `spec`. */
  podSpec: readonly string[]
  list: 'containers' | 'initContainers'
  /** Position in the list; Infinity for a container that is not in the manifest. */
  index: number
  container: string
}

/** The patches and replacements of a kustomization, in the order in which kustomize applies them (its kusttarget). */
export function patchesOf(root: Place): Patch[] {
  const folder = folderOf(root.source.file)
  const list = (key: string) => itemsOf(enter(root, key))
  return [
    ...list('patchesStrategicMerge').map((entry) => strategicOf(entry, folder)),
    ...['patches', 'patchesJson6902'].flatMap((key) => list(key).map((entry) => patchOf(entry, folder))),
    ...list('replacements').map((entry) => replacementOf(entry, folder)),
  ]
}

function patchOf(entry: Place, folder: string): Patch {
  const target = enter(entry, 'target')
  const patch: Patch = { where: whereIs(entry), replacement: false, ...contentOf(entry, 'patch', folder) }
  if (target === undefined) return patch
  const text = (key: string) => textOf(enter(target, key)) ?? ''
  return { ...patch, target: { kind: text('kind'), name: text('name') } }
}

function strategicOf(entry: Place, folder: string): Patch {
  const text = textOf(entry) ?? ''
  const content = text.includes('\n') ? { inline: entry } : { path: resolvePath(folder, text) ?? '' }
  return { where: whereIs(entry), replacement: false, ...content }
}

function replacementOf(entry: Place, folder: string): Patch {
  const content = contentOf(entry, '', folder)
  return { where: whereIs(entry), replacement: true, ...(content.path === undefined ? { inline: entry } : content) }
}

function contentOf(entry: Place, inlineKey: string, folder: string): { inline?: Place; path?: string } {
  const path = textOf(enter(entry, 'path'))
  if (path !== undefined) return { path: resolvePath(folder, path) ?? '' }
  const inline = inlineKey === '' ? undefined : enter(entry, inlineKey)
  return textOf(inline) === undefined || inline === undefined ? {} : { inline }
}

/**
 * What a patch is made of, one place per document. A text that is no literal block can be read and not edited. Undefined
 * when it is not in the repository; otherwise the refusals of `readYaml`.
 */
export function patchContent(snapshot: Snapshot, patch: Patch): Place[] | undefined {
  const { inline, path } = patch
  if (inline !== undefined && patch.replacement) return [inline]
  const text = path === undefined ? textOf(inline) : snapshot.text(path)
  if (text === undefined) return undefined
  const isBlock = inline !== undefined && isScalar(inline.node) && inline.node.type === 'BLOCK_LITERAL'
  const source = isBlock ? embeddedYaml(inline) : readYaml(path ?? patch.where, text)
  const through =
    inline === undefined || isBlock ? {} : { through: `the text at ${patch.where}, which is no block ("|")` }
  return source.documents.flatMap((document) => {
    const root = rootPlace(source, document)
    return root === undefined ? [] : [{ ...root, ...through }]
  })
}

/**
 * Why the image of the container cannot be read past this patch; undefined when the patch leaves it alone. What
 * cannot be read counts as touching: a wrong guess would change what does not decide.
 */
export function touchesImage(snapshot: Snapshot, patch: Patch, container: PatchedContainer): string | undefined {
  const { target } = patch
  if (target !== undefined && !selectsObject(target, container)) return undefined
  try {
    const content = patchContent(snapshot, patch)
    if (content === undefined) return `${patch.where} refers to a patch that is not in the repository`
    const touching = content.some((root) => contentTouches(root, patch, container))
    return touching ? `${patch.where} changes the image of container ${container.container}` : undefined
  } catch (thrown) {
    if (!(thrown instanceof FairleadError)) throw thrown
    return `${patch.where} cannot be read: ${thrown.message}`
  }
}

/** Does a patch for this object mention the word anywhere? A coarse look, for labels. */
export function mentions(snapshot: Snapshot, patch: Patch, container: PatchedContainer, word: string): boolean {
  if (patch.target !== undefined && !selectsObject(patch.target, container)) return false
  const text = patch.path === undefined ? sourceTextOf(patch.inline) : snapshot.text(patch.path)
  return text?.includes(word) ?? false
}

/** The text of a place with everything below it, as it stands in the file. */
function sourceTextOf(place: Place | undefined): string | undefined {
  const [start, end] = place?.node.range ?? [0, 0]
  return place?.source.text.slice(start, end)
}

function contentTouches(root: Place, patch: Patch, container: PatchedContainer): boolean {
  if (patch.replacement) {
    return (isSeq(root.node) ? itemsOf(root) : [root]).some((one) => replacementTouches(one, container))
  }
  if (isSeq(root.node)) return itemsOf(root).some((operation) => operationTouches(operation, container))
  const named = patch.target !== undefined || isFor(root, container)
  return named && strategicTouches(root, container)
}

function isFor(root: Place, container: PatchedContainer): boolean {
  const name = textOf(enterAll(root, 'metadata', 'name')) ?? ''
  return textOf(enter(root, 'kind')) === container.kind && container.names.includes(name)
}

function strategicTouches(root: Place, container: PatchedContainer): boolean {
  let at: Place | undefined = root
  for (const step of [...container.podSpec, container.list]) {
    if (enter(at, '$patch') !== undefined) return true
    at = enter(at, step)
    if (at === undefined) return false
  }
  if (!isSeq(at.node)) return true
  return itemsOf(at).some((item) => {
    const name = textOf(enter(item, 'name'))
    const concerns = name === undefined || name === container.container
    return concerns && (enter(item, 'image') !== undefined || enter(item, '$patch') !== undefined)
  })
}

/** An RFC 6902 operation, as a mapping with `op`, `path` and perhaps `from`. */
function operationTouches(operation: Place, container: PatchedContainer): boolean {
  if (textOf(enter(operation, 'op')) === 'test') return false
  return ['path', 'from'].some((key) => {
    const pointer = textOf(enter(operation, key))
    if (pointer === undefined) return false
    return stepsTouch(pointer.split('/').slice(1), container)
  })
}

/** Do these steps reach the image: above the list, the element itself or one before it, or its `image`? */
function stepsTouch(steps: readonly string[], container: PatchedContainer): boolean {
  const list = [...container.podSpec, container.list]
  if (!list.every((step, depth) => steps[depth] === undefined || steps[depth] === step)) return false
  const [element, field] = steps.slice(list.length)
  if (element === undefined) return true
  if (element === '-') return container.index === Number.POSITIVE_INFINITY
  const named = /^\[name=(.*)\]$/.exec(element)?.[1]
  const mayBeOurs = named === undefined ? true : named === container.container
  const position = /^\d+$/.test(element) ? Number(element) : undefined
  if (field === undefined) return mayBeOurs && (position === undefined || position <= container.index)
  const same = mayBeOurs && (position === undefined || position === container.index)
  return same && (field === 'image' || field === 'name' || field === '*')
}

function replacementTouches(replacement: Place, container: PatchedContainer): boolean {
  return itemsOf(enter(replacement, 'targets')).some((target) => {
    const select = enter(target, 'select')
    const text = (key: string) => (select === undefined ? '' : (textOf(enter(select, key)) ?? ''))
    if (!selectsObject({ kind: text('kind'), name: text('name') }, container)) return false
    return itemsOf(enter(target, 'fieldPaths')).some((path) => {
      return stepsTouch((textOf(path) ?? '').split('.'), container)
    })
  })
}

/** Does a patch with this target apply to the object? kustomize reads both as anchored regular expressions; empty = any. */
export function selectsObject(target: { kind: string; name: string }, object: PatchedObject): boolean {
  const matches = (pattern: string, values: readonly string[]) => {
    if (pattern === '' || values.includes(pattern)) return true
    try {
      const compiled = RE2JS.compile(`^(?:${pattern})$`)
      return values.some((value) => compiled.matches(value))
    } catch {
      return true
    }
  }
  return matches(target.kind, [object.kind]) && matches(target.name, object.names)
}
