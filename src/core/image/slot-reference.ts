import type { Policy } from './policy.ts'
import { type ImageReference, parseImageReference, withTag } from './reference.ts'

/** Whether a policy is about images or about a chart. */
export type Chooser = Pick<Policy, 'isChart'>

/**
 * What a slot holds, as text of a request: an image reference, or a chart with its version (`podinfo:6.5.4`), which is
 * taken for its tag. A chart names no registry. Throws `ManifestInvalid` for an image reference that is none.
 */
export function readSlotReference(text: string, { isChart }: Chooser): ImageReference {
  if (isChart !== true) return parseImageReference(text)
  const colon = text.lastIndexOf(':')
  const name = text.slice(0, Math.max(colon, 0))
  return { name, registry: '', repository: name, tag: text.slice(colon + 1) }
}

/** The reference with another tag; with a digest for an image that is pinned. Errors as of `withTag`. */
export function slotReferenceWith(
  present: ImageReference,
  { isChart }: Chooser,
  { tag, digest }: { tag: string; digest: string | undefined },
): string {
  return isChart === true ? chartReference(present.name, tag) : withTag(present, tag, digest)
}

/** A chart and its version as one text. */
export function chartReference(chart: string, version: string): string {
  return `${chart}:${version}`
}
