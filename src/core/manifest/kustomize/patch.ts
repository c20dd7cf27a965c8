import { isScalar } from 'yaml'
import type { GitBranch } from '../applier.ts'
import { folderOf, resolvePath } from '../repository-path.ts'
import type { Snapshot } from '../snapshot.ts'
import { embeddedYaml } from '../yaml/embedded.ts'
import { enter, itemsOf, type Place, rootPlace, textOf, whereIs } from '../yaml/place.ts'
import { readYaml } from '../yaml/source.ts'

/**
 * A part of a kustomization file that can change single fields: an entry of `patches`, `patchesStrategicMerge`,
 * `patchesJson6902` or `replacements`. Its content is read only when it matters.
 */
export interface Patch {
  /** `file:line` of the entry. */
  where: string
  /** `patchesJson6902` and replacements see the name and namespace that their own layer gives, the others do not. */
  stage: 'before-names' | 'after-names'
  replacement: boolean
  /** Patterns for the objects it applies to; absent when the content itself names its object. */
  target?: PatchTarget
  /** It may give the object another name or kind (`options`). */
  renames?: boolean
  /** Content written in the kustomization file: a text that is YAML, or the replacement itself. */
  inline?: Place
  /** Content in a file of its own: path in the repository; `''` when it is outside or remote. */
  path?: string
  /** Where the inline content lies when it is not the branch of the folder that is built. */
  branch?: GitBranch
}

/** Anchored regular expressions and selectors; `''` = any. */
export interface PatchTarget {
  group: string
  version: string
  kind: string
  name: string
  namespace: string
  labelSelector: string
  annotationSelector: string
}

/** The patches and replacements of a kustomization, in the order in which kustomize applies them (its kusttarget). */
export function patchesOf(root: Place): Patch[] {
  const folder = folderOf(root.source.file)
  const list = (key: string) => itemsOf(enter(root, key))
  return [
    ...list('patchesStrategicMerge').map((entry) => strategicOf(entry, folder)),
    ...list('patches').map((entry) => patchOf(entry, folder)),
    ...list('patchesJson6902').map((entry): Patch => ({ ...patchOf(entry, folder), stage: 'after-names' })),
    ...list('replacements').map((entry) => replacementOf(entry, folder)),
  ]
}

/** An entry of `patches`. */
export function patchOf(entry: Place, folder: string): Patch {
  const target = enter(entry, 'target')
  const options = enter(entry, 'options')
  const renames = ['allowNameChange', 'allowKindChange'].some(
    (key) => options !== undefined && textOf(enter(options, key)) === 'true',
  )
  const content = contentOf(entry, 'patch', folder)
  const patch: Patch = { where: whereIs(entry), stage: 'before-names', replacement: false, ...content }
  return { ...patch, ...(target === undefined ? {} : { target: targetOf(target) }), ...(renames ? { renames } : {}) }
}

/** A `target` of a patch, or a `select` of a replacement. */
export function targetOf(place: Place | undefined): PatchTarget {
  const text = (key: string) => (place === undefined ? '' : (textOf(enter(place, key)) ?? ''))
  return {
    group: text('group'),
    version: text('version'),
    kind: text('kind'),
    name: text('name'),
    namespace: text('namespace'),
    labelSelector: text('labelSelector'),
    annotationSelector: text('annotationSelector'),
  }
}

function strategicOf(entry: Place, folder: string): Patch {
  const text = textOf(entry) ?? ''
  const content = text.includes('\n') ? { inline: entry } : { path: resolvePath(folder, text) ?? '' }
  return { where: whereIs(entry), stage: 'before-names', replacement: false, ...content }
}

function replacementOf(entry: Place, folder: string): Patch {
  const content = contentOf(entry, '', folder)
  const where = whereIs(entry)
  const inline = content.path === undefined ? { inline: entry } : content
  return { where, stage: 'after-names', replacement: true, ...inline }
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

/** The text of a patch with everything below it, as it stands in its file. */
export function patchText(snapshot: Snapshot, patch: Patch): string | undefined {
  if (patch.path !== undefined) return snapshot.text(patch.path)
  const [start, end] = patch.inline?.node.range ?? [0, 0]
  return patch.inline?.source.text.slice(start, end)
}
