import { Buffer } from 'node:buffer'
import type { JsonWebKey } from 'node:crypto'

/** Keys are a few kilobytes; anything larger is something else. */
const maxFieldBytes = 16 * 1024
const magic = 'openssh-key-v1\0'

/** Why a container cannot be used, in words for a person. */
export class KeyUnusable extends Error {
  override readonly name = 'KeyUnusable'
}

/**
 * The one private key of an unencrypted `openssh-key-v1` container (PROTOCOL.key of OpenSSH) as JWK. node:crypto does
 * not read this format. Throws `KeyUnusable`.
 */
export function parseOpenSshKey(pem: string): JsonWebKey {
  const base64 = /-----BEGIN OPENSSH PRIVATE KEY-----([\sA-Za-z0-9+/=]+)-----END OPENSSH PRIVATE KEY-----/.exec(
    pem,
  )?.[1]
  const reader = createReader(Buffer.from(base64 ?? '', 'base64'))
  if (reader.bytes(magic.length).toString('latin1') !== magic) throw new KeyUnusable('it is not an OpenSSH private key')
  const cipher = reader.text()
  reader.text()
  reader.field()
  if (cipher !== 'none') throw new KeyUnusable('it is encrypted; make one without a passphrase (ssh-keygen -p -N "")')
  if (reader.uint32() !== 1) throw new KeyUnusable('it does not hold exactly one key')
  reader.field()
  const inner = createReader(reader.field())
  const check = inner.uint32()
  if (inner.uint32() !== check) throw new KeyUnusable('its check numbers differ; the file is damaged')
  return readPrivateKey(inner)
}

function readPrivateKey(reader: Reader): JsonWebKey {
  const type = reader.text()
  if (type === 'ssh-ed25519') {
    const x = reader.field()
    const seed = reader.field().subarray(0, 32)
    if (x.length !== 32 || seed.length !== 32) throw new KeyUnusable('its ed25519 part has the wrong length')
    return { kty: 'OKP', crv: 'Ed25519', x: x.toString('base64url'), d: seed.toString('base64url') }
  }
  if (type !== 'ssh-rsa') throw new KeyUnusable(`its type ${JSON.stringify(type.slice(0, 40))} is not ed25519 or RSA`)
  const [n, e, d, qi, p, q] = [
    reader.number(),
    reader.number(),
    reader.number(),
    reader.number(),
    reader.number(),
    reader.number(),
  ]
  if (p < 2n || q < 2n) throw new KeyUnusable('its RSA part is damaged')
  const parts = { n, e, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi }
  return { kty: 'RSA', ...Object.fromEntries(Object.entries(parts).map(([name, value]) => [name, base64url(value)])) }
}

function base64url(value: bigint): string {
  const hex = value.toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex').toString('base64url')
}

/** Reads the fields of SSH's wire format (RFC 4251 §5) one after the other. */
interface Reader {
  bytes(length: number): Buffer
  uint32(): number
  field(): Buffer
  text(): string
  number(): bigint
}

function createReader(source: Buffer): Reader {
  let at = 0
  const bytes = (length: number): Buffer => {
    if (length > maxFieldBytes || at + length > source.length) throw new KeyUnusable('it is cut off or damaged')
    at += length
    return source.subarray(at - length, at)
  }
  const uint32 = () => bytes(4).readUInt32BE()
  const field = () => bytes(uint32())
  return {
    bytes,
    uint32,
    field,
    text: () => field().toString('latin1'),
    number: () => BigInt(`0x${field().toString('hex') || '0'}`),
  }
}
