import { orRefusal } from '../../errors.ts'
import { isDigest, parseImageReference } from '../image/reference.ts'

/**
 * An image as a package URL of type `oci`: `pkg:oci/web@sha256%3A…?repository_url=ghcr.io/acme/web&tag=1.4.2`. Without a
 * known digest it has no version. Undefined when the text is no image reference. Source: package-url/purl-spec, oci.
 */
export function imagePurl(image: string, digest?: string): string | undefined {
  const reference = orRefusal(
    () => parseImageReference(image),
    () => undefined,
  )
  if (reference === undefined) return undefined
  const { registry, repository, tag } = reference
  const pinned = reference.digest ?? (digest !== undefined && isDigest(digest) ? digest : undefined)
  const name = repository.slice(repository.lastIndexOf('/') + 1)
  const version = pinned === undefined ? '' : `@${encodeURIComponent(pinned)}`
  const place = encodeURIComponent(`${registry}/${repository}`).replaceAll('%2F', '/')
  return `pkg:oci/${name}${version}?repository_url=${place}${tag === undefined ? '' : `&tag=${encodeURIComponent(tag)}`}`
}
