import { listAt, textAt } from '../json.ts'
import { type Exchange, readBody, sendJson } from '../loopback.ts'
import { RegistryFailure } from './registry-failure.ts'
import { digestOf, type Manifest, type Storage } from './storage.ts'

/** What a change of manifests tells the world. */
export type Tell = (
  action: 'push' | 'delete',
  repository: string,
  rest: { manifest?: Manifest; tag?: string; digest?: string },
) => void

/** A repository with a tag or digest in it. */
export interface ManifestTarget {
  repository: string
  reference: string
}

const isDigest = (reference: string) => reference.includes(':')

/** Answers GET, HEAD, PUT and DELETE of a manifest. */
export async function answerManifest(
  exchange: Exchange,
  target: ManifestTarget,
  storage: Storage,
  tell: Tell,
): Promise<void> {
  const { response, method } = exchange
  if (method === 'GET' || method === 'HEAD') sendManifest(exchange, target, storage)
  else if (method === 'PUT') await putManifest(exchange, target, storage, tell)
  else if (method === 'DELETE') {
    deleteManifest(target, storage, tell)
    response.writeHead(202).end()
  } else throw new RegistryFailure(405, 'UNSUPPORTED', 'the operation is unsupported')
}

/** In pages when `n` is given; the address of the next one stands in `Link`, as the specification says. */
export function sendTags({ response, url }: Exchange, repository: string, storage: Storage): void {
  if (!storage.hasRepository(repository)) {
    throw new RegistryFailure(404, 'NAME_UNKNOWN', 'repository name not known to registry', { name: repository })
  }
  const last = url.searchParams.get('last') ?? ''
  const asked = url.searchParams.get('n')
  const all = storage.tags(repository).filter((tag) => tag > last)
  const tags = asked === null ? all : all.slice(0, Number(asked))
  const next = new URLSearchParams({ last: tags.at(-1) ?? '', n: asked ?? '' })
  const hasMore = tags.length < all.length && tags.length > 0
  const headers: Record<string, string> = hasMore ? { link: `</v2/${repository}/tags/list?${next}>; rel="next"` } : {}
  sendJson(response, 200, { name: repository, tags }, headers)
}

function sendManifest(
  { response, method }: Exchange,
  { repository, reference }: ManifestTarget,
  storage: Storage,
): void {
  const manifest = storage.manifest(repository, reference)
  if (manifest === undefined) {
    const detail = isDigest(reference) ? { Name: repository, Revision: reference } : { Tag: reference }
    throw new RegistryFailure(404, 'MANIFEST_UNKNOWN', 'manifest unknown', detail)
  }
  response.writeHead(200, {
    'content-type': manifest.mediaType,
    'content-length': manifest.bytes.length,
    'docker-content-digest': manifest.digest,
    etag: `"${manifest.digest}"`,
  })
  response.end(method === 'HEAD' ? undefined : manifest.bytes)
}

async function putManifest(
  { request, response }: Exchange,
  { repository, reference }: ManifestTarget,
  storage: Storage,
  tell: Tell,
): Promise<void> {
  const bytes = await readBody(request, 4 * 1024 * 1024)
  checkManifest(bytes, reference, storage)
  const manifest = storage.putManifest(repository, reference, request.headers['content-type'] ?? '', bytes)
  tell('push', repository, isDigest(reference) ? { manifest } : { manifest, tag: reference })
  const location = `/v2/${repository}/manifests/${manifest.digest}`
  response.writeHead(201, { 'docker-content-digest': manifest.digest, location }).end()
}

function checkManifest(bytes: Buffer, reference: string, storage: Storage): void {
  let content: unknown
  try {
    content = JSON.parse(bytes.toString('utf8'))
  } catch {
    throw new RegistryFailure(400, 'MANIFEST_INVALID', 'manifest invalid')
  }
  if (isDigest(reference) && digestOf(bytes) !== reference) {
    throw new RegistryFailure(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content')
  }
  const layers = listAt(content, 'layers').map((layer) => textAt(layer, 'digest'))
  const digests = [textAt(content, 'config', 'digest'), ...layers].filter((digest) => digest !== '')
  const missing = digests.find((digest) => storage.blob(digest) === undefined)
  if (missing !== undefined) {
    throw new RegistryFailure(400, 'MANIFEST_BLOB_UNKNOWN', 'blob unknown to registry', { digest: missing })
  }
}

/** A delete by digest takes the tags with it and tells each of them too; a delete by tag leaves the manifest. */
function deleteManifest({ repository, reference }: ManifestTarget, storage: Storage, tell: Tell): void {
  const digest = storage.manifest(repository, reference)?.digest
  if (digest === undefined) throw new RegistryFailure(404, 'MANIFEST_UNKNOWN', 'manifest unknown')
  if (!isDigest(reference)) {
    storage.deleteTag(repository, reference)
    tell('delete', repository, { tag: reference })
    return
  }
  const tags = storage.deleteManifest(repository, reference) ?? []
  tell('delete', repository, { digest })
  for (const tag of tags) tell('delete', repository, { tag })
}
