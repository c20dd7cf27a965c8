import type { KubernetesObject } from '../../api/kubernetes.ts'
import { isObjectId } from '../change/object-id.ts'
import { field, list, text } from '../workload/field.ts'
import type { Ancestry } from './ancestry.ts'
import { readHydration } from './argo-hydration.ts'

/** What an Application's status says about revisions, and what of it can be believed. */

/** Revisions that an Application compares with or applied, and the best that is known of our commit in them. */
export interface Evidence {
  revision: string
  sha: string
  contains: Ancestry
}

export interface ArgoEvidence {
  /** Empty unless a comparison with the present source succeeded: before that the revision may be the branch's name. */
  compared: Evidence
  /** Of the operation that runs or ran last: its result, else what was asked for, as between two tries. */
  operated: Evidence
  /** Of the newest whole operation that succeeded, as `status.history` keeps it. */
  deployed: Evidence
}

/** The evidence about one commit; `ancestryOf` tells whether a revision contains it. */
export function readEvidence(application: KubernetesObject, ancestryOf: (sha: string) => Ancestry): ArgoEvidence {
  const best = (all: readonly string[]) => bestOf(application, all, ancestryOf)
  return {
    compared: best(comparedRevisions(application)),
    operated: best(operatedRevisions(application)),
    deployed: best(deployedRevisions(application)),
  }
}

/** Every commit whose ancestry `decideArgoSync` will ask for, without repeats. */
export function argoRevisions(applications: readonly KubernetesObject[]): string[] {
  const found = applications.flatMap((application) => {
    const all = [comparedRevisions, operatedRevisions, deployedRevisions].flatMap((read) => read(application))
    const { current, last } = readHydration(application) ?? {}
    const dry = [last?.dry, current?.dry].filter((sha) => sha !== undefined)
    return [...all.map((revision) => gitCommit(application, revision)), ...dry]
  })
  return [...new Set(found.filter(isObjectId))]
}

/** The source was changed since the last comparison, which therefore says nothing about it. */
export function isComparisonStale({ spec, status }: KubernetesObject): boolean {
  const comparedTo = field(field(status, 'sync'), 'comparedTo')
  if (comparedTo === undefined || field(spec, 'sourceHydrator') !== undefined) return false
  const [now, then] = [sourcesIn(spec), sourcesIn(comparedTo)]
  if (then.length === 0) return false
  return now.length !== then.length || now.some((source, index) => !isSameSource(source, then[index]))
}

/** What the last operation was asked for: parts of the Application, or nothing for real? Then it proves nothing. */
export function isWholeOperation(application: KubernetesObject): boolean {
  const sync = field(field(operationState(application), 'operation'), 'sync')
  return list(field(sync, 'resources')).length === 0 && field(sync, 'dryRun') !== true
}

export function operationState(application: KubernetesObject): unknown {
  return field(application.status, 'operationState')
}

/** Of the revisions of several sources the one that is known to contain the commit, else one that is known not to. */
function bestOf(
  application: KubernetesObject,
  all: readonly string[],
  ancestryOf: (sha: string) => Ancestry,
): Evidence {
  const dry = readHydration(application)?.last?.dry
  // An older rendering was made from an older commit than the newest one.
  const elsewhere = dry !== undefined && ancestryOf(dry) === 'no' ? 'no' : 'unknown'
  const known = all
    .filter(isObjectId)
    .map((revision) => ({ revision, sha: gitCommit(application, revision) }))
    .map((one) => ({ ...one, contains: one.sha === '' ? elsewhere : ancestryOf(one.sha) }))
  const find = (wanted: Ancestry) => known.find(({ contains }) => contains === wanted)
  return find('yes') ?? find('no') ?? known[0] ?? { revision: all[0] ?? '', sha: '', contains: 'unknown' }
}

/** A hydrated revision lies on another branch; what it was made from is the commit to ask about, `''` when not known. */
function gitCommit(application: KubernetesObject, revision: string): string {
  const hydration = readHydration(application)
  if (hydration === undefined) return revision
  return hydration.last?.hydrated === revision ? (hydration.last.dry ?? '') : ''
}

function comparedRevisions(application: KubernetesObject): readonly string[] {
  const sync = field(application.status, 'sync')
  const isCompared = ['Synced', 'OutOfSync'].includes(text(sync, 'status') ?? '')
  return isCompared && !isComparisonStale(application) ? revisions(sync) : []
}

function operatedRevisions(application: KubernetesObject): readonly string[] {
  const state = operationState(application)
  const result = revisions(field(state, 'syncResult'))
  return result.length > 0 ? result : revisions(field(field(state, 'operation'), 'sync'))
}

function deployedRevisions({ status }: KubernetesObject): readonly string[] {
  return revisions(list(field(status, 'history')).at(-1))
}

function revisions(from: unknown): readonly string[] {
  const several = list(field(from, 'revisions')).filter((revision) => typeof revision === 'string')
  return several.length > 0 ? several : [text(from, 'revision') ?? ''].filter((revision) => revision !== '')
}

function sourcesIn(from: unknown): readonly unknown[] {
  const several = list(field(from, 'sources'))
  return several.length > 0 ? several : [field(from, 'source')].filter((source) => source !== undefined)
}

function isSameSource(one: unknown, other: unknown): boolean {
  const keys = ['repoURL', 'path', 'targetRevision', 'chart', 'ref']
  return keys.every((key) => (text(one, key) ?? '') === (text(other, key) ?? ''))
}
