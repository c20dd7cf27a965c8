import { type ImageSource, readImageSource } from '../../core/image/image-source.ts'
import { asFairleadError, FairleadError } from '../../errors.ts'
import type { ImageRepository } from '../../ports.ts'
import type { RegistryClient } from './client.ts'
import {
  manifestTypes as accept,
  describe,
  digestPattern,
  manifestUrl,
  maxManifestBytes,
  refuseStatus,
  sha256,
} from './content.ts'
import type { ImageReader } from './image-reader.ts'
import type { Manifest } from './schema.ts'

/**
 * The digest behind a tag, from the header of a HEAD request (which registries do not count as a pull), else computed
 * from the manifest itself. Undefined when the tag does not exist.
 */
export async function readDigest(
  client: RegistryClient,
  image: ImageRepository,
  tag: string,
): Promise<string | undefined> {
  const what = describe(image, tag)
  const url = manifestUrl(image, tag)
  const head = await client.read(image, { method: 'HEAD', url, accept })
  if (head.status === 404) return undefined
  const told = head.headers['docker-content-digest']?.trim()
  if (head.status === 200 && told !== undefined && digestPattern.test(told)) return told

  const whole = await client.read(image, { method: 'GET', url, accept, maxBytes: maxManifestBytes })
  if (whole.status === 404) return undefined
  refuseStatus(whole, what)
  // A signed schema 1 manifest's digest leaves its signatures out; nothing that is still run needs it.
  if (whole.headers['content-type']?.startsWith('application/vnd.docker.distribution.manifest.v1') === true) {
    throw new FairleadError('RegistryInvalid', `${what}: Docker schema 1 manifests are not supported`)
  }
  return sha256(whole.body)
}

/** `os/architecture[/variant]` of every image in an index, or of the single image; empty when nobody says. */
export async function readPlatforms(
  reader: ImageReader,
  image: ImageRepository,
  reference: string,
): Promise<readonly string[]> {
  const manifest = await reader.manifest(image, reference)
  if (manifest.manifests !== undefined && manifest.manifests !== null) {
    return platformNames(manifest.manifests.map((one) => one.platform))
  }
  if (manifest.config === undefined || manifest.config === null) return []
  return platformNames([await reader.config(image, manifest.config.digest)])
}

/** Builds that claim to be reproducible carry a fixed date (1970, 1980): no image is older than Docker. */
const oldestBuildMs = Date.parse('2013-01-01T00:00:00Z')

/** `created` of the image's config, or of the first image in an index; undefined when it is missing or fixed. */
export async function readBuildDate(
  reader: ImageReader,
  image: ImageRepository,
  digest: string,
): Promise<Date | undefined> {
  const manifest = await readSingle(reader, image, await reader.manifest(image, digest))
  if (manifest.config === undefined || manifest.config === null) return undefined
  const { created } = await reader.config(image, manifest.config.digest)
  const date = new Date(created ?? '')
  return date.getTime() >= oldestBuildMs ? date : undefined
}

/**
 * What an image says it was built from: annotations of its index, of its manifest (of the first image in an index), then
 * labels of its config, which are asked for only when no annotation tells. Labels may be those of a base image.
 */
export async function readSource(
  reader: ImageReader,
  image: ImageRepository,
  digest: string,
): Promise<ImageSource | undefined> {
  try {
    const manifest = await reader.manifest(image, digest)
    const single = await readSingle(reader, image, manifest)
    const annotated = readImageSource([manifest.annotations, single.annotations])
    if (annotated !== undefined || single.config === undefined || single.config === null) return annotated
    const { config } = await reader.config(image, single.config.digest)
    return readImageSource([config?.Labels])
  } catch (thrown) {
    const error = asFairleadError(thrown)
    // It will never be shorter, and what nobody can read says nothing.
    if (error.code === 'TooLarge') return undefined
    throw error
  }
}

/** The first image of an index that runs somewhere; what is no index is itself. */
async function readSingle(reader: ImageReader, image: ImageRepository, manifest: Manifest): Promise<Manifest> {
  const first = manifest.manifests?.find((one) => platformNames([one.platform]).length > 0)
  return first === undefined ? manifest : reader.manifest(image, first.digest)
}

interface Platform {
  os?: string | null | undefined
  architecture?: string | null | undefined
  variant?: string | null | undefined
}

/** Build attestations sit in an index as `unknown/unknown` and run nowhere. */
function platformNames(platforms: readonly (Platform | null | undefined)[]): readonly string[] {
  const names = platforms.flatMap((platform) => {
    if (!platform?.os || !platform.architecture) return []
    return [[platform.os, platform.architecture, platform.variant].filter(Boolean).join('/')]
  })
  return [...new Set(names)].filter((name) => name !== 'unknown/unknown')
}
