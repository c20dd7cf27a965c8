import { policyPrefixes } from '../../../api/annotation.ts'
import { FairleadError } from '../../../errors.ts'
import { folderOf, resolvePath } from '../repository-path.ts'
import type { Snapshot } from '../snapshot.ts'
import { enter, itemsOf, type Place, rootPlace, textOf, whereIs } from '../yaml/place.ts'
import { readYaml } from '../yaml/source.ts'

/** An entry of `transformers` in a kustomization file: a path, or a whole configuration written in its place. */
export interface Transformer {
  /** `file:line` of the entry. */
  where: string
  /** Configuration in a file of its own: path in the repository; `''` when it is outside, remote or written inline. */
  path: string
}

/** The transformers of a kustomization file. */
export function transformersOf(list: Place | undefined): Transformer[] {
  return itemsOf(list).map((entry) => {
    const path = textOf(entry) ?? ''
    const folder = folderOf(entry.source.file)
    return { where: whereIs(entry), path: path.includes('\n') ? '' : (resolvePath(folder, path) ?? '') }
  })
}

/** Kustomize's own transformers that only add entries to mappings such as `metadata.labels`. */
const harmlessKinds = ['LabelTransformer', 'AnnotationsTransformer']

/** Mappings that they may add to: `containers` among the fields would let a label called `image` replace an image. */
const harmlessFields = ['labels', 'annotations', 'matchLabels', 'selector']

/**
 * What decides more than labels and annotations: our own annotations, the label that follows the tag, and the
 * annotations that make a program of any configuration (kustomize's KRM functions).
 */
const tellingWords = [...policyPrefixes, 'app.kubernetes.io/version', 'config.kubernetes.io/', 'config.k8s.io/']

/**
 * Why what a root deploys cannot be read past this transformer; undefined when it only sets labels or annotations that
 * mean nothing here. What cannot be read counts as changing everything.
 */
export function whyOpaque(snapshot: Snapshot, { where, path }: Transformer): string | undefined {
  const text = path === '' ? undefined : snapshot.text(path)
  if (text === undefined) return `${where} transformers: not a file that is read here`
  const word = tellingWords.find((one) => text.includes(one))
  if (word !== undefined) return `${where} transformers: ${path} mentions ${word}`
  try {
    const source = readYaml(path, text)
    const roots = source.documents.flatMap((document) => rootPlace(source, document) ?? [])
    const harmful = roots.find((root) => !isHarmless(root))
    if (harmful === undefined && roots.length > 0) return undefined
    return `${where} transformers: ${harmful === undefined ? path : whereIs(harmful)} may change more than labels`
  } catch (thrown) {
    if (!(thrown instanceof FairleadError)) throw thrown
    return `${where} transformers: ${thrown.message}`
  }
}

function isHarmless(root: Place): boolean {
  if (textOf(enter(root, 'apiVersion')) !== 'builtin') return false
  if (!harmlessKinds.includes(textOf(enter(root, 'kind')) ?? '')) return false
  // An escape in a quoted key can hide a word from the search above.
  if (root.source.text.includes('\\')) return false
  return itemsOf(enter(root, 'fieldSpecs')).every((spec) => {
    const path = textOf(enter(spec, 'path')) ?? ''
    return harmlessFields.includes(path.split('/').at(-1) ?? '')
  })
}
