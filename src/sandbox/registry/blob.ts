import { randomUUID } from 'node:crypto'
import { type Exchange, readBody } from '../loopback.ts'
import { RegistryFailure } from './registry-failure.ts'
import { digestOf, type Storage } from './storage.ts'

export function sendBlob({ response, method }: Exchange, storage: Storage, digest: string): void {
  const bytes = storage.blob(digest)
  if (bytes === undefined) throw new RegistryFailure(404, 'BLOB_UNKNOWN', 'blob unknown to registry', digest)
  response.writeHead(200, {
    'content-type': 'application/octet-stream',
    'content-length': bytes.length,
    'docker-content-digest': digest,
  })
  response.end(method === 'HEAD' ? undefined : bytes)
}

/** Uploads in one piece: POST opens one, PUT with `digest` brings the bytes and closes it; POST with `digest` does both. */
export async function answerUpload(exchange: Exchange, storage: Storage, repository: string): Promise<void> {
  const { request, response, method, url } = exchange
  const digest = url.searchParams.get('digest') ?? ''
  const base = `/v2/${repository}/blobs`
  if (method === 'POST' && digest === '') {
    const id = randomUUID()
    response.writeHead(202, { location: `${base}/uploads/${id}`, 'docker-upload-uuid': id, range: '0-0' }).end()
    return
  }
  if (method !== 'POST' && method !== 'PUT')
    throw new RegistryFailure(405, 'UNSUPPORTED', 'the operation is unsupported')
  const bytes = await readBody(request)
  if (digestOf(bytes) !== digest) {
    throw new RegistryFailure(400, 'DIGEST_INVALID', 'provided digest did not match uploaded content')
  }
  storage.putBlob(bytes)
  response.writeHead(201, { location: `${base}/${digest}`, 'docker-content-digest': digest }).end()
}
