import type { StoredSignature } from '../../core/image/image-signature.ts'
import { asFairleadError } from '../../errors.ts'
import type { ImageRepository } from '../../ports.ts'
import type { RegistryClient } from './client.ts'
import { readBlob, readManifest } from './content.ts'
import { readReferrers } from './referrers.ts'
import { bundleSchema, type Descriptor, parseBody } from './schema.ts'

const simpleSigning = 'application/vnd.dev.cosign.simplesigning.v1+json'
const bundleTypes = /^application\/vnd\.dev\.sigstore\.bundle(?:\.v0\.3\+json|\+json;version=0\.[123])$/
const signatureAnnotation = 'dev.cosignproject.cosign/signature'

/** A payload names one digest, a bundle holds one statement; what is larger is no signature. */
const maxPayloadBytes = 64 * 1024
const maxBundleBytes = 512 * 1024
/** Signatures in one manifest; cosign appends, so the newest are last. */
const maxLayers = 50

/**
 * The signatures beside an image, one by one, so that nothing is read after the first that convinces: those of cosign's
 * tag `sha256-<hex>.sig`, then those that refer to the image (as simple signing or as Sigstore bundle). What is no
 * signature is left out; what the registry does not tell rejects.
 */
export async function* storedSignatures(
  client: RegistryClient,
  image: ImageRepository,
  digest: string,
): AsyncGenerator<StoredSignature> {
  const tagged = await readManifest(client, image, `${digest.replace(':', '-')}.sig`)
  if (tagged !== undefined) yield* signaturesIn(client, image, tagged.layers ?? [])
  for (const referrer of await readReferrers(client, image, digest)) {
    const manifest = await readManifest(client, image, referrer)
    if (manifest?.subject?.digest === digest) yield* signaturesIn(client, image, manifest.layers ?? [])
  }
}

async function* signaturesIn(
  client: RegistryClient,
  image: ImageRepository,
  layers: readonly Descriptor[],
): AsyncGenerator<StoredSignature> {
  for (const layer of layers.slice(-maxLayers).reverse()) {
    const { mediaType, size = 0, digest } = layer
    const signature = layer.annotations?.[signatureAnnotation]
    if (mediaType === simpleSigning && signature !== undefined && size <= maxPayloadBytes) {
      const payload = await readBlob(client, image, { digest, maxBytes: maxPayloadBytes })
      yield { form: 'simple-signing', payloadType: '', payload, signature: Buffer.from(signature, 'base64') }
    } else if (bundleTypes.test(mediaType ?? '') && size <= maxBundleBytes) {
      yield* envelopesOf(await readBlob(client, image, { digest, maxBytes: maxBundleBytes }))
    }
  }
}

/** Bundles over the bare bytes of an artifact (`messageSignature`) are not made for images and not read. */
function envelopesOf(bundle: Uint8Array): StoredSignature[] {
  const envelope = parseBundle(bundle)?.dsseEnvelope
  if (!envelope) return []
  const payload = Buffer.from(envelope.payload, 'base64')
  return envelope.signatures.map(({ sig }) => ({
    form: 'dsse',
    payloadType: envelope.payloadType,
    payload,
    signature: Buffer.from(sig, 'base64'),
  }))
}

/** Its digest was checked, so what makes no sense was put there so: no signature, and no fault of the registry's. */
function parseBundle(bundle: Uint8Array) {
  try {
    return parseBody(bundleSchema, bundle, 'bundle')
  } catch (thrown) {
    if (asFairleadError(thrown).code !== 'RegistryInvalid') throw thrown
    return undefined
  }
}
