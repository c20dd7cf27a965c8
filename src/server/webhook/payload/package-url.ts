import { hostOf } from '../news.ts'

/** What a package URL says about an image. */
export interface PackagedImage {
  registry: string | undefined
  repository: string
  tag: string | undefined
}

/**
 * Reads `pkg:oci/app@sha256:…?repository_url=ghcr.io/acme/app&tag=1.4.6` and the older `pkg:docker/acme/app@1.4.6`;
 * undefined for packages of other types and for what is no package URL. The address may end with the name or before
 * it, and Harbor puts tag and digest behind it. Source: purl specification, types oci and docker.
 */
export function readPackageUrl(text: string): PackagedImage | undefined {
  const [, type, encodedName, encodedVersion, qualifiers] =
    /^pkg:\/{0,2}(oci|docker)\/([^@?#]+)(?:@([^?#]*))?(?:\?([^#]*))?/i.exec(text) ?? []
  const name = decode(encodedName)
  if (name === undefined) return undefined
  const version = decode(encodedVersion)
  const parameters = new URLSearchParams(qualifiers)
  const tag = parameters.get('tag') || (version?.includes(':') === false ? version : undefined)
  const address = parameters.get('repository_url')
  if (!address) return { registry: type?.toLowerCase() === 'docker' ? 'docker.io' : undefined, repository: name, tag }
  const path = pathOf(address)
  const isWhole = path === name || path.endsWith(`/${name}`)
  return { registry: hostOf(address), repository: isWhole ? path : [path, name].filter(Boolean).join('/'), tag }
}

/** What stands behind the host, without scheme, tag and digest. */
function pathOf(address: string): string {
  const [, ...segments] = address
    .replace(/^[a-z]+:\/\//i, '')
    .replace(/@.*$/, '')
    .split('/')
  return segments.join('/').replace(/:[^/]*$/, '')
}

function decode(part: string | undefined): string | undefined {
  try {
    return part === undefined ? undefined : decodeURIComponent(part)
  } catch {
    return undefined
  }
}
