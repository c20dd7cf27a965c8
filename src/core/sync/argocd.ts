import type { KubernetesObject } from '../../api/kubernetes.ts'
import { field, list, text } from '../workload/field.ts'
import type { Ancestry } from './ancestry.ts'
import {
  type ArgoEvidence,
  type Evidence,
  isComparisonStale,
  isWholeOperation,
  operationState,
  readEvidence,
} from './argo-evidence.ts'
import { readHydration } from './argo-hydration.ts'
import { operationMessage } from './argo-operation.ts'
import { type Sync, type SyncStateName, syncedObject } from './sync-state.ts'

export interface ArgoQuestion {
  /** 40 hex; for the message only, `ancestryOf` is about it. */
  commit: string
  /** Is `commit` an ancestor of, or equal to, the commit `sha`? */
  ancestryOf: (sha: string) => Ancestry
  /** A commit that contains ours no longer has our value: somebody changed it again. */
  isReplaced?: ((sha: string) => boolean) | undefined
}

/** What of an Application's status tells how far it is. */
interface Facts extends ArgoEvidence {
  application: KubernetesObject
  question: ArgoQuestion
  isSynced: boolean
  phase: string
  /** What the operation says, with the objects that failed in it. */
  said: string
}

/**
 * How far Argo CD has come with the commit. Applied means: the live objects equal the manifests of a revision that
 * contains it, whether or not an operation ran there; or a whole operation at such a revision succeeded, for
 * Applications that never show Synced. One that is OutOfSync at the commit may wait for a person, a window, or for an
 * operation that still runs at an older revision and blocks it.
 */
export function decideArgoSync(application: KubernetesObject, question: ArgoQuestion): Sync {
  const state = operationState(application)
  const facts: Facts = {
    ...readEvidence(application, question.ancestryOf),
    application,
    question,
    isSynced: text(field(application.status, 'sync'), 'status') === 'Synced',
    phase: text(state, 'phase') ?? '',
    said: operationMessage(state),
  }
  const applied = appliedEvidence(facts)
  const at = applied.findIndex(({ contains }) => contains === 'yes')
  const proof = applied[at]
  if (proof === undefined) return stateBeforeApply(facts)
  const { commit, isReplaced } = question
  const newer = applied.slice(0, at).find(({ contains }) => contains === 'no')
  if (newer !== undefined) {
    return verdict(facts, newer, 'superseded', 'Superseded', `${newer.revision} took the place of ${commit}`)
  }
  return isReplaced?.(proof.sha) === true
    ? verdict(facts, proof, 'superseded', 'Superseded', `${proof.revision} changed the value again`)
    : verdict(facts, proof, 'applied', 'Applied', `${proof.revision} is applied and contains ${commit}`)
}

/**
 * The revisions whose objects are in the cluster, newest first. A comparison from before the end of the last operation is
 * older than what that has done.
 */
function appliedEvidence({ application, compared, operated, deployed, isSynced, phase }: Facts): readonly Evidence[] {
  const finishedAt = Date.parse(text(operationState(application), 'finishedAt') ?? '')
  const reconciledAt = Date.parse(text(application.status, 'reconciledAt') ?? '')
  const synced = isSynced ? [compared] : []
  const done = phase === 'Succeeded' && isWholeOperation(application) ? [operated] : []
  const newest = finishedAt > reconciledAt ? [...done, ...synced] : [...synced, ...done]
  return [...newest, deployed].filter(({ sha }) => sha !== '')
}

function stateBeforeApply(facts: Facts): Sync {
  const { application, compared, operated, phase, said } = facts
  const stop = stopOf(facts)
  if (stop !== undefined) return stop
  if (operated.contains === 'yes' && isFailed(phase)) {
    return verdict(facts, operated, 'failed', 'SyncFailed', said || 'the sync failed')
  }
  if (operated.contains === 'yes' && isRunning(phase)) {
    const reason = text(operationState(application), 'finishedAt') === undefined ? 'Syncing' : 'RetryingSync'
    return verdict(facts, operated, 'seen', reason, said || `${operated.revision} is being applied`)
  }
  if (compared.contains === 'yes') return stateOutOfSync(facts)
  return stateOfHydration(facts) ?? stateUnseen(facts)
}

/** What stops the Application as a whole, whichever commit it is about. */
function stopOf(facts: Facts): Sync | undefined {
  const { application, compared, operated, phase, said } = facts
  if (application.metadata.deletionTimestamp !== undefined) {
    return verdict(facts, compared, 'blocked', 'Deleting', 'the Application is being deleted, and syncs nothing more')
  }
  if (text(field(application.metadata, 'annotations'), 'argocd.argoproj.io/skip-reconcile') === 'true') {
    const message = 'its annotation argocd.argoproj.io/skip-reconcile stops it'
    return verdict(facts, compared, 'blocked', 'SkipReconcile', message)
  }
  const invalid = condition(application, ['ComparisonError', 'InvalidSpecError'])
  if (invalid !== undefined) return verdict(facts, compared, 'failed', invalid.type, invalid.message)
  // A blocked operation stays Running, and already names the revision that it is going to apply.
  const isKnown = compared.contains === 'yes' || operated.contains === 'yes'
  return isKnown && isRunning(phase) && said.includes('blocked by sync window')
    ? verdict(facts, compared, 'blocked', 'SyncWindow', said)
    : undefined
}

/** The commit is known and its objects differ from the live ones: who or what has to act? */
function stateOutOfSync(facts: Facts): Sync {
  const { application, compared, operated, phase, said } = facts
  if (isRunning(phase) && operated.contains === 'no') {
    const end = `end it with argocd app terminate-op ${application.metadata.name}, or wait`
    const remedy = `${end}; with syncPolicy.retry.refresh: true (Argo CD 3.2) a retry takes the newest commit`
    const message = `the sync of ${operated.revision} still runs, and newer commits wait for it: ${remedy}; it says: ${said}`
    return verdict(facts, compared, 'blocked', 'PreviousSyncStillRunning', message)
  }
  const automated = field(field(application.spec, 'syncPolicy'), 'automated')
  if (typeof automated !== 'object' || automated === null || field(automated, 'enabled') === false) {
    const message = 'the Application is not synced automatically; sync it'
    return verdict(facts, compared, 'blocked', 'ManualSyncRequired', message)
  }
  // Argo CD takes such an end for an attempt at every later revision (its alreadyAttemptedSync).
  if (isFailed(phase) && field(operationState(application), 'syncResult') === undefined) {
    const message = `the last sync ended without a result, after which Argo CD does not try by itself; sync it: ${said}`
    return verdict(facts, compared, 'blocked', 'ManualSyncRequired', message)
  }
  return verdict(facts, compared, 'seen', 'OutOfSync', `${compared.revision} is compared with, and not applied yet`)
}

function stateOfHydration(facts: Facts): Sync | undefined {
  const { compared, question } = facts
  const hydration = readHydration(facts.application)
  if (hydration === undefined) return undefined
  const { current, last, stagingBranch } = hydration
  const holds = (sha: string | undefined) => sha !== undefined && question.ancestryOf(sha) === 'yes'
  if (holds(last?.dry)) {
    const message = `${question.commit} is rendered as ${last?.hydrated ?? 'another commit'}`
    return stagingBranch === undefined
      ? verdict(facts, compared, 'seen', 'Hydrated', `${message}, which has not been compared with yet`)
      : verdict(facts, compared, 'pending', 'HydratedNotMerged', `${message} on ${stagingBranch}; merge it`)
  }
  if (current?.phase === 'Failed' && (current.dry === undefined || holds(current.dry))) {
    return verdict(facts, compared, 'blocked', 'HydrationFailed', current.message || 'the hydration failed')
  }
  return current?.phase === 'Hydrating' && holds(current.dry)
    ? verdict(facts, compared, 'seen', 'Hydrating', `${question.commit} is being rendered`)
    : undefined
}

function stateUnseen(facts: Facts): Sync {
  const { application, compared, question } = facts
  if (compared.revision !== '' && compared.contains === 'unknown') {
    const message = `nobody knows whether ${compared.revision} contains ${question.commit}`
    return verdict(facts, compared, 'unknown', 'AncestryUnknown', message)
  }
  const message = isComparisonStale(application)
    ? 'its source was changed, and it has not been compared with the new one yet'
    : `${question.commit} has not been compared with yet`
  return verdict(facts, compared, 'pending', 'NotFetched', message)
}

function condition(application: KubernetesObject, types: readonly string[]) {
  const found = list(field(application.status, 'conditions')).find((one) => types.includes(text(one, 'type') ?? ''))
  if (found === undefined) return undefined
  return { type: text(found, 'type') ?? '', message: (text(found, 'message') ?? '').slice(0, 1024) }
}

function isRunning(phase: string): boolean {
  return phase === 'Running' || phase === 'Terminating'
}

function isFailed(phase: string): boolean {
  return phase === 'Failed' || phase === 'Error'
}

function verdict(
  { application }: Facts,
  { revision }: Evidence,
  state: SyncStateName,
  reason: string,
  message: string,
): Sync {
  return { engine: 'argocd', object: syncedObject(application), state, reason, message, revision }
}
