import { codeSpan } from './markdown.ts'
import type { ChangeSource } from './proposed-change.ts'

/** https, a host and a path of plain characters: no user, query, fragment or escape. */
const addressPattern =
  /^https:\/\/([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?)((?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*){2,8})$/
const revisionPattern = /^[0-9a-f]{7,64}$/
/** A link to one of these would be a reference to it, not a comparison. */
const otherPages: ReadonlySet<string> = new Set(['issues', 'pull', 'pulls', 'discussions', 'merge_requests', '-'])

interface Comparison {
  /** `github.com/acme/web`: where the link leads, for people to see. */
  repository: string
  address: string
}

/**
 * The page that compares both revisions, by the paths that GitHub, Gitea and GitLab have. Undefined unless both are
 * known, the address is https and plain, and the host is not one that is known to compare otherwise.
 */
export function comparisonOf({ url, fromRevision, toRevision }: ChangeSource): Comparison | undefined {
  const match = url.length > 300 ? null : addressPattern.exec(url.replace(/\/$/, '').replace(/\.git$/, ''))
  if (match === null || fromRevision === undefined || fromRevision === toRevision) return undefined
  if (!revisionPattern.test(fromRevision) || !revisionPattern.test(toRevision)) return undefined
  const [, host = '', path = ''] = match
  const parts = path.slice(1).split('/')
  if (parts.some((part) => otherPages.has(part)) || host.includes('bitbucket')) return undefined
  // Only GitLab has groups within groups.
  const isGitLab = host.includes('gitlab') || parts.length > 2
  const repository = `${host}${path}`
  return { repository, address: `https://${repository}${isGitLab ? '/-' : ''}/compare/${fromRevision}...${toRevision}` }
}

/** A Markdown link to the comparison; the new revision alone, or a dash, when there is none. */
export function compareLink(source: ChangeSource | undefined): string {
  if (source === undefined || !revisionPattern.test(source.toRevision)) return '–'
  const comparison = comparisonOf(source)
  const short = (revision = '') => revision.slice(0, 7)
  if (comparison === undefined) return codeSpan(short(source.toRevision))
  const range = codeSpan(`${short(source.fromRevision)}...${short(source.toRevision)}`)
  return `[${range}](${comparison.address}) at ${codeSpan(comparison.repository, 100)}`
}
