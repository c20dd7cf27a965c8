import { FairleadError } from '../../errors.ts'

/** An image reference, split and normalised. `name` is kept as written, because that is what goes back into Git. */
export interface ImageReference {
  /** Everything before tag and digest, as written: `nginx`, `ghcr.io/acme/web`. */
  name: string
  /** Host to ask: `docker.io`, `ghcr.io`, `localhost:5000`. */
  registry: string
  /** Path on that host: `library/nginx`, `acme/web`. */
  repository: string
  tag?: string
  /** `sha256:…` */
  digest?: string
}

/** Longest name that the distribution grammar allows. */
const nameLimit = 255
/** Name, tag and digest together. */
const referenceLimit = 512

const domainPattern =
  /^(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?$/
const pathComponentPattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/
const digestPattern = /^sha256:[0-9a-f]{64}$/
const imageIdPattern = /^[0-9a-f]{64}$/

/** Names under which Docker Hub is known; all of them are one registry. */
const dockerHubHosts: ReadonlySet<string> = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io'])

/** Whether the text is a tag by the distribution grammar (at most 128 characters). */
export function isTag(text: string): boolean {
  if (text.length === 0 || text.length > 128 || !isWordCode(text.charCodeAt(0))) return false
  for (let i = 1; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (!isWordCode(code) && code !== 45 && code !== 46) return false
  }
  return true
}

/** A letter, a digit or an underscore. Codes, not an expression, for this runs for every tag of every list. */
function isWordCode(code: number): boolean {
  const lower = code | 32
  return (lower >= 97 && lower <= 122) || (code >= 48 && code <= 57) || code === 95
}

/** Whether the text is a digest as fairlead writes it: `sha256:` and 64 lower-case hex digits. */
export function isDigest(text: string): boolean {
  return digestPattern.test(text)
}

/**
 * Splits an image reference by the grammar of distribution/reference. Without a host it is Docker Hub, where a name of
 * one part lives under `library/`; no other registry knows that rule. Throws `ManifestInvalid`.
 */
export function parseImageReference(text: string): ImageReference {
  if (text.length > referenceLimit) throw invalid(text, `is longer than ${referenceLimit} characters`)
  const at = text.indexOf('@')
  const digest = at < 0 ? undefined : text.slice(at + 1)
  if (digest !== undefined && !isDigest(digest)) {
    throw invalid(text, 'has a digest that is not sha256: and 64 lower-case hex digits')
  }
  const tagged = at < 0 ? text : text.slice(0, at)
  const colon = tagged.indexOf(':', tagged.lastIndexOf('/') + 1)
  const tag = colon < 0 ? undefined : tagged.slice(colon + 1)
  if (tag !== undefined && !isTag(tag)) {
    throw invalid(text, 'has a tag that is not 1 to 128 letters, digits, dots, dashes or underscores')
  }
  const name = colon < 0 ? tagged : tagged.slice(0, colon)
  return {
    name,
    ...locateRepository(text, name),
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  }
}

/** The reference as text: `name[:tag][@digest]`, the name as it was written. */
export function renderImageReference(reference: ImageReference): string {
  const tag = reference.tag === undefined ? '' : `:${reference.tag}`
  const digest = reference.digest === undefined ? '' : `@${reference.digest}`
  return `${reference.name}${tag}${digest}`
}

/**
 * The reference with another tag, as text in the style as written. A reference that carries a digest needs the new one,
 * for the digest decides what runs: `DigestUnknown` without it. `ManifestInvalid` for a bad tag or digest.
 */
export function withTag(reference: ImageReference, tag: string, digest?: string): string {
  const next = `${reference.name}:${tag}`
  if (!isTag(tag)) throw invalid(next, 'has a tag that is not 1 to 128 letters, digits, dots, dashes or underscores')
  if (digest === undefined) {
    if (reference.digest === undefined) return next
    const message = `image ${renderImageReference(reference)} is pinned by digest, and the digest of tag ${tag} is not known`
    throw new FairleadError('DigestUnknown', `${message}; resolve it, or remove the digest`)
  }
  if (!isDigest(digest))
    throw invalid(`${next}@${digest}`, 'has a digest that is not sha256: and 64 lower-case hex digits')
  return `${next}@${digest}`
}

function locateRepository(text: string, name: string): Pick<ImageReference, 'registry' | 'repository'> {
  if (name === '') throw invalid(text, 'has no repository name')
  if (name.length > nameLimit) throw invalid(text, `has a name longer than ${nameLimit} characters`)
  if (name.includes('://')) throw invalid(text, 'must not have a URL scheme')
  if (imageIdPattern.test(name)) throw invalid(text, 'is an image id, not a repository')
  const slash = name.indexOf('/')
  const host = slash > 0 && isHost(name.slice(0, slash)) ? name.slice(0, slash) : undefined
  const path = host === undefined ? name : name.slice(slash + 1)
  if (host !== undefined && !domainPattern.test(host)) throw invalid(text, `has an invalid registry host "${host}"`)
  for (const component of path.split('/')) {
    if (!pathComponentPattern.test(component)) {
      throw invalid(
        text,
        'has a repository name that is not lower-case letters, digits and single . _ __ - between them',
      )
    }
  }
  if (host !== undefined && !dockerHubHosts.has(host)) return { registry: host, repository: path }
  return { registry: 'docker.io', repository: path.includes('/') ? path : `library/${path}` }
}

/** Docker's rule: the first part is a host when it has a dot, a port or an upper-case letter, or is `localhost`. */
function isHost(part: string): boolean {
  return part === 'localhost' || /[.:[A-Z]/.test(part)
}

function invalid(text: string, problem: string): FairleadError {
  const shown = text.length > 100 ? `${text.slice(0, 100)}…` : text
  return new FairleadError(
    'ManifestInvalid',
    `image reference "${shown}" ${problem}; write it as [host/]name[:tag][@digest]`,
  )
}
