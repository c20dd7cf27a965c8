import { isSignatureOf } from '../../core/image/image-signature.ts'
import { FairleadError } from '../../errors.ts'
import type { Registry } from '../../ports.ts'
import type { RegistryClient } from './client.ts'
import type { KeyRing } from './public-key.ts'
import { storedSignatures } from './stored-signature.ts'

const remembered = 5000

/**
 * Checks signatures with the keys of the ring. That one is there is remembered, for it holds of a digest and a key for
 * ever; that none is there is not, for images are signed after they were pushed.
 */
export function createSignatureCheck(client: RegistryClient, keys: KeyRing): Registry['signed'] {
  const found = new Set<string>()

  return async (image, digest, name) => {
    if (!/^sha256:[0-9a-f]{64}$/.test(digest)) {
      throw new FairleadError('RegistryNotFound', `${JSON.stringify(digest.slice(0, 200))} is no sha256 digest`)
    }
    const key = await keys.get(name)
    const known = `${image.registry}/${image.repository}@${digest} ${key.id}`
    if (found.has(known)) return true
    for await (const stored of storedSignatures(client, image, digest)) {
      if (!isSignatureOf(digest, stored, key.verify)) continue
      const [oldest] = found
      if (found.size >= remembered && oldest !== undefined) found.delete(oldest)
      found.add(known)
      return true
    }
    return false
  }
}
