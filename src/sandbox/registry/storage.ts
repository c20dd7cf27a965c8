import { createHash } from 'node:crypto'

export interface Manifest {
  digest: string
  mediaType: string
  bytes: Buffer
}

/** Repositories, tags, manifests and blobs in memory. */
export interface Storage {
  hasRepository(repository: string): boolean
  repositories(): readonly string[]
  /** In lexical order, as the distribution registry lists them. */
  tags(repository: string): readonly string[]
  /** By tag or digest. */
  manifest(repository: string, reference: string): Manifest | undefined
  putManifest(repository: string, reference: string, mediaType: string, bytes: Buffer): Manifest
  /** Removes a manifest and its tags; the tags that went. Undefined when there is none. */
  deleteManifest(repository: string, digest: string): readonly string[] | undefined
  deleteTag(repository: string, tag: string): boolean
  blob(digest: string): Buffer | undefined
  putBlob(bytes: Buffer): string
}

interface Repository {
  tags: Map<string, string>
  manifests: Map<string, Manifest>
}

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

export function createStorage(): Storage {
  const repositories = new Map<string, Repository>()
  const blobs = new Map<string, Buffer>()

  function open(name: string): Repository {
    const found = repositories.get(name) ?? { tags: new Map(), manifests: new Map() }
    repositories.set(name, found)
    return found
  }

  return {
    hasRepository: (name) => repositories.has(name),
    repositories: () => [...repositories.keys()].sort(),
    tags: (name) => [...(repositories.get(name)?.tags.keys() ?? [])].sort(),
    manifest(name, reference) {
      const repository = repositories.get(name)
      return repository?.manifests.get(repository.tags.get(reference) ?? reference)
    },
    putManifest(name, reference, mediaType, bytes) {
      const repository = open(name)
      const manifest = { digest: digestOf(bytes), mediaType, bytes }
      repository.manifests.set(manifest.digest, manifest)
      if (!reference.includes(':')) repository.tags.set(reference, manifest.digest)
      return manifest
    },
    deleteManifest(name, digest) {
      const repository = repositories.get(name)
      if (repository === undefined || !repository.manifests.delete(digest)) return undefined
      const tags = [...repository.tags].filter(([, target]) => target === digest).map(([tag]) => tag)
      for (const tag of tags) repository.tags.delete(tag)
      return tags
    },
    deleteTag: (name, tag) => repositories.get(name)?.tags.delete(tag) ?? false,
    blob: (digest) => blobs.get(digest),
    putBlob(bytes) {
      const digest = digestOf(bytes)
      blobs.set(digest, bytes)
      return digest
    },
  }
}
