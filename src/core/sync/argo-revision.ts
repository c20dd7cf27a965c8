import { parseConstraint } from '../image/constraint.ts'
import type { ArgoSource } from './argo-application.ts'

/** What a source follows, as far as a commit can be made there. */
export type Followed =
  | { kind: 'branch'; branch: string }
  /** The branch that the repository's HEAD names; whoever reaches the repository knows it. */
  | { kind: 'default-branch' }
  /** A tag, a range of tags, a commit, a chart version or an artifact: nothing can be committed to it. */
  | { kind: 'pinned'; what: string }

/** The fields of a source that tell what it follows; `''` when absent. */
export type FollowingSource = Pick<ArgoSource, 'repoUrl' | 'chart' | 'targetRevision'>

/**
 * What a source of an Application follows. A name alone does not tell a branch from a tag: with the repository's branches
 * at hand they decide; without them everything that Argo CD would first try as a version, a range or a commit is pinned
 * (its util/git and util/versions: 40 hex digits are a commit, semver ranges are looked up among the tags, then names are,
 * then seven hex digits and more are a commit too).
 */
export function followedBy(source: FollowingSource, branches?: readonly string[]): Followed {
  const { targetRevision, chart, repoUrl } = source
  if (chart !== '') return { kind: 'pinned', what: `version ${targetRevision || '*'} of the chart ${chart}` }
  if (repoUrl.startsWith('oci://')) return { kind: 'pinned', what: `${targetRevision || 'latest'} of an OCI artifact` }
  if (targetRevision === '' || targetRevision === 'HEAD') return { kind: 'default-branch' }
  const full = /^refs\/heads\/(.+)$/.exec(targetRevision)?.[1]
  if (full !== undefined) return { kind: 'branch', branch: full }
  if (targetRevision.startsWith('refs/')) return { kind: 'pinned', what: targetRevision }
  if (/^[0-9a-f]{40}$/i.test(targetRevision)) return { kind: 'pinned', what: `commit ${targetRevision}` }
  if (isRange(targetRevision)) return { kind: 'pinned', what: `the tags ${targetRevision}` }
  if (branches !== undefined) {
    const isBranch = branches.includes(targetRevision)
    return isBranch ? { kind: 'branch', branch: targetRevision } : { kind: 'pinned', what: `tag ${targetRevision}` }
  }
  if (isVersion(targetRevision)) return { kind: 'pinned', what: `tag ${targetRevision}` }
  if (/^[0-9a-f]{7,}$/i.test(targetRevision)) return { kind: 'pinned', what: `commit ${targetRevision}` }
  return { kind: 'branch', branch: targetRevision }
}

/** A range that Argo CD looks up among the tags; a plain version is a constraint too, and a name like any other. */
function isRange(text: string): boolean {
  return !isVersion(text) && isConstraint(text)
}

function isConstraint(text: string): boolean {
  try {
    parseConstraint(text)
    return true
  } catch {
    return false
  }
}

/** Text that Masterminds/semver takes for a version: up to three numbers, a pre-release, build metadata. */
function isVersion(text: string): boolean {
  return /^v?\d+(?:\.\d+){0,2}(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/.test(text)
}
