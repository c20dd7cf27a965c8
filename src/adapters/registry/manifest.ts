import { createHash } from 'node:crypto'
import { FairleadError } from '../../errors.ts'
import type { ImageRepository } from '../../ports.ts'
import type { RegistryAnswer, RegistryClient } from './client.ts'
import { imageConfigSchema, manifestSchema, parseBody } from './schema.ts'

const accept = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
]

/** Manifests of more than 4 MiB may be refused by registries (distribution specification); configs are far smaller. */
const maxManifestBytes = 4 * 1024 * 1024
const digestPattern = /^sha(?:256:[0-9a-f]{64}|512:[0-9a-f]{128})$/

/**
 * The digest behind a tag, from the header of a HEAD request (which registries do not count as a pull), else computed
 * from the manifest itself. Undefined when the tag does not exist.
 */
export async function readDigest(
  client: RegistryClient,
  image: ImageRepository,
  tag: string,
): Promise<string | undefined> {
  const what = `manifest of ${image.registry}/${image.repository}:${tag}`
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
  const separator = reference.includes(':') ? '@' : ':'
  const what = `manifest of ${image.registry}/${image.repository}${separator}${reference}`
  const answer = await client.read(image, {
    method: 'GET',
    url: manifestUrl(image, reference),
    accept,
    maxBytes: maxManifestBytes,
  })
  refuseStatus(answer, what)
  if (reference.startsWith('sha256:')) refuseOther(answer.body, reference, what)
  const manifest = parseBody(manifestSchema, answer.body, what)
  if (manifest.manifests !== undefined && manifest.manifests !== null) {
    return platformNames(manifest.manifests.map((one) => one.platform))
  }
  if (manifest.config === undefined || manifest.config === null) return []
  return platformNames([await readConfig(client, image, manifest.config.digest)])
}

async function readConfig(client: RegistryClient, image: ImageRepository, digest: string) {
  const what = `config of an image in ${image.registry}/${image.repository}`
  if (!digestPattern.test(digest))
    throw new FairleadError('RegistryInvalid', `${what}: the manifest names no valid digest`)
  const url = `/v2/${image.repository}/blobs/${digest}`
  const answer = await client.read(image, { method: 'GET', url, maxBytes: maxManifestBytes })
  refuseStatus(answer, what)
  if (digest.startsWith('sha256:')) refuseOther(answer.body, digest, what)
  return parseBody(imageConfigSchema, answer.body, what)
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

const manifestUrl = (image: ImageRepository, reference: string) => `/v2/${image.repository}/manifests/${reference}`

const sha256 = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

function refuseOther(body: Uint8Array, digest: string, what: string): void {
  if (sha256(body) === digest) return
  throw new FairleadError('RegistryInvalid', `${what}: the content does not have the digest that was asked for`)
}

function refuseStatus(answer: RegistryAnswer, what: string): void {
  if (answer.status === 404) throw new FairleadError('RegistryNotFound', `${what}: the registry does not have it`)
  if (answer.status !== 200) throw new FairleadError('RegistryInvalid', `${what}: unexpected status ${answer.status}`)
}
