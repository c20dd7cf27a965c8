import { createHash } from 'node:crypto'

export interface OciContent {
  digest: string
  mediaType: string
  bytes: Buffer
}

/** Everything that has to be uploaded for one image, and the manifest its tag points to. */
export interface OciImage {
  blobs: OciContent[]
  /** Children of an index. */
  children: OciContent[]
  manifest: OciContent
}

/** JSON of a value, or the text as it is. */
export const content = (mediaType: string, value: unknown): OciContent => {
  const bytes = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
  return { mediaType, bytes, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` }
}

export const descriptor = ({ mediaType, digest, bytes }: OciContent) => ({ mediaType, digest, size: bytes.length })

/** What an image is made with beside its platforms. */
export interface BuiltWith {
  salt?: string
  created?: string | undefined
  labels?: Record<string, string> | undefined
  annotations?: Record<string, string> | undefined
}

/** An image for these platforms (`linux/amd64`): one gives a single manifest, several an index with an attestation. */
export function buildImage(platforms: readonly string[], made: BuiltWith = {}): OciImage {
  const layer = content('application/vnd.oci.image.layer.v1.tar+gzip', `layer ${made.salt ?? ''}`)
  const singles = platforms.map((platform) => buildSingle(platform, layer, made))
  const blobs = [layer, ...singles.map(({ config }) => config)]
  const [first] = singles
  if (first !== undefined && singles.length === 1) return { blobs, children: [], manifest: first.manifest }

  const attestation = buildSingle('unknown/unknown', layer, { ...made, created: '2001-01-01T00:00:00Z' })
  const children = [...singles, attestation].map(({ manifest, platform }) => ({ manifest, platform }))
  const manifest = content('application/vnd.oci.image.index.v1+json', {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: children.map((child) => ({ ...descriptor(child.manifest), platform: child.platform })),
  })
  return { blobs: [...blobs, attestation.config], children: children.map((child) => child.manifest), manifest }
}

function buildSingle(name: string, layer: OciContent, { salt = '', created, labels, annotations }: BuiltWith) {
  const [os, architecture, variant] = name.split('/')
  const platform = { os, architecture, ...(variant === undefined ? {} : { variant }) }
  const config = content('application/vnd.oci.image.config.v1+json', {
    ...platform,
    created,
    author: salt,
    config: { Labels: labels },
  })
  const manifest = content('application/vnd.oci.image.manifest.v1+json', {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: descriptor(config),
    layers: [descriptor(layer)],
    annotations,
  })
  return { config, manifest, platform }
}
