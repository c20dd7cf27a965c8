import { FairleadError } from '../../errors.ts'
import type { ImageRepository } from '../../ports.ts'
import type { RegistryClient } from './client.ts'
import {
  manifestTypes as accept,
  describe,
  digestPattern,
  manifestUrl,
  maxManifestBytes,
  readBlob,
  readManifest,
  refuseStatus,
  sha256,
} from './content.ts'
import { imageConfigSchema, parseBody } from './schema.ts'

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
  client: RegistryClient,
  image: ImageRepository,
  reference: string,
): Promise<readonly string[]> {
  const manifest = await requireManifest(client, image, reference)
  if (manifest.manifests !== undefined && manifest.manifests !== null) {
    return platformNames(manifest.manifests.map((one) => one.platform))
  }
  if (manifest.config === undefined || manifest.config === null) return []
  return platformNames([await readConfig(client, image, manifest.config.digest)])
}

/** Builds that claim to be reproducible carry a fixed date (1970, 1980): no image is older than Docker. */
const oldestBuildMs = Date.parse('2013-01-01T00:00:00Z')

/** `created` of the image's config, or of the first image in an index; undefined when it is missing or fixed. */
export async function readBuildDate(
  client: RegistryClient,
  image: ImageRepository,
  digest: string,
): Promise<Date | undefined> {
  let manifest = await requireManifest(client, image, digest)
  const first = manifest.manifests?.find((one) => platformNames([one.platform]).length > 0)
  if (first !== undefined) manifest = await requireManifest(client, image, first.digest)
  if (manifest.config === undefined || manifest.config === null) return undefined
  const { created } = await readConfig(client, image, manifest.config.digest)
  const date = new Date(created ?? '')
  return date.getTime() >= oldestBuildMs ? date : undefined
}

async function requireManifest(client: RegistryClient, image: ImageRepository, reference: string) {
  const manifest = await readManifest(client, image, reference)
  if (manifest !== undefined) return manifest
  throw new FairleadError('RegistryNotFound', `${describe(image, reference)}: the registry does not have it`)
}

async function readConfig(client: RegistryClient, image: ImageRepository, digest: string) {
  const body = await readBlob(client, image, { digest, maxBytes: maxManifestBytes })
  return parseBody(imageConfigSchema, body, `config of an image in ${image.registry}/${image.repository}`)
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
