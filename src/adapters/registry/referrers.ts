import { asFairleadError, FairleadError } from '../../errors.ts'
import type { ImageRepository } from '../../ports.ts'
import type { RegistryAnswer, RegistryClient } from './client.ts'
import { maxManifestBytes, readManifest } from './content.ts'
import { nextPage } from './link.ts'
import { type Descriptor, manifestSchema, parseBody } from './schema.ts'

const indexType = 'application/vnd.oci.image.index.v1+json'
const maxPages = 10
/** Signatures of one image that are looked at; attestations that say so are not counted. */
const maxReferrers = 100

/** Types under which cosign attaches signatures; tools that write none name the empty config instead. */
const signatureTypes =
  /^application\/vnd\.(?:dev\.sigstore\.bundle.*|dev\.cosign\.artifact\.sig\.v1\+json|oci\.empty\.v1\+json)$/
const predicateAnnotation = 'dev.sigstore.bundle.predicateType'
const signPredicate = 'https://sigstore.dev/cosign/sign/v1'

/**
 * Digests of the manifests that refer to an image and may be signatures: by the referrers API, where there is none by
 * the index that the tag `sha256-<hex>` names. Source: distribution specification 1.1, "Listing Referrers". `TooLarge`
 * when there are more than can be looked at, for a part of them cannot say "unsigned".
 */
export async function readReferrers(
  client: RegistryClient,
  image: ImageRepository,
  digest: string,
): Promise<readonly string[]> {
  const listed = await listReferrers(client, image, digest)
  const all = listed ?? (await readManifest(client, image, digest.replace(':', '-')))?.manifests ?? []
  const wanted = all.filter(isSignature).map((one) => one.digest)
  if (wanted.length <= maxReferrers) return wanted
  const words = `${wanted.length} signatures refer to ${digest}; at most ${maxReferrers} are looked at`
  throw new FairleadError('TooLarge', `${image.registry}/${image.repository}: ${words}`)
}

/** Undefined where the API is not spoken. */
async function listReferrers(client: RegistryClient, image: ImageRepository, digest: string) {
  const what = `referrers of ${image.registry}/${image.repository}@${digest}`
  const found: Descriptor[] = []
  let page = await firstPage(client, image, digest)
  for (let pages = 1; page !== undefined; pages++) {
    if (page.status !== 200) throw new FairleadError('RegistryInvalid', `${what}: unexpected status ${page.status}`)
    found.push(...(parseBody(manifestSchema, page.body, what).manifests ?? []))
    const next = nextPage(page, what)
    if (next === undefined) return found
    if (pages === maxPages) throw new FairleadError('TooLarge', `${what}: more than ${maxPages} pages`)
    page = await client.read(image, { method: 'GET', url: next.href, accept: [indexType], maxBytes: maxManifestBytes })
  }
  return undefined
}

/**
 * Registries without this API answer 404, other statuses, or a page for people, some after redirects: all but an index
 * means "not spoken", as in go-containerregistry (pkg/v1/remote/referrers.go).
 */
async function firstPage(
  client: RegistryClient,
  image: ImageRepository,
  digest: string,
): Promise<RegistryAnswer | undefined> {
  const url = `/v2/${image.repository}/referrers/${digest}`
  try {
    const page = await client.read(image, { method: 'GET', url, accept: [indexType], maxBytes: maxManifestBytes })
    const isIndex = page.headers['content-type']?.split(';')[0]?.trim() === indexType
    return page.status === 200 && isIndex ? page : undefined
  } catch (thrown) {
    if (asFairleadError(thrown).code !== 'RegistryInvalid') throw thrown
    return undefined
  }
}

function isSignature({ artifactType, annotations }: Descriptor): boolean {
  const predicate = annotations?.[predicateAnnotation]
  if (predicate !== undefined && predicate !== signPredicate) return false
  return artifactType === undefined || artifactType === null || signatureTypes.test(artifactType)
}
