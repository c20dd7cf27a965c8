import { RE2JS } from 're2js'
import { FairleadError } from '../../../errors.ts'
import type { GitBranch } from '../applier.ts'
import type { ImageEntry } from '../kustomize/kustomization.ts'
import type { ManifestValue } from '../workload-manifest.ts'
import { type ImageText, joinImage, splitImage } from './image-text.ts'

/** The scalar that gives a container its whole reference, in a manifest or in a patch. */
export interface WrittenImage extends ManifestValue {
  /** Set when the value is inherited through an alias or merge key, or stands in a text that is no block: says which. */
  through?: string
  /** Where it lies when it is not the branch of the folder that is built. */
  branch?: GitBranch
}

/** What becomes of a container's image on its way through the layers. */
export interface ImageDecision {
  /** The reference that is deployed. */
  image: string
  written: WrittenImage
  /** The `images:` entry that decides tag and digest; absent when the written reference does. */
  entry?: ImageEntry
  /** What `tagSuffix` put behind the tag. */
  suffix: string
  /** Readable steps, `file:line` first. */
  via: string[]
}

/** A reference as it is written. */
export function writtenDecision(written: WrittenImage): ImageDecision {
  return { image: written.value, written, suffix: '', via: [] }
}

/**
 * One `images:` entry applied to an image; `times` is how often kustomize does so (see `applicationsOf`). `Masked` where
 * the outcome is not certain, `ManifestInvalid` when its name is no pattern.
 */
export function applyEntry(decision: ImageDecision, entry: ImageEntry, times = 1): ImageDecision {
  let image = decision
  for (let time = 0; time < times; time += 1) if (matchesImage(entry, image.image)) image = applyOnce(image, entry)
  if (image.image === decision.image && image.entry === decision.entry) return image
  const step = `${entry.file}:${entry.line} images entry ${entry.name} makes it ${image.image}`
  return { ...image, via: [...decision.via, step] }
}

/** An image after entries of which nobody knows how often they are applied, so that a `tagSuffix` is `Masked`. */
export function imageAfter(image: string, entries: readonly ImageEntry[]): string {
  const written = writtenDecision({ file: '', keyPath: '', value: image, line: 0 })
  const decided = entries.reduce((decision, entry) => applyEntry(decision, entry), written)
  if (decided.suffix !== '') throw masked(`a tagSuffix makes it ${decided.image}`)
  return decided.image
}

/**
 * kustomize runs every entry over all lists named `containers` and `initContainers`, and then once more over those of pods
 * and pod templates (its ImageTagTransformer). It only shows with `tagSuffix`, which is put there twice.
 */
export function applicationsOf(podSpec: readonly string[]): number {
  return ['spec', 'spec.template.spec'].includes(podSpec.join('.')) ? 2 : 1
}

/** kustomize reads `name` as an anchored regular expression before an optional tag and digest (its api/image). */
export function matchesImage(entry: ImageEntry, image: string): boolean {
  return patternOf(entry).matches(image)
}

const patterns = new WeakMap<ImageEntry, RE2JS>()

function patternOf(entry: ImageEntry): RE2JS {
  const known = patterns.get(entry)
  if (known !== undefined) return known
  try {
    const pattern = RE2JS.compile(`^${entry.name}(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?$`)
    patterns.set(entry, pattern)
    return pattern
  } catch (thrown) {
    const where = `${entry.file}:${entry.line}`
    throw new FairleadError('ManifestInvalid', `${where} images name ${entry.name} is no regular expression.`, {
      cause: thrown,
    })
  }
}

/** Filling `newTag` or `digest` replaces both; `tagSuffix` counts only where neither is given. */
function applyOnce(decision: ImageDecision, entry: ImageEntry): ImageDecision {
  const { newName, newTag, digest, tagSuffix } = entry
  const where = `${entry.file}:${entry.line} images entry ${entry.name}`
  if (entry.unsure !== undefined) throw masked(`${where}: ${entry.unsure}`)
  const image: ImageText = splitImage(decision.image)
  if (newName !== undefined) image.name = newName.value
  if (newTag !== undefined || digest !== undefined) {
    const filled = { ...image, tag: newTag?.value ?? '', digest: digest?.value ?? '' }
    return { ...decision, image: joinImage(filled), entry, suffix: '' }
  }
  if (tagSuffix === undefined) return { ...decision, image: joinImage(image) }
  if (image.tag === '') throw masked(`${where} adds a tagSuffix to an image without a tag`)
  if (image.digest !== '') throw masked(`${where} adds a tagSuffix and takes away the digest`)
  const suffixed = { ...image, tag: image.tag + tagSuffix.value }
  return { ...decision, image: joinImage(suffixed), suffix: decision.suffix + tagSuffix.value }
}

function masked(why: string): FairleadError {
  return new FairleadError('Masked', `${why}: what decides the image is not clear.`, { evidence: [why] })
}
