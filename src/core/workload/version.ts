import { compareNumbers } from '../image/numeric.ts'
import { readVersion, type Version } from '../image/version.ts'
import { compareReleases } from '../image/version-order.ts'

/** The parts of an image reference that can name a version. */
interface ImageTag {
  tag?: string
  digest?: string
}

/**
 * The version to show: the label, unless the image's tag is a version that differs from it in more than a leading `v`
 * and the variant (`-alpine`): then a label was forgotten and the tag speaks. Without label the tag, without tag the
 * digest, and Kubernetes' own default `latest` when the reference has neither.
 */
export function workloadVersion(source: { label: string | undefined; image: string | undefined }): string {
  const { tag, digest } = imageTag(source.image ?? '')
  if (source.label !== undefined) {
    return tag !== undefined && contradicts(tag, source.label) ? tag : source.label
  }
  if (source.image === undefined || source.image === '') return ''
  return tag ?? digest ?? 'latest'
}

/** Tag and digest of an image reference; a registry port is not a tag. */
export function imageTag(image: string): ImageTag {
  const at = image.indexOf('@')
  const named = at < 0 ? image : image.slice(0, at)
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1)
  const tag = colon < 0 ? '' : named.slice(colon + 1)
  const digest = at < 0 ? '' : image.slice(at + 1)
  return { ...(tag !== '' && { tag }), ...(digest !== '' && { digest }) }
}

/** A prefixed single number (`main-7`) counts builds; it says nothing against a label. */
function contradicts(tag: string, label: string): boolean {
  const ofTag = tag.length > 128 ? undefined : readVersion(tag)
  if (ofTag === undefined || (ofTag.prefix !== '' && ofTag.precision === 1)) return false
  const ofLabel = readVersion(label.slice(0, 128))
  return ofLabel === undefined || !isSameRelease(ofTag, ofLabel)
}

function isSameRelease(a: Version, b: Version): boolean {
  return compareReleases(a, b) === 0 && a.stage === b.stage && compareNumbers(a.rest, b.rest) === 0
}
