import type { KubernetesObject } from '../../api/kubernetes.ts'
import { isObjectId } from '../change/object-id.ts'
import { field, list, text } from '../workload/field.ts'
import type { Ancestry } from './ancestry.ts'
import { type Sync, type SyncStateName, syncedObject } from './sync-state.ts'

export interface ArgoQuestion {
  /** 40 hex; for the message only, `ancestryOf` is about it. */
  commit: string
  /** Is `commit` an ancestor of, or equal to, the commit `sha`? */
  ancestryOf: (sha: string) => Ancestry
  /** A commit that contains ours no longer has our value: somebody changed it again. */
  isReplaced?: ((sha: string) => boolean) | undefined
}

/** Revisions that an Application compares with or applied, and the best that is known of our commit in them. */
interface Evidence {
  revision: string
  sha: string
  contains: Ancestry
}

/** What of an Application's status tells how far it is. */
interface Facts {
  application: KubernetesObject
  isSynced: boolean
  /** Empty unless a comparison succeeded: before that the revision may be the branch's name. */
  compared: Evidence
  operated: Evidence
  operationPhase: string
  operationMessage: string
  isRetrying: boolean
}

/** Every commit whose ancestry `decideArgoSync` will ask for, without repeats. */
export function argoRevisions(applications: readonly KubernetesObject[]): string[] {
  const found = applications.flatMap((application) =>
    [...comparedRevisions(application), ...revisions(field(operationState(application), 'syncResult'))].map(
      (revision) => drySha(application, revision),
    ),
  )
  return [...new Set(found.filter(isObjectId))]
}

/**
 * How far Argo CD has come with the commit. Applied means: the live objects equal the manifests of a revision that
 * contains it, whether or not an operation ran there; or a whole operation at such a revision succeeded, for
 * Applications that never show Synced. One that is OutOfSync at the commit may wait for a person, a window, or for an
 * operation that still runs at an older revision and blocks it.
 */
export function decideArgoSync(application: KubernetesObject, question: ArgoQuestion): Sync {
  const facts = readFacts(application, question)
  const { compared, operated, isSynced } = facts
  if (isSynced && compared.contains === 'no' && operated.contains === 'yes') {
    return verdict(
      facts,
      compared,
      'superseded',
      'Superseded',
      `${compared.revision} took the place of ${question.commit}`,
    )
  }
  const proof = isSynced && compared.contains === 'yes' ? compared : appliedByOperation(facts)
  if (proof === undefined) return stateBeforeApply(facts, question)
  return question.isReplaced?.(proof.sha) === true
    ? verdict(facts, proof, 'superseded', 'Superseded', `${proof.revision} changed the value again`)
    : verdict(facts, proof, 'applied', 'Applied', `${proof.revision} is applied and contains ${question.commit}`)
}

function stateBeforeApply(facts: Facts, { commit }: ArgoQuestion): Sync {
  const { application, compared, operated, operationPhase, operationMessage } = facts
  const annotations = field(application.metadata, 'annotations')
  if (text(annotations, 'argocd.argoproj.io/skip-reconcile') === 'true') {
    return verdict(
      facts,
      compared,
      'blocked',
      'SkipReconcile',
      'its annotation argocd.argoproj.io/skip-reconcile stops it',
    )
  }
  const invalid = condition(application, ['ComparisonError', 'InvalidSpecError'])
  if (invalid !== undefined) return verdict(facts, compared, 'failed', invalid.type, invalid.message)
  if (operated.contains === 'yes' && ['Failed', 'Error'].includes(operationPhase)) {
    return verdict(facts, operated, 'failed', 'SyncFailed', operationMessage || 'the sync failed')
  }
  if (operated.contains === 'yes' && isRunning(facts)) {
    const reason = facts.isRetrying ? 'RetryingSync' : 'Syncing'
    return verdict(facts, operated, 'seen', reason, operationMessage || `${operated.revision} is being applied`)
  }
  if (compared.contains === 'yes') return stateOutOfSync(facts)
  const hydration = failedHydration(application)
  if (hydration !== undefined) return verdict(facts, compared, 'blocked', 'HydrationFailed', hydration)
  return compared.revision !== '' && compared.contains === 'unknown'
    ? verdict(
        facts,
        compared,
        'unknown',
        'AncestryUnknown',
        `nobody knows whether ${compared.revision} contains ${commit}`,
      )
    : verdict(facts, compared, 'pending', 'NotFetched', `${commit} has not been compared with yet`)
}

/** The commit is known and its objects differ from the live ones: who or what has to act? */
function stateOutOfSync(facts: Facts): Sync {
  const { application, compared, operated, operationMessage } = facts
  if (isRunning(facts) && operated.contains === 'no') {
    const message = `the sync of ${operated.revision} still runs; terminate it, or wait: ${operationMessage}`
    return verdict(facts, compared, 'blocked', 'PreviousSyncStillRunning', message)
  }
  if (operationMessage.includes('blocked by sync window')) {
    return verdict(facts, compared, 'blocked', 'SyncWindow', operationMessage)
  }
  const automated = field(field(application.spec, 'syncPolicy'), 'automated')
  if (typeof automated !== 'object' || automated === null || field(automated, 'enabled') === false) {
    return verdict(
      facts,
      compared,
      'blocked',
      'ManualSyncRequired',
      'the Application is not synced automatically; sync it',
    )
  }
  return verdict(facts, compared, 'seen', 'OutOfSync', `${compared.revision} is compared with, and not applied yet`)
}

/** A whole operation: partial ones (self-heal) and dry runs prove nothing. */
function appliedByOperation({ application, operated, operationPhase }: Facts): Evidence | undefined {
  if (operationPhase !== 'Succeeded' || operated.contains !== 'yes') return undefined
  const sync = field(field(operationState(application), 'operation'), 'sync')
  const isWhole = list(field(sync, 'resources')).length === 0 && field(sync, 'dryRun') !== true
  return isWhole ? operated : undefined
}

function readFacts(application: KubernetesObject, question: ArgoQuestion): Facts {
  const state = operationState(application)
  return {
    application,
    isSynced: text(field(application.status, 'sync'), 'status') === 'Synced',
    compared: bestOf(application, comparedRevisions(application), question),
    operated: bestOf(application, revisions(field(state, 'syncResult')), question),
    operationPhase: text(state, 'phase') ?? '',
    operationMessage: (text(state, 'message') ?? '').slice(0, 1024),
    isRetrying: text(state, 'finishedAt') !== undefined,
  }
}

/** Of the revisions of several sources the one that is known to contain the commit, else one that is known not to. */
function bestOf(application: KubernetesObject, all: readonly string[], { ancestryOf }: ArgoQuestion): Evidence {
  const known = all
    .map((revision) => ({ revision, sha: drySha(application, revision) }))
    .filter(({ sha }) => isObjectId(sha))
    .map((one) => ({ ...one, contains: ancestryOf(one.sha) }))
  const find = (wanted: Ancestry) => known.find(({ contains }) => contains === wanted)
  return find('yes') ?? find('no') ?? known[0] ?? { revision: all[0] ?? '', sha: '', contains: 'unknown' }
}

/** A hydrated revision lies on another branch; what it was made from is the commit to ask about. */
function drySha(application: KubernetesObject, revision: string): string {
  const last = field(field(application.status, 'sourceHydrator'), 'lastSuccessfulOperation')
  return text(last, 'hydratedSHA') === revision ? (text(last, 'drySHA') ?? revision) : revision
}

function failedHydration(application: KubernetesObject): string | undefined {
  const current = field(field(application.status, 'sourceHydrator'), 'currentOperation')
  return text(current, 'phase') === 'Failed' ? (text(current, 'message') ?? 'the hydration failed') : undefined
}

function comparedRevisions(application: KubernetesObject): readonly string[] {
  const sync = field(application.status, 'sync')
  return ['Synced', 'OutOfSync'].includes(text(sync, 'status') ?? '') ? revisions(sync) : []
}

function revisions(from: unknown): readonly string[] {
  const several = list(field(from, 'revisions')).filter((revision) => typeof revision === 'string')
  return several.length > 0 ? several : [text(from, 'revision') ?? ''].filter((revision) => revision !== '')
}

function operationState(application: KubernetesObject): unknown {
  return field(application.status, 'operationState')
}

function condition(application: KubernetesObject, types: readonly string[]) {
  const found = list(field(application.status, 'conditions')).find((one) => types.includes(text(one, 'type') ?? ''))
  if (found === undefined) return undefined
  return { type: text(found, 'type') ?? '', message: (text(found, 'message') ?? '').slice(0, 1024) }
}

function isRunning({ operationPhase }: Facts): boolean {
  return operationPhase === 'Running' || operationPhase === 'Terminating'
}

function verdict(facts: Facts, at: Evidence, state: SyncStateName, reason: string, message: string): Sync {
  return { engine: 'argocd', object: syncedObject(facts.application), state, reason, message, revision: at.revision }
}
