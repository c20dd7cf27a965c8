import { RE2JS } from 're2js'
import { FairleadError } from '../../errors.ts'
import { type ImageText, joinImage, splitImage } from './image-text.ts'
import type { ImageEntry, Kustomization } from './kustomization.ts'

/** What becomes of a container's image on its way through the layers. */
export interface ImageDecision {
  /** The reference that is deployed. */
  image: string
  /** The `images:` entry that decides tag and digest; absent when the manifest does. */
  entry?: ImageEntry
  /** The entry that decides the name; absent when the manifest does. */
  renamedBy?: ImageEntry
  /** Readable steps, `file:line` first. */
  via: string[]
}

/** `images:` of the layers, the innermost first, in the order in which kustomize applies them. */
export function decideImage(written: string, layers: readonly Kustomization[]): ImageDecision {
  const decision: ImageDecision = { image: written, via: [] }
  for (const entry of layers.flatMap((layer) => layer.images)) {
    if (matchesImage(entry, decision.image)) apply(decision, entry)
  }
  return decision
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
function apply(decision: ImageDecision, entry: ImageEntry): void {
  const { newName, newTag, digest, tagSuffix } = entry
  const where = `${entry.file}:${entry.line} images entry ${entry.name}`
  const image: ImageText = splitImage(decision.image)
  if (newName !== undefined) {
    image.name = newName.value
    decision.renamedBy = entry
  }
  if (newTag !== undefined || digest !== undefined) {
    image.tag = newTag?.value ?? ''
    image.digest = digest?.value ?? ''
    decision.entry = entry
  } else if (tagSuffix !== undefined) {
    throw new FairleadError('Masked', `${where} adds a tagSuffix: the tag is put together from two places.`)
  }
  if (newName === undefined && newTag === undefined && digest === undefined) return
  decision.image = joinImage(image)
  decision.via.push(`${where} makes it ${decision.image}`)
}
