/** The parts of an image reference that can name a version. */
interface ImageTag {
  tag?: string
  digest?: string
}

/** What a tag says about the version, apart from a leading `v` and the variant. */
interface VersionReading {
  numbers: readonly string[]
  prerelease: string
}

const prereleaseWord =
  /^(?:snapshot|nightly|canary|dev|next|alpha|milestone|beta|pre|preview|ea|rc|cr)[.\d]*$|^[amb]\.?\d+$/i

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

function contradicts(tag: string, label: string): boolean {
  const ofTag = readVersion(tag)
  if (ofTag === undefined) return false
  const ofLabel = readVersion(label)
  return ofLabel === undefined || !sameNumbers(ofTag, ofLabel) || ofTag.prerelease !== ofLabel.prerelease
}

function readVersion(text: string): VersionReading | undefined {
  const match = /^v?(\d{1,20}(?:\.\d{1,20}){0,5})((?:[a-z]{1,9}\d{1,9})?)(?:[-._+](.*))?$/i.exec(text)
  if (match === null) return undefined
  const [, numbers = '', touching = '', rest = ''] = match
  if (touching !== '') return { numbers: numbers.split('.'), prerelease: touching.toLowerCase() }
  return { numbers: numbers.split('.'), prerelease: prereleaseOf(rest) }
}

/** The pre-release word and the digit-only tokens right after it. */
function prereleaseOf(rest: string): string {
  const tokens = rest.split(/[-._+]/)
  const start = tokens.findIndex((token) => prereleaseWord.test(token))
  if (start < 0) return ''
  const end = tokens.findIndex((token, index) => index > start && !/^\d+$/.test(token))
  return tokens
    .slice(start, end < 0 ? undefined : end)
    .join('.')
    .toLowerCase()
}

/** Missing numbers compare as 0. */
function sameNumbers(a: VersionReading, b: VersionReading): boolean {
  const length = Math.max(a.numbers.length, b.numbers.length)
  return Array.from({ length }, (_, index) => index).every(
    (index) => BigInt(a.numbers[index] ?? '0') === BigInt(b.numbers[index] ?? '0'),
  )
}
