/** A Flux source revision, split. */
export interface FluxRevision {
  /** Branch, tag or reference; absent for a bare commit and for the legacy `HEAD/<sha>`. */
  pointer?: string
  /** What comes after the last `:`, or the last `/`. */
  hash: string
}

/**
 * Splits `main@sha1:<40 hex>`, `sha1:<40 hex>`, `refs/heads/main@sha1:…`, `<tag>@sha256:<64 hex>`, and the forms before
 * Flux 0.36: `main/<40 hex>`, `HEAD/<40 hex>`, `<40 hex>` (fluxcd/pkg git/utils.go).
 */
export function parseFluxRevision(text: string): FluxRevision {
  const at = text.lastIndexOf('@')
  const digest = text.slice(at + 1)
  const colon = digest.lastIndexOf(':')
  if (colon >= 0) return { ...(at > 0 && { pointer: text.slice(0, at) }), hash: digest.slice(colon + 1) }
  const slash = text.lastIndexOf('/')
  const pointer = text.slice(0, Math.max(0, slash))
  return { ...(pointer !== '' && pointer !== 'HEAD' && { pointer }), hash: text.slice(slash + 1) }
}

/** The Git commit that a revision names; undefined for an OCI digest, a chart version or anything else. */
export function fluxCommit(revision: string | undefined): string | undefined {
  if (revision === undefined || revision.length > 1024) return undefined
  const { hash } = parseFluxRevision(revision)
  return /^[0-9a-f]{40}$/.test(hash) ? hash : undefined
}
