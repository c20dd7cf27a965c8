import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'

const sha256 = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

const manifestType = 'application/vnd.oci.image.manifest.v1+json'

/** Where an image goes: `host` without scheme (plain HTTP), e.g. `127.0.0.1:5000`. */
export interface ImageName {
  host: string
  repository: string
  tag: string
  /** Value of the Authorization header, for a registry that asks for it. */
  authorization?: string
}

/** Pushes a one-layer image for linux/amd64 as the OCI distribution spec says; returns its manifest digest. */
export function pushImage(image: ImageName): Promise<string> {
  const content = Buffer.from(`${image.repository}:${image.tag}\n`)
  const config = JSON.stringify({
    created: '2026-01-02T03:04:05Z',
    architecture: 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: [sha256(content)] },
  })
  return pushContent(image, {
    config: { type: 'application/vnd.oci.image.config.v1+json', bytes: Buffer.from(config) },
    layer: { type: 'application/vnd.oci.image.layer.v1.tar+gzip', bytes: gzipSync(content) },
  })
}

interface Part {
  /** Media type. */
  type: string
  bytes: Buffer
}

/** Pushes anything that has one layer; returns its manifest digest. */
export async function pushContent(
  { host, repository, tag, authorization }: ImageName,
  { config, layer }: { config: Part; layer: Part },
): Promise<string> {
  const base = `http://${host}/v2/${repository}`
  const send = sender(authorization)
  await pushBlob(send, base, layer.bytes)
  await pushBlob(send, base, config.bytes)
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      config: descriptor(config),
      layers: [descriptor(layer)],
    }),
  )
  await send('PUT', `${base}/manifests/${tag}`, manifest, manifestType)
  return sha256(manifest)
}

function descriptor({ type: mediaType, bytes }: Part) {
  return { mediaType, size: bytes.length, digest: sha256(bytes) }
}

async function pushBlob(send: Send, base: string, bytes: Buffer): Promise<void> {
  const started = await send('POST', `${base}/blobs/uploads/`)
  const location = new URL(started.headers.get('location') ?? '', base)
  location.searchParams.set('digest', sha256(bytes))
  await send('PUT', location.href, bytes, 'application/octet-stream')
}

type Send = (method: string, url: string, body?: Buffer, type?: string) => Promise<Response>

function sender(authorization: string | undefined): Send {
  return async (method, url, body, type) => {
    const headers: Record<string, string> = {
      ...(type === undefined ? {} : { 'content-type': type }),
      ...(authorization === undefined ? {} : { authorization }),
    }
    const response = await fetch(url, { method, headers, body: body === undefined ? null : new Uint8Array(body) })
    if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`)
    return response
  }
}
