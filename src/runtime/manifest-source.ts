import type { ImageSource } from '../core/image/image-source.ts'
import type { ImageRepository, Registry } from '../ports.ts'
import { imageKey } from './tag-source.ts'

/** What manifests say about themselves. A digest never changes its meaning, so each is asked about once. */
export interface ManifestSource {
  /** `os/architecture[/variant]`; empty when the image does not say. Rejects as the registry does. */
  platforms(image: ImageRepository, digest: string): Promise<readonly string[]>
  /** What it was built from; undefined when the image does not say. Rejects as the registry does. */
  source(image: ImageRepository, digest: string): Promise<ImageSource | undefined>
}

/** Answers that are kept, of each kind; some megabytes at most. */
const kept = 20_000

export function createManifestSource(registry: Pick<Registry, 'platforms' | 'source'>): ManifestSource {
  return {
    platforms: askedOnce((image, digest) => registry.platforms(image, digest)),
    source: askedOnce((image, digest) => registry.source(image, digest)),
  }
}

function askedOnce<T>(ask: (image: ImageRepository, digest: string) => Promise<T>) {
  const answers = new Map<string, T>()
  return async (image: ImageRepository, digest: string): Promise<T> => {
    const key = `${imageKey(image)}@${digest}`
    const known = answers.get(key)
    if (known !== undefined || answers.has(key)) return known as T
    const answer = await ask(image, digest)
    answers.set(key, answer)
    for (const oldest of answers.keys()) {
      if (answers.size <= kept) break
      answers.delete(oldest)
    }
    return answer
  }
}
