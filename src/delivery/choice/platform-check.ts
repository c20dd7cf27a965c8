import { holdsPlatforms } from '../../core/image/platform.ts'
import type { ManifestSource } from '../../runtime/manifest-source.ts'
import type { CandidateCheck } from './candidate.ts'

/** The image must be built for every platform that the settings name. */
export function createPlatformCheck(manifests: ManifestSource): CandidateCheck {
  return async ({ image, tag, digest }, { settings: { platforms } }) => {
    if (platforms.length === 0) return undefined
    const held = await manifests.platforms(image, digest)
    if (holdsPlatforms(held, platforms)) return undefined
    const kinds = held.length === 0 ? 'no platform that it names' : held.join(', ')
    return { verdict: 'wrong-platform', note: `${image.name}:${tag} is for ${kinds}, not for ${platforms.join(', ')}` }
  }
}
