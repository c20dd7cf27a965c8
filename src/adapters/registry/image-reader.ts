import { FairleadError } from '../../errors.ts'
import type { ImageRepository } from '../../ports.ts'
import type { RegistryClient } from './client.ts'
import { describe, maxManifestBytes, readBlob, readManifest } from './content.ts'
import { type ImageConfig, imageConfigSchema, type Manifest, parseBody } from './schema.ts'

/** Reads what manifests and configs say. Several questions about one image cost one answer each. */
export interface ImageReader {
  /** By tag or digest; `RegistryNotFound` when the registry does not have it. */
  manifest(image: ImageRepository, reference: string): Promise<Manifest>
  config(image: ImageRepository, digest: string): Promise<ImageConfig>
}

/** Answers that are kept: those of the images that are looked at in these minutes. */
const kept = 100

/** What has a digest never changes, and was checked against it when it was read. */
export function createImageReader(client: RegistryClient): ImageReader {
  const manifests = new Map<string, Manifest>()
  const configs = new Map<string, ImageConfig>()
  return {
    async manifest(image, reference) {
      const read = async () => {
        const manifest = await readManifest(client, image, reference)
        if (manifest !== undefined) return manifest
        throw new FairleadError('RegistryNotFound', `${describe(image, reference)}: the registry does not have it`)
      }
      return reference.startsWith('sha256:') ? remembered(manifests, keyOf(image, reference), read) : read()
    },
    config: (image, digest) =>
      remembered(configs, keyOf(image, digest), async () => {
        const body = await readBlob(client, image, { digest, maxBytes: maxManifestBytes })
        return parseBody(imageConfigSchema, body, `config of an image in ${image.registry}/${image.repository}`)
      }),
  }
}

function keyOf({ registry, repository }: ImageRepository, digest: string): string {
  return `${registry}/${repository}@${digest}`
}

async function remembered<T extends object>(answers: Map<string, T>, key: string, read: () => Promise<T>): Promise<T> {
  const known = answers.get(key)
  if (known !== undefined) return known
  const answer = await read()
  answers.set(key, answer)
  for (const oldest of answers.keys()) {
    if (answers.size <= kept) break
    answers.delete(oldest)
  }
  return answer
}
