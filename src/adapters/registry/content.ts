import { createHash } from 'node:crypto'
import { FairleadError } from '../../errors.ts'
import type { ImageRepository } from '../../ports.ts'
import type { RegistryAnswer, RegistryClient } from './client.ts'
import { manifestSchema, parseBody } from './schema.ts'

/** What we can read as a manifest. */
export const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
]

/** Manifests of more than 4 MiB may be refused by registries (distribution specification); configs are far smaller. */
export const maxManifestBytes = 4 * 1024 * 1024

export const digestPattern = /^sha(?:256:[0-9a-f]{64}|512:[0-9a-f]{128})$/

export const manifestUrl = (image: ImageRepository, reference: string) =>
  `/v2/${image.repository}/manifests/${reference}`

export const sha256 = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

/** A manifest by tag or digest; undefined when there is none. What is read by digest has that digest. */
export async function readManifest(client: RegistryClient, image: ImageRepository, reference: string) {
  const what = describe(image, reference)
  const url = manifestUrl(image, reference)
  const answer = await client.read(image, { method: 'GET', url, accept: manifestTypes, maxBytes: maxManifestBytes })
  if (answer.status === 404) return undefined
  refuseStatus(answer, what)
  if (reference.startsWith('sha256:')) refuseOther(answer.body, reference, what)
  return parseBody(manifestSchema, answer.body, what)
}

export interface BlobWanted {
  digest: string
  maxBytes: number
}

/** A blob, which has the digest that was asked for. `RegistryNotFound` when a manifest names one that is not there. */
export async function readBlob(
  client: RegistryClient,
  image: ImageRepository,
  { digest, maxBytes }: BlobWanted,
): Promise<Uint8Array> {
  const what = `blob of ${image.registry}/${image.repository}`
  if (!digestPattern.test(digest))
    throw new FairleadError('RegistryInvalid', `${what}: the manifest names no valid digest`)
  const url = `/v2/${image.repository}/blobs/${digest}`
  const answer = await client.read(image, { method: 'GET', url, maxBytes })
  refuseStatus(answer, what)
  refuseOther(answer.body, digest, what)
  return answer.body
}

/** `manifest of ghcr.io/acme/web:1.4.2`, for messages. */
export function describe(image: ImageRepository, reference: string): string {
  return `manifest of ${image.registry}/${image.repository}${reference.includes(':') ? '@' : ':'}${reference}`
}

function refuseOther(body: Uint8Array, digest: string, what: string): void {
  const [algorithm = '', hex] = digest.split(':')
  if (createHash(algorithm).update(body).digest('hex') === hex) return
  throw new FairleadError('RegistryInvalid', `${what}: the content does not have the digest that was asked for`)
}

export function refuseStatus(answer: RegistryAnswer, what: string): void {
  if (answer.status === 404) throw new FairleadError('RegistryNotFound', `${what}: the registry does not have it`)
  if (answer.status !== 200) throw new FairleadError('RegistryInvalid', `${what}: unexpected status ${answer.status}`)
}
