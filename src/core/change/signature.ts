import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { type CommitDraft, renderCommit } from './commit.ts'
import type { RenderedObject } from './object-id.ts'

/** The key operation, as the `Signer` port offers it: wire forms in and out. */
export interface SignatureSource {
  readonly publicKey: Uint8Array
  sign(data: Uint8Array): Uint8Array
}

const magic = Buffer.from('SSHSIG')
const hash = 'sha512'

/** SSH wire form of a string: length in 32 bits, then the bytes (RFC 4251 §5). */
export function wireString(bytes: Uint8Array | string): Buffer {
  const content = Buffer.from(bytes)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(content.length)
  return Buffer.concat([length, content])
}

/** What is signed: the envelope over the hash of the message (PROTOCOL.sshsig of OpenSSH, namespace `git`). */
export function signedData(message: Uint8Array): Uint8Array {
  const digest = createHash(hash).update(message).digest()
  return Buffer.concat([magic, wireString('git'), wireString(''), wireString(hash), wireString(digest)])
}

/** The armoured signature as `ssh-keygen -Y sign -n git` prints it: base64 in lines of 70. */
export function armourSignature(publicKey: Uint8Array, signature: Uint8Array): string {
  const version = Buffer.from([0, 0, 0, 1])
  const envelope = [wireString(publicKey), wireString('git'), wireString(''), wireString(hash), wireString(signature)]
  const base64 = Buffer.concat([magic, version, ...envelope]).toString('base64')
  const lines = base64.match(/.{1,70}/g) ?? []
  return ['-----BEGIN SSH SIGNATURE-----', ...lines, '-----END SSH SIGNATURE-----', ''].join('\n')
}

/** Renders the commit with a `gpgsig` header over its unsigned bytes. Same draft and same key: same commit id. */
export function signCommit(
  draft: Omit<CommitDraft, 'signature'>,
  source: SignatureSource,
): RenderedObject & { type: 'commit' } {
  const unsigned = renderCommit(draft)
  const signature = armourSignature(source.publicKey, source.sign(signedData(unsigned.bytes)))
  return renderCommit({ ...draft, signature })
}
