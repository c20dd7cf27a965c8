import { FairleadError } from '../../errors.ts'
import type { Registry } from '../../ports.ts'
import type { CandidateCheck } from './candidate.ts'

/** Every key that the settings name must have signed the image. */
export function createSignatureCheck(registry: Pick<Registry, 'signed'>): CandidateCheck {
  return async ({ image, tag, digest }, { settings: { verify } }) => {
    for (const key of verify) {
      if (await registry.signed(image, digest, key)) continue
      return { verdict: 'unsigned', note: `${image.name}:${tag} (${digest}) has no signature by the key ${key}` }
    }
    return undefined
  }
}

/** `PolicyInvalid` for a key that is not configured; said at once, not when the first candidate comes. */
export function requireKeys(verify: readonly string[], keys: readonly string[]): void {
  const unknown = verify.find((name) => !keys.includes(name))
  if (unknown === undefined) return
  const known = keys.join(', ') || 'none'
  throw new FairleadError('PolicyInvalid', `verify: no key "${unknown}" is configured; there are ${known}`)
}
