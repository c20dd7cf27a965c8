import { field, list, text } from '../workload/field.ts'

/** A signature as it lies beside an image; nothing about it is known to be true. */
export interface StoredSignature {
  /** `simple-signing`: the payload itself is signed; `dsse`: payload and payload type are, in DSSE's envelope. */
  form: 'simple-signing' | 'dsse'
  /** Of a DSSE envelope, e.g. `application/vnd.in-toto+json`. */
  payloadType: string
  payload: Uint8Array
  signature: Uint8Array
}

/** Does the signature over these bytes come from the key that is trusted? */
export type Verify = (signed: Uint8Array, signature: Uint8Array) => boolean

const simpleSigningType = 'cosign container image signature'
const statementPayloadType = 'application/vnd.in-toto+json'
const statementTypes = ['https://in-toto.io/Statement/v1', 'https://in-toto.io/Statement/v0.1']
const signPredicate = 'https://sigstore.dev/cosign/sign/v1'
const digestPattern = /^sha256:([0-9a-f]{64})$/

/**
 * Is this a signature of the manifest with that digest, by the key behind `verify`? Only the digest counts: the image
 * name in a payload is whatever the signer wrote, and signed images may be copied. An attestation (SBOM, provenance, a
 * failed scan) is no signature, though the same key made it.
 * Source: cosign's SIGNATURE_SPEC.md and BUNDLE_SPEC.md, the in-toto Statement, DSSE's protocol.md.
 */
export function isSignatureOf(digest: string, stored: StoredSignature, verify: Verify): boolean {
  const named = stored.form === 'dsse' ? statementDigest(stored) : simpleSigningDigest(stored.payload)
  if (named === undefined || named !== digest || !digestPattern.test(digest)) return false
  const signed = stored.form === 'dsse' ? preAuthEncoding(stored.payloadType, stored.payload) : stored.payload
  return verify(signed, stored.signature)
}

/** `critical.image.docker-manifest-digest` of a payload of cosign's type. */
function simpleSigningDigest(payload: Uint8Array): string | undefined {
  const critical = field(parse(payload), 'critical')
  if (text(critical, 'type') !== simpleSigningType) return undefined
  return text(field(critical, 'image'), 'docker-manifest-digest')
}

/** The only subject of a statement that says "signed", nothing else. */
function statementDigest({ payloadType, payload }: StoredSignature): string | undefined {
  if (payloadType !== statementPayloadType) return undefined
  const statement = parse(payload)
  if (!statementTypes.includes(text(statement, '_type') ?? '')) return undefined
  if (text(statement, 'predicateType') !== signPredicate) return undefined
  const [subject, ...more] = list(field(statement, 'subject'))
  const hex = text(field(subject, 'digest'), 'sha256')
  return hex === undefined || more.length > 0 ? undefined : `sha256:${hex}`
}

/** What a DSSE signature signs: `DSSEv1`, then length and bytes of the type and of the payload, parted by blanks. */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = new TextEncoder().encode(payloadType)
  const head = new TextEncoder().encode(`DSSEv1 ${type.length} ${payloadType} ${payload.length} `)
  const whole = new Uint8Array(head.length + payload.length)
  whole.set(head)
  whole.set(payload, head.length)
  return whole
}

/** What is no JSON names nothing. */
function parse(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
  } catch {
    return undefined
  }
}
