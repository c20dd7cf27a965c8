import { isSeq } from 'yaml'
import { isPolicyAnnotation } from '../../../api/annotation.ts'
import { FairleadError } from '../../../errors.ts'
import type { GitBranch } from '../applier.ts'
import type { DeclaredObject } from '../declared.ts'
import type { RootOverlay } from '../kustomize/build.ts'
import { type ImageEntry, imageEntriesOf, type Kustomization, pathsOf } from '../kustomize/kustomization.ts'
import { type Patch, patchOf } from '../kustomize/patch.ts'
import { resolvePath } from '../repository-path.ts'
import { hasFolder, type Snapshot } from '../snapshot.ts'
import { decidingPlace, enterAllMerged, enterMerged, mergedEntries, mergedText } from '../yaml/merged.ts'
import { itemsOf, type Place, textOf, whereIs } from '../yaml/place.ts'

/** The declaration of a Flux Kustomization, the branch it lies in, and the files of the folder it builds. */
export interface DeclaredSpec {
  declared: DeclaredObject
  branch: GitBranch
  snapshot: Snapshot
  /** What declares it fills in placeholders, so that a text with one is not what Flux reads. */
  isFilledIn: boolean
}

/** Fields of older versions, which were merged in other ways. */
const removedFields = ['patchesStrategicMerge', 'patchesJson6902']

/**
 * What the spec of a Flux Kustomization lays over the kustomization of its folder, field by field as kustomize-controller
 * writes it into that file (fluxcd/pkg, kustomize_generator.go). `Masked` for what it did in older versions only,
 * `Templated` for placeholders that what declares it fills in.
 */
export function rootOverlay(spec: DeclaredSpec): RootOverlay {
  const { branch } = spec
  const text = (field: string) => mergedText(enterAllMerged(spec.declared.merged, 'spec', field))
  refuseRemoved(spec)
  const images = imageEntriesOf(listOf(spec, 'images')).map((entry): ImageEntry => ({ ...entry, branch }))
  const patches = itemsOf(listOf(spec, 'patches')).map((entry): Patch => ({ ...patchOf(entry, ''), branch }))
  const components = pathsOf(listOf(spec, 'components'))
  const mayMiss = text('ignoreMissingComponents') === 'true'
  const metadata = enterAllMerged(spec.declared.merged, 'spec', 'commonMetadata')
  const [labels, annotations] = [
    mergedEntries(enterMerged(metadata, 'labels')),
    mergedEntries(enterMerged(metadata, 'annotations')),
  ]
  const [namespace, namePrefix, nameSuffix] = [text('targetNamespace'), text('namePrefix'), text('nameSuffix')]
  return (root) => ({
    ...root,
    namespace: namespace ?? root.namespace,
    namePrefix: namePrefix ?? root.namePrefix,
    nameSuffix: nameSuffix ?? root.nameSuffix,
    images: mergedImages(root.images, images),
    patches: [
      ...root.patches.filter(({ stage }) => stage === 'before-names'),
      ...patches,
      ...root.patches.filter(({ stage }) => stage === 'after-names'),
    ],
    components: [...root.components, ...components.filter(({ path }) => !mayMiss || isThere(spec, root, path))],
    labels: new Map([...root.labels, ...labels.map(({ key, value }): [string, string] => [key, whereIs(value)])]),
    annotations: new Map([...root.annotations, ...annotations.flatMap(policyPair)]),
  })
}

/** A list of the spec; undefined when it is not there. */
function listOf({ declared, isFilledIn }: DeclaredSpec, field: string): Place | undefined {
  const place = decidingPlace(enterAllMerged(declared.merged, 'spec', field))
  if (place === undefined || !isSeq(place.node)) return undefined
  const [start, end] = place.node.range ?? [0, 0]
  if (isFilledIn && place.source.text.slice(start, end).includes('${')) {
    const message = `${whereIs(place)} spec.${field} holds a placeholder that is filled in where this is declared`
    throw new FairleadError('Templated', `${message}; write the value itself.`)
  }
  return place
}

function refuseRemoved({ declared }: DeclaredSpec): void {
  const evidence = removedFields
    .filter((field) => enterAllMerged(declared.merged, 'spec', field).length > 0)
    .map((field) => `${whereIs(declared.manifest)} spec.${field}`)
  if (evidence.length === 0) return
  throw new FairleadError('Masked', `${evidence.join(', ')} is not followed; use spec.patches.`, { evidence })
}

/**
 * An entry of a name that the root has already changes that entry in place. Versions differ in what becomes of fields
 * that only the root's entry fills (older ones drop them), so such an entry is marked as unsure.
 */
function mergedImages(root: readonly ImageEntry[], added: readonly ImageEntry[]): ImageEntry[] {
  const images = [...root]
  for (const entry of added) {
    const at = images.findIndex(({ name }) => name === entry.name)
    const before = images[at]
    if (before === undefined) images.push(entry)
    else images[at] = overridden(before, entry)
  }
  return images
}

function overridden(before: ImageEntry, entry: ImageEntry): ImageEntry {
  const setsVersion = entry.newTag !== undefined || entry.digest !== undefined
  const hadVersion = before.newTag !== undefined || before.digest !== undefined || before.tagSuffix !== undefined
  const keepsName = before.newName !== undefined && entry.newName === undefined
  if (!keepsName && (setsVersion || !hadVersion)) return entry
  const where = `${before.file}:${before.line}`
  return {
    ...entry,
    unsure: `versions of Flux differ in what they keep of the entry at ${where}; fill the same fields`,
  }
}

function policyPair({ key, value }: { key: string; value: Place }): [string, string][] {
  const text = textOf(value)
  return text === undefined || !isPolicyAnnotation(key) ? [] : [[key, text]]
}

function isThere({ snapshot }: DeclaredSpec, root: Kustomization, path: string): boolean {
  const folder = resolvePath(root.folder, path)
  return folder !== undefined && hasFolder(snapshot, folder)
}
