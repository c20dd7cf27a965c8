/** `ghcr.io/acme/web` of `ghcr.io/acme/web:1.2@sha256:…`; of a chart and its version the chart. */
export function imageName(reference: string): string {
  const [name = ''] = reference.split('@')
  const colon = name.lastIndexOf(':')
  return colon > name.lastIndexOf('/') ? name.slice(0, colon) : name
}

/** The tag, or the digest where there is none. */
export function imageVersion(reference: string): string {
  const [name = '', digest = ''] = reference.split('@')
  const colon = name.lastIndexOf(':')
  return colon > name.lastIndexOf('/') ? name.slice(colon + 1) : digest
}

/** What comes after the `@`; undefined when there is none. */
export function imageDigest(reference: string): string | undefined {
  return reference.split('@')[1]
}
