import { Buffer } from 'node:buffer'
import { createPrivateKey, type JsonWebKey, type KeyObject, sign } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { wireString } from '../../core/change/signature.ts'
import { FairleadError } from '../../errors.ts'
import type { Signer } from '../../ports.ts'
import { KeyUnusable, parseOpenSshKey } from './openssh-key.ts'

const maxKeyBytes = 64 * 1024

/**
 * Reads an unencrypted private key, OpenSSH or PEM, ed25519 or RSA: the kinds whose signatures are the same every
 * time, so that every replica makes the same commit. `SigningFailed` names file and reason, never the content.
 */
export async function readSigner(keyFile: string): Promise<Signer> {
  const text = await readKeyFile(keyFile)
  try {
    const isOpenSsh = text.includes('-----BEGIN OPENSSH PRIVATE KEY-----')
    const key = isOpenSsh ? createPrivateKey({ key: parseOpenSshKey(text), format: 'jwk' }) : createPrivateKey(text)
    return createSigner(key)
  } catch (error) {
    throw new FairleadError('SigningFailed', `signing key ${keyFile} cannot be used: ${explain(error)}`)
  }
}

async function readKeyFile(keyFile: string): Promise<string> {
  try {
    const { size } = await stat(keyFile)
    if (size > maxKeyBytes) throw new KeyUnusable(`it has ${size} bytes; a key is smaller`)
    return await readFile(keyFile, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : explain(error)
    throw new FairleadError('SigningFailed', `signing key ${keyFile} cannot be read (${code}); is it mounted?`)
  }
}

function explain(error: unknown): string {
  if (error instanceof KeyUnusable) return error.message
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (/PASSPHRASE/.test(code)) return 'it is encrypted; provide one without a passphrase'
  return 'it is not an unencrypted private key in OpenSSH or PEM form'
}

function createSigner(key: KeyObject): Signer {
  const jwk = key.export({ format: 'jwk' })
  if (key.asymmetricKeyType === 'ed25519') {
    return {
      publicKey: Buffer.concat([wireString('ssh-ed25519'), wireString(Buffer.from(jwk.x ?? '', 'base64url'))]),
      sign: (data) => Buffer.concat([wireString('ssh-ed25519'), wireString(sign(null, data, key))]),
    }
  }
  if (key.asymmetricKeyType === 'rsa') {
    return {
      publicKey: Buffer.concat([wireString('ssh-rsa'), wireNumber(jwk, 'e'), wireNumber(jwk, 'n')]),
      sign: (data) => Buffer.concat([wireString('rsa-sha2-512'), wireString(sign('sha512', data, key))]),
    }
  }
  throw new KeyUnusable(`its type ${key.asymmetricKeyType ?? 'unknown'} is not ed25519 or RSA`)
}

/** SSH's mpint: big-endian, with a leading zero when the first bit is set. */
function wireNumber(jwk: JsonWebKey, part: 'e' | 'n'): Buffer {
  const bytes = Buffer.from(jwk[part] ?? '', 'base64url')
  return wireString((bytes[0] ?? 0) > 127 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes)
}
