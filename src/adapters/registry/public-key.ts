import { createPublicKey, type KeyObject, verify as verifySignature } from 'node:crypto'
import type { Verify } from '../../core/image/image-signature.ts'
import { FairleadError } from '../../errors.ts'
import { createMountedFile } from '../../runtime/mounted-file.ts'

/** A key of the configuration: whoever holds its private half may release images. */
export interface TrustedKey {
  name: string
  /** PEM, as `cosign generate-key-pair` writes into cosign.pub. */
  publicKeyFile: string
}

export interface PublicKey {
  /** The key itself in DER, base64: two keys with one name are told apart by it. */
  id: string
  verify: Verify
}

/** Reads trusted keys by name; a file is read again when it changed. */
export interface KeyRing {
  /** `PolicyInvalid` for a name that is not configured, `ConfigInvalid` for a file that holds no usable key. */
  get(name: string): Promise<PublicKey>
}

export function createKeyRing(keys: readonly TrustedKey[]): KeyRing {
  const files = new Map(
    keys.map(({ name, publicKeyFile: path }) => [
      name,
      createMountedFile({ path, parse: (pem) => parsePublicKey(pem, path), maxBytes: 64 * 1024 }),
    ]),
  )
  return {
    async get(name) {
      const file = files.get(name)
      if (file !== undefined) return file.read()
      const known =
        files.size === 0 ? 'keys of the configuration is empty' : `known are ${[...files.keys()].join(', ')}`
      throw new FairleadError('PolicyInvalid', `verify: no key is named "${name}"; ${known}`)
    },
  }
}

function parsePublicKey(pem: string, path: string): PublicKey {
  if (!pem.includes('-----BEGIN PUBLIC KEY-----')) {
    const found = pem.includes('PRIVATE KEY') ? 'holds a private key, which must never be here' : 'holds no public key'
    throw new FairleadError('ConfigInvalid', `${path} ${found}; a PEM file such as cosign.pub is wanted`)
  }
  const key = importKey(pem, path)
  const hashes = hashesOf(key)
  if (hashes === undefined) {
    const message = `${path} holds a key of a kind that is not supported; ECDSA P-256 or P-384, Ed25519 and RSA of 2048 bits or more are`
    throw new FairleadError('ConfigInvalid', message)
  }
  return {
    id: key.export({ type: 'spki', format: 'der' }).toString('base64'),
    verify: (signed, signature) => hashes.some((hash) => verifies(hash, key, { signed, signature })),
  }
}

function importKey(pem: string, path: string): KeyObject {
  try {
    return createPublicKey(pem)
  } catch {
    throw new FairleadError('ConfigInvalid', `${path} holds a public key that cannot be parsed`)
  }
}

/** Hashes a signature may be over; cosign hashes with SHA-256 whatever the curve, newer releases with the curve's own. */
function hashesOf(key: KeyObject): readonly (string | null)[] | undefined {
  const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {}
  if (key.asymmetricKeyType === 'ed25519') return [null]
  if (key.asymmetricKeyType === 'rsa') return modulusLength >= 2048 ? ['sha256'] : undefined
  if (key.asymmetricKeyType !== 'ec') return undefined
  if (namedCurve === 'prime256v1') return ['sha256']
  return namedCurve === 'secp384r1' ? ['sha384', 'sha256'] : undefined
}

/** Bytes that are no signature at all are not one by this key either. */
function verifies(hash: string | null, key: KeyObject, one: { signed: Uint8Array; signature: Uint8Array }): boolean {
  try {
    return verifySignature(hash, one.signed, key, one.signature)
  } catch {
    return false
  }
}
