import { isPolicyAnnotation } from '../../../api/annotation.ts'
import { FairleadError } from '../../../errors.ts'
import type { GitBranch } from '../applier.ts'
import type { RootOverlay } from '../kustomize/build.ts'
import type { ImageEntry, ImageField, Kustomization, PathEntry } from '../kustomize/kustomization.ts'
import { type Patch, patchOf } from '../kustomize/patch.ts'
import { resolvePath } from '../repository-path.ts'
import { splitImage } from '../slot/image-text.ts'
import { hasFolder, type Snapshot } from '../snapshot.ts'
import { decidingPlace, enterMerged, type Merged, mergedEntries, mergedItems, mergedText } from '../yaml/merged.ts'
import { keyPathOf, lineOf, type Place, textOf, whereIs } from '../yaml/place.ts'
import { fieldWithin, isOneValue, type PlacedField } from './composition.ts'

/** Where a place of an Application's fields lies. */
export type HomeFinder = (place: Place) => GitBranch

/**
 * What Argo CD changes in a folder's kustomization before it builds: `kustomize edit set image`, `nameprefix`, `namesuffix`
 * and `namespace` with the fields of the source, and its labels, annotations, patches and components added (its
 * util/kustomize). An image's whole entry is replaced, and all entries are then in the order of their names.
 */
export function kustomizeOverlay(fields: Merged, snapshot: Snapshot, home: HomeFinder): RootOverlay {
  return (own) => overridden(own, fields, snapshot, home)
}

function overridden(own: Kustomization, fields: Merged, snapshot: Snapshot, home: HomeFinder): Kustomization {
  const value = (key: string) => enterMerged(fields, key)
  const text = (key: string) => mergedText(value(key)) ?? ''
  const places = (key: string) => mergedItems(value(key)).flatMap((item) => item[0]?.place ?? [])
  const images = mergedItems(value('images')).flatMap((item) => imageEntry(decidingPlace(item), own.images, home))
  const mayMiss = text('ignoreMissingComponents') === 'true'
  const components = places('components').map((place) => ({ path: textOf(place) ?? '', where: whereIs(place) }))
  const [labels, annotations] = [mergedEntries(value('commonLabels')), mergedEntries(value('commonAnnotations'))]
  return {
    ...own,
    namespace: text('namespace') || own.namespace,
    namePrefix: text('namePrefix') || own.namePrefix,
    nameSuffix: text('nameSuffix') || own.nameSuffix,
    images: images.length === 0 ? own.images : withImages(own.images, images),
    patches: [
      ...own.patches.filter(({ stage }) => stage === 'before-names'),
      ...places('patches').map((place): Patch => ({ ...patchOf(place, own.folder), branch: home(place) })),
      ...own.patches.filter(({ stage }) => stage === 'after-names'),
    ],
    components: [...own.components, ...components.filter((one) => !mayMiss || isThere(snapshot, own.folder, one))],
    labels: new Map([...own.labels, ...labels.map(({ key, value }) => [key, whereIs(value)] as const)]),
    setLabels: new Map([...own.setLabels, ...labels.map(textPair)]),
    setAnnotations: new Map([...own.setAnnotations, ...annotations.map(textPair)]),
    annotations: new Map([
      ...own.annotations,
      ...annotations.filter(({ key }) => isPolicyAnnotation(key)).map(textPair),
    ]),
  }
}

function isThere(snapshot: Snapshot, folder: string, { path }: PathEntry): boolean {
  const resolved = resolvePath(folder, path)
  return resolved !== undefined && hasFolder(snapshot, resolved)
}

function textPair({ key, value }: { key: string; value: Place }): readonly [string, string] {
  return [key, textOf(value) ?? '']
}

/** The last one of a name counts. */
function withImages(own: readonly ImageEntry[], images: readonly ImageEntry[]): ImageEntry[] {
  const byName = new Map([...own, ...images].map((image) => [image.name, image]))
  return [...byName.values()].sort((left, right) => (left.name < right.name ? -1 : 1))
}

/** `[name=]image[:tag][@digest]`, as `kustomize edit set image` reads it; `*` for the image keeps the folder's name. */
function imageEntry(place: Place | undefined, own: readonly ImageEntry[], home: HomeFinder): ImageEntry[] {
  const text = textOf(place)
  if (place === undefined || text === undefined) return []
  const where = `${whereIs(place)} kustomize image ${text}`
  if (text.includes('$')) throw new FairleadError('Templated', `${where} is filled in by Argo CD.`)
  const equals = text.indexOf('=')
  const { name, tag, digest } = splitImage(text.slice(equals + 1))
  if (name === text || (equals === -1 && tag === '' && digest === '')) {
    throw new FairleadError('ManifestInvalid', `${where} has no "=", tag or digest; kustomize refuses it.`)
  }
  if (tag === '*' || digest === '*') {
    const why = 'the tag or digest is the one of the folder'
    throw new FairleadError('Masked', `${where}: ${why}; write it out.`, { evidence: [where] })
  }
  const entryName = equals === -1 ? name : text.slice(0, equals)
  const kept = own.find((entry) => entry.name === entryName)?.newName
  const field = (value: string): ImageField => ({ value, keyPath: keyPathOf(place), line: lineOf(place) })
  const newName = equals === -1 || name === '' ? undefined : name === '*' ? kept : field(name)
  const slot = tag === '' && digest === '' ? undefined : slotField(place, text, equals)
  const at = slot?.place ?? place
  return [
    {
      file: at.source.file,
      line: lineOf(at),
      name: entryName,
      branch: home(at),
      ...(newName === undefined ? {} : { newName }),
      ...(tag === '' ? {} : { newTag: field(tag) }),
      ...(digest === '' ? {} : { digest: field(digest) }),
      ...(slot === undefined ? {} : { slot: [slot.field] }),
    },
  ]
}

/** The name takes part only where the text gives a new one, and a template does not put it together. */
function slotField(place: Place, text: string, equals: number): PlacedField {
  const { name, tag } = splitImage(text.slice(equals + 1))
  const start = equals + 1
  const isNamed = equals !== -1 && name !== '' && name !== '*'
  if (isNamed && isOneValue(place, start, text.length)) return fieldWithin(place, 'reference', start, text.length)
  return fieldWithin(place, tag === '' ? 'digest' : 'tag', start + name.length + 1, text.length)
}
