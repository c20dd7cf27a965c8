import type { ImageSource } from '../../src/core/image/image-source.ts'
import { FairleadError } from '../../src/errors.ts'
import type { ImageRepository, Registry } from '../../src/ports.ts'

interface StoredImage {
  digest: string
  platforms: readonly string[]
  builtAt: Date | undefined
  source: ImageSource | undefined
}

/** What is pushed; without a date or a source, the image does not say when it was built or from what. */
export interface PushedImage {
  digest: string
  platforms?: readonly string[]
  builtAt?: Date
  source?: ImageSource
}

/** A registry in memory, for tests of what reads one. */
export interface FakeRegistry extends Registry {
  push(image: ImageRepository, tag: string, pushed: PushedImage): void
  remove(image: ImageRepository, tag: string): void
  /** Makes the digest one that the holder of the key signed. */
  sign(image: ImageRepository, digest: string, key: string): void
  /** Every call rejects with this until it is called with undefined. */
  failWith(error: FairleadError | undefined): void
  /** What was asked, in order: `tags docker.io/library/nginx`, `digest ghcr.io/acme/web:1.0.0`. */
  readonly calls: readonly string[]
}

export function createFakeRegistry(): FakeRegistry {
  const repositories = new Map<string, { tags: Map<string, StoredImage>; images: Map<string, StoredImage> }>()
  const calls: string[] = []
  const signatures = new Set<string>()
  let failure: FairleadError | undefined

  const keyOf = (image: ImageRepository) => `${image.registry}/${image.repository}`
  const called = (call: string) => {
    calls.push(call)
    if (failure !== undefined) throw failure
  }

  return {
    calls,
    push(image, tag, { digest, platforms = ['linux/amd64'], builtAt, source }) {
      const repository = repositories.get(keyOf(image)) ?? { tags: new Map(), images: new Map() }
      repositories.set(keyOf(image), repository)
      repository.tags.set(tag, { digest, platforms, builtAt, source })
      repository.images.set(digest, { digest, platforms, builtAt, source })
    },
    remove(image, tag) {
      repositories.get(keyOf(image))?.tags.delete(tag)
    },
    sign(image, digest, key) {
      signatures.add(`${keyOf(image)} ${digest} ${key}`)
    },
    failWith(error) {
      failure = error
    },
    async tags(image) {
      called(`tags ${keyOf(image)}`)
      const repository = repositories.get(keyOf(image))
      if (repository === undefined) throw new FairleadError('RegistryNotFound', `no repository ${keyOf(image)}`)
      return [...repository.tags.keys()]
    },
    async digest(image, tag) {
      called(`digest ${keyOf(image)}:${tag}`)
      const repository = repositories.get(keyOf(image))
      return repository?.tags.get(tag)?.digest ?? repository?.images.get(tag)?.digest
    },
    async platforms(image, reference) {
      called(`platforms ${keyOf(image)} ${reference}`)
      const repository = repositories.get(keyOf(image))
      const found = repository?.tags.get(reference) ?? repository?.images.get(reference)
      if (found === undefined) throw new FairleadError('RegistryNotFound', `no ${reference} in ${keyOf(image)}`)
      return found.platforms
    },
    async signed(image, digest, key) {
      called(`signed ${keyOf(image)}@${digest} ${key}`)
      return signatures.has(`${keyOf(image)} ${digest} ${key}`)
    },
    async builtAt(image, digest) {
      called(`builtAt ${keyOf(image)} ${digest}`)
      const found = repositories.get(keyOf(image))?.images.get(digest)
      if (found === undefined) throw new FairleadError('RegistryNotFound', `no ${digest} in ${keyOf(image)}`)
      return found.builtAt
    },
    async source(image, digest) {
      called(`source ${keyOf(image)} ${digest}`)
      const found = repositories.get(keyOf(image))?.images.get(digest)
      if (found === undefined) throw new FairleadError('RegistryNotFound', `no ${digest} in ${keyOf(image)}`)
      return found.source
    },
  }
}
