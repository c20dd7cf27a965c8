import type { ImageRepository, Registry } from '../ports.ts'
import { imageKey } from './tag-source.ts'

/** What manifests say about themselves. A digest never changes its meaning, so each is asked about once. */
export interface ManifestSource {
  /** `os/architecture[/variant]`; empty when the image does not say. Rejects as the registry does. */
  platforms(image: ImageRepository, digest: string): Promise<readonly string[]>
}

/** Answers that are kept; some megabytes at most. */
const kept = 20_000

export function createManifestSource(registry: Registry): ManifestSource {
  const platforms = new Map<string, readonly string[]>()
  return {
    async platforms(image, digest) {
      const key = `${imageKey(image)}@${digest}`
      const known = platforms.get(key)
      if (known !== undefined) return known
      const answer = await registry.platforms(image, digest)
      platforms.set(key, answer)
      for (const oldest of platforms.keys()) {
        if (platforms.size <= kept) break
        platforms.delete(oldest)
      }
      return answer
    },
  }
}
