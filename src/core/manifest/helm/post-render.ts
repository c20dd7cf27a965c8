import { FairleadError } from '../../../errors.ts'
import { type ImageEntry, type Kustomization, kustomizationAt } from '../kustomize/kustomization.ts'
import { type Patch, patchText } from '../kustomize/patch.ts'
import { mayTouch } from '../kustomize/patch-change.ts'
import { selectionOf } from '../kustomize/patched-object.ts'
import { imageAfter, matchesImage } from '../slot/image-decision.ts'
import { joinImage, splitImage } from '../slot/image-text.ts'
import type { Snapshot } from '../snapshot.ts'
import type { TraceQuery } from '../trace.ts'
import { decidingPlace, enterAllMerged, type Merged } from '../yaml/merged.ts'
import { enter, itemsOf } from '../yaml/place.ts'

/** What the post-renderers of a HelmRelease do, in their order. They act on what the chart made, so they win. */
export function postRenderers(file: string, release: Merged): Kustomization[] {
  const list = decidingPlace(enterAllMerged(release, 'spec', 'postRenderers'))
  return itemsOf(list).map((item) => kustomizationAt(file, enter(item, 'kustomize')))
}

/** What comes of a live image before and in the post-renderers. */
export interface PostRendered {
  /** The entry that decides the tag or digest; undefined when the values do. */
  entry?: ImageEntry
  /** The image as the chart must have made it, with the live tag. */
  image: string
}

/**
 * Follows the live image back through the `images` of the post-renderers. The last entry for its name decides. `Masked`
 * when that is not what the cluster runs although it is up to date, or when a patch may change the image.
 */
export function beforePostRenderers(
  snapshot: Snapshot,
  renderers: readonly Kustomization[],
  query: TraceQuery & { image: string },
  isSettled: boolean,
): PostRendered {
  refusePatches(snapshot, renderers, query)
  const image = splitImage(query.image)
  for (const entry of renderers.flatMap(({ images }) => images).reverse()) {
    const makes =
      entry.newName === undefined ? matchesImage(entry, joinImage(image)) : entry.newName.value === image.name
    if (!makes) continue
    const decides = entry.newTag !== undefined || entry.digest !== undefined
    const isAsLive = decides && isWhatRuns(entry, query.image)
    if (decides && (isAsLive || !isSettled || isKnown(entry, query))) return { entry, image: joinImage(image) }
    // A renamed image may as well have had that name from the chart; any other is surely what the entry makes of it.
    if (decides && entry.newName === undefined) throw notWhatRuns(entry, query.image)
    if (!decides && entry.newName !== undefined) image.name = entry.name
  }
  return { image: joinImage(image) }
}

function isKnown({ file, newTag, digest }: ImageEntry, { decidedAt }: TraceQuery): boolean {
  return file === decidedAt?.file && [newTag, digest].some((field) => field?.keyPath === decidedAt.keyPath)
}

/** The image after the post-renderers. */
export function afterPostRenderers(renderers: readonly Kustomization[], image: string): string {
  return imageAfter(
    image,
    renderers.flatMap(({ images }) => images),
  )
}

function isWhatRuns({ newTag, digest }: ImageEntry, live: string): boolean {
  const image = splitImage(live)
  return image.tag === (newTag?.value ?? '') && image.digest === (digest?.value ?? '')
}

function notWhatRuns({ file, line, name }: ImageEntry, live: string): FairleadError {
  const where = `${file}:${line} images entry ${name}`
  const what = `${where} of the post-renderers sets the tag of ${name}, and the cluster runs ${live}`
  return new FairleadError('Masked', `${what}; something else decides it.`, { evidence: [where] })
}

function refusePatches(snapshot: Snapshot, renderers: readonly Kustomization[], query: TraceQuery): void {
  const patches = renderers.flatMap((renderer) => renderer.patches)
  const evidence = patches.filter((patch) => mayChangeImage(snapshot, patch, query)).map(({ where }) => where)
  if (evidence.length === 0) return
  const what = `The image of ${query.kind} ${query.name} may be changed by patches of the release's post-renderers`
  throw new FairleadError('Masked', `${what}; use their images.`, { evidence })
}

/** A coarse look: where the chart puts the container in its list is not known. */
function mayChangeImage(snapshot: Snapshot, patch: Patch, query: TraceQuery): boolean {
  const podSpec =
    query.kind === 'CronJob' ? ['spec', 'jobTemplate', 'spec', 'template', 'spec'] : ['spec', 'template', 'spec']
  const text = patchText(snapshot, patch) ?? ''
  if (query.kind === 'HelmRelease') return text.includes('image')
  // Of the manifest only kind and name are known.
  const object = { group: '', version: '', kind: query.kind, ids: [{ name: query.name, namespace: '' }] }
  const { kind = '', name = '' } = patch.target ?? {}
  const anywhere = { group: '', version: '', namespace: '', labelSelector: '', annotationSelector: '', kind, name }
  if (selectionOf(anywhere, object) === 'no') return false
  return text.includes('/image') || mayTouch(snapshot, patch, podSpec, query.container ?? '')
}
