import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { content, descriptor, type OciContent, type OciImage } from './oci-image.ts'

/** Signs as cosign does, from its SIGNATURE_SPEC.md and BUNDLE_SPEC.md; nothing of the program's own code is used. */

export type KeyKind = 'ecdsa-p256' | 'ecdsa-p384' | 'ed25519' | 'rsa'

export interface SigningKey {
  privateKey: KeyObject
  /** cosign.pub */
  publicPem: string
  hash: string | null
}

export function generateKey(kind: KeyKind): SigningKey {
  const { publicKey, privateKey } = generate(kind)
  const hash = kind === 'ed25519' ? null : kind === 'ecdsa-p384' ? 'sha384' : 'sha256'
  return { privateKey, publicPem: String(publicKey.export({ type: 'spki', format: 'pem' })), hash }
}

function generate(kind: KeyKind) {
  if (kind === 'ed25519') return generateKeyPairSync('ed25519')
  if (kind === 'rsa') return generateKeyPairSync('rsa', { modulusLength: 2048 })
  return generateKeyPairSync('ec', { namedCurve: kind === 'ecdsa-p256' ? 'P-256' : 'P-384' })
}

const signature = ({ privateKey, hash }: SigningKey, bytes: Buffer) => sign(hash, bytes, privateKey).toString('base64')

const simpleSigningType = 'application/vnd.dev.cosign.simplesigning.v1+json'
export const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json'
const manifestType = 'application/vnd.oci.image.manifest.v1+json'
const indexType = 'application/vnd.oci.image.index.v1+json'

/** The payload `cosign sign` makes for an image. */
export const simplePayload = (digest: string, more: object = {}) => ({
  critical: {
    identity: { 'docker-reference': 'registry.example.com/any/name' },
    image: { 'docker-manifest-digest': digest },
    type: 'cosign container image signature',
    ...more,
  },
  optional: null,
})

/** The statement of cosign 3 and later. */
export const statement = (digest: string, more: object = {}) => ({
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ digest: { sha256: digest.replace('sha256:', '') }, annotations: {} }],
  predicateType: 'https://sigstore.dev/cosign/sign/v1',
  predicate: {},
  ...more,
})

/** What lies at the tag `sha256-<hex>.sig`: one layer for each signature, in cosign's order. */
export function simpleSignatures(signed: readonly { key: SigningKey; payload: unknown }[]): OciImage {
  return signatureImage(
    signed.map(({ key, payload }) => {
      const blob = content(simpleSigningType, payload)
      return { blob, signature: signature(key, blob.bytes) }
    }),
  )
}

/** The same for a payload and a signature as they are. */
export function finishedSignature(payload: string, signature: string): OciImage {
  return signatureImage([{ blob: content(simpleSigningType, payload), signature }])
}

function signatureImage(signed: readonly { blob: OciContent; signature: string }[]): OciImage {
  const config = content('application/vnd.oci.image.config.v1+json', { architecture: '', os: '', config: {} })
  const manifest = content(manifestType, {
    schemaVersion: 2,
    mediaType: manifestType,
    config: descriptor(config),
    layers: signed.map(({ blob, signature }) => ({
      ...descriptor(blob),
      annotations: { 'dev.cosignproject.cosign/signature': signature },
    })),
  })
  return { blobs: [config, ...signed.map(({ blob }) => blob)], children: [], manifest }
}

/** A Sigstore bundle around a DSSE envelope. */
export function bundle(key: SigningKey, payload: unknown, payloadType = 'application/vnd.in-toto+json'): object {
  const bytes = Buffer.from(JSON.stringify(payload))
  const encoded = Buffer.concat([
    Buffer.from(`DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${bytes.length} `),
    bytes,
  ])
  return {
    mediaType: bundleType,
    verificationMaterial: { publicKey: { hint: 'aGludA==' }, tlogEntries: [] },
    dsseEnvelope: { payload: bytes.toString('base64'), payloadType, signatures: [{ sig: signature(key, encoded) }] },
  }
}

export interface Referrer {
  image: OciImage
  /** How an index lists it. */
  listed: object
}

/** A manifest that refers to an image and carries a bundle. */
export function bundleReferrer(subject: OciContent, bundled: unknown, annotations: object = {}): Referrer {
  const blob = content(bundleType, bundled)
  const config = content('application/vnd.oci.empty.v1+json', {})
  const manifest = content(manifestType, {
    schemaVersion: 2,
    mediaType: manifestType,
    artifactType: bundleType,
    config: descriptor(config),
    layers: [descriptor(blob)],
    subject: descriptor(subject),
    annotations,
  })
  const image = { blobs: [config, blob], children: [], manifest }
  return { image, listed: { ...descriptor(manifest), artifactType: bundleType, annotations } }
}

/** What lies at the tag `sha256-<hex>` where the registry keeps no list of referrers. */
export function referrersIndex(referrers: readonly Referrer[]): OciImage {
  const manifests = referrers.map(({ listed }) => listed)
  const manifest = content(indexType, { schemaVersion: 2, mediaType: indexType, manifests })
  return {
    blobs: referrers.flatMap(({ image }) => image.blobs),
    children: referrers.map(({ image }) => image.manifest),
    manifest,
  }
}

/** `sha256-<hex>.sig` */
export const signatureTag = (digest: string) => `${digest.replace(':', '-')}.sig`
/** `sha256-<hex>` */
export const referrersTag = (digest: string) => digest.replace(':', '-')
