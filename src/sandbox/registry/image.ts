import { gzipSync } from 'node:zlib'
import { digestOf, type Manifest, type Storage } from './storage.ts'

export const mediaTypes = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
} as const

export interface ImageContent {
  /** RFC 3339; default now. */
  created?: string
  labels?: Record<string, string>
  /** `os/architecture[/variant]`; one makes a single manifest, several make an index. Default `linux/amd64`. */
  platforms?: readonly string[]
}

/** Stores an image with one small layer and returns what the tag then points to. */
export function storeImage(storage: Storage, repository: string, tag: string, content: ImageContent = {}): Manifest {
  const platforms = content.platforms ?? ['linux/amd64']
  const created = content.created ?? new Date().toISOString()
  const manifests = platforms.map((platform) => {
    const bytes = manifestBytes(storage, {
      platform,
      created,
      labels: content.labels ?? {},
      name: `${repository}:${tag}`,
    })
    return { platform, bytes }
  })
  const [only] = manifests
  if (manifests.length === 1 && only !== undefined) {
    return storage.putManifest(repository, tag, mediaTypes.manifest, only.bytes)
  }
  const entries = manifests.map(({ platform, bytes }) => {
    const { digest } = storage.putManifest(repository, digestOf(bytes), mediaTypes.manifest, bytes)
    return { mediaType: mediaTypes.manifest, digest, size: bytes.length, platform: platformFields(platform) }
  })
  const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: entries }
  return storage.putManifest(repository, tag, mediaTypes.index, Buffer.from(JSON.stringify(index)))
}

interface SingleImage {
  platform: string
  created: string
  labels: Record<string, string>
  name: string
}

function manifestBytes(storage: Storage, image: SingleImage): Buffer {
  const content = Buffer.from(`${image.name} ${image.platform}`)
  const layer = gzipSync(content)
  const config = Buffer.from(
    JSON.stringify({
      created: image.created,
      ...platformFields(image.platform),
      config: { Labels: image.labels },
      rootfs: { type: 'layers', diff_ids: [digestOf(content)] },
      history: [{ created: image.created, created_by: 'sandbox' }],
    }),
  )
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      config: { mediaType: mediaTypes.config, digest: storage.putBlob(config), size: config.length },
      layers: [{ mediaType: mediaTypes.layer, digest: storage.putBlob(layer), size: layer.length }],
    }),
  )
}

function platformFields(platform: string): Record<string, string> {
  const [os = '', architecture = '', variant] = platform.split('/')
  return { architecture, os, ...(variant === undefined ? {} : { variant }) }
}
