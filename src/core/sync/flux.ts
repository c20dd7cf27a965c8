import type { KubernetesObject } from '../../api/kubernetes.ts'
import { field, list, text } from '../workload/field.ts'
import type { Ancestry } from './ancestry.ts'
import { type FluxCondition, fluxCondition, isSuspended, withAge } from './flux-condition.ts'
import { fluxCommit } from './flux-revision.ts'
import { decideSourceSync } from './flux-source.ts'
import { fluxVerdicts, type Sync, syncedObject } from './sync-state.ts'

export type { Sync }

export interface SyncQuestion {
  /** A Flux Kustomization; without it the source alone is asked. */
  kustomization?: KubernetesObject | undefined
  /** Its GitRepository or OCIRepository, when that can be read. */
  source?: KubernetesObject | undefined
  /** 40 hex; for the message only, `ancestryOf` is about it. */
  commit: string
  /** Is `commit` an ancestor of, or equal to, the commit `sha`? */
  ancestryOf: (sha: string) => Ancestry
  /** A commit that contains ours no longer has our value: somebody changed it again. */
  isReplaced?: ((sha: string) => boolean) | undefined
  now?: Date | undefined
}

/** One revision that an object reports, with the commit behind it and whether that contains ours. */
interface Evidence {
  revision: string
  sha: string | undefined
  contains: Ancestry
}

/** How a run ends (or where it stands) once the objects have been applied: prune and health checks come after. */
const afterApply = new Set(['ReconciliationSucceeded', 'PruneFailed', 'HealthCheckFailed', 'HealthCheckCanceled'])
/** Reasons that are given before a revision is attempted, so `lastAttemptedRevision` does not move. */
const beforeAttempt = new Set(['AccessDenied', 'InvalidCELExpression', 'FeatureGateDisabled'])
const originRevision = 'org.opencontainers.image.revision'

/** Every commit whose ancestry `decideSync` will ask for, without repeats, in order of appearance. */
export function fluxRevisions(objects: readonly KubernetesObject[]): string[] {
  const commits = objects.flatMap(({ status }) => {
    const artifact = field(status, 'artifact')
    const ofHistory = list(field(status, 'history'))
      .slice(0, 1)
      .map((entry) => field(entry, 'metadata'))
    return [
      text(status, 'lastAppliedRevision'),
      text(status, 'lastAppliedOriginRevision'),
      text(status, 'lastAttemptedRevision'),
      text(artifact, 'revision'),
      text(field(artifact, 'metadata'), originRevision),
      ...ofHistory.flatMap((metadata) => [text(metadata, 'revision'), text(metadata, 'originRevision')]),
    ].map(fluxCommit)
  })
  return [...new Set(commits.filter((commit) => commit !== undefined))]
}

/**
 * How far Flux has come with the commit, always by ancestry: source-controller polls, so a commit that was followed
 * quickly by another is never reported itself. Objects count as applied as soon as the apply is over, although
 * `lastAppliedRevision` moves only after health checks. `Ready=Unknown` is an ordinary moment and never a failure.
 */
export function decideSync(question: SyncQuestion): Sync {
  const { kustomization } = question
  if (kustomization === undefined) return sourceState(question)
  const attempted = evidence(question, text(kustomization.status, 'lastAttemptedRevision'))
  const applied = appliedEvidence(question, kustomization, attempted)
  const proof = applied.find(({ contains }) => contains === 'yes')
  if (proof === undefined) return stateBeforeApply(question, kustomization, attempted)
  const successor = replacement(question, applied, proof)
  if (successor !== undefined) {
    const message = `${successor} took the place of ${question.commit}`
    return fluxVerdicts(kustomization, successor)('superseded', 'Superseded', message)
  }
  const message = `${proof.revision} is applied and contains ${question.commit}`
  return fluxVerdicts(kustomization, proof.revision)('applied', 'Applied', message)
}

function stateBeforeApply(question: SyncQuestion, kustomization: KubernetesObject, attempted: Evidence): Sync {
  const { source, now, commit } = question
  const { revision, contains } = attempted
  const verdict = fluxVerdicts(kustomization, revision)
  if (kustomization.metadata.deletionTimestamp !== undefined) {
    return verdict('blocked', 'Deleting', 'the Kustomization is being deleted, and applies nothing more')
  }
  if (isSuspended(kustomization)) return verdict('blocked', 'Suspended', 'the Kustomization is suspended; resume it')
  const trouble = troubleOf(kustomization)
  if (trouble?.reason === 'DependencyNotReady') return verdict('blocked', trouble.reason, withAge(trouble, now))
  if (trouble !== undefined && (contains === 'yes' || trouble.isStalled || beforeAttempt.has(trouble.reason))) {
    return verdict('failed', trouble.reason, withAge(trouble, now))
  }
  if (contains === 'yes') {
    const run = fluxCondition(kustomization, 'Reconciling')
    return verdict('seen', run?.reason || 'Progressing', run?.message || `${revision} is being reconciled`)
  }
  if (source !== undefined) {
    const state = sourceState(question)
    const check = contains === 'no' && state.state === 'seen' ? healthCheckOf(kustomization, revision) : undefined
    if (check === undefined) return beforeSource(question, state, syncedObject(kustomization))
    const remedy = 'wait, or give kustomize-controller the feature gate CancelHealthCheckOnNewRevision'
    const message = `it takes ${state.revision} only after its health checks of ${revision}: ${remedy}; it says: ${check}`
    return verdict('blocked', 'HealthCheckRunning', message)
  }
  if (trouble?.reason === 'ArtifactFailed') return verdict('failed', trouble.reason, withAge(trouble, now))
  return revision !== '' && contains === 'unknown'
    ? verdict('unknown', 'AncestryUnknown', `nobody knows whether ${revision} contains ${commit}`)
    : verdict('pending', 'NotFetched', `${commit} has not been fetched yet`)
}

/** Why the Kustomization does not get on: it gave up, or its last run failed. */
function troubleOf(kustomization: KubernetesObject): (FluxCondition & { isStalled: boolean }) | undefined {
  const stalled = fluxCondition(kustomization, 'Stalled')
  if (stalled?.status === 'True') return { ...stalled, isStalled: true }
  const ready = fluxCondition(kustomization, 'Ready')
  return ready?.status === 'False' ? { ...ready, isStalled: false } : undefined
}

function sourceState(question: SyncQuestion): Sync {
  const { source } = question
  if (source === undefined) {
    const message = 'neither a Kustomization nor its source can be read'
    return { engine: 'flux', object: '', state: 'unknown', reason: 'NoObject', message, revision: '' }
  }
  const stored = evidence(question, text(field(source.status, 'artifact'), 'revision'))
  return decideSourceSync(source, stored, question)
}

/** What the source says, told about the Kustomization that waits for it. */
function beforeSource({ commit }: SyncQuestion, state: Sync, object: string): Sync {
  const message =
    state.state === 'seen'
      ? `${state.object} has stored ${state.revision}; the Kustomization has not attempted it yet`
      : `${state.object}: ${state.message || `waits for ${commit}`}`
  return { ...state, object, message }
}

/** The revisions whose objects are in the cluster, newest first. */
function appliedEvidence(question: SyncQuestion, object: KubernetesObject, attempted: Evidence): readonly Evidence[] {
  const { status } = object
  const newest = list(field(status, 'history'))[0]
  const metadata = field(newest, 'metadata')
  const isAfterApply = afterApply.has(text(newest, 'lastReconciledStatus') ?? '')
  return [
    ...(hasReachedApply(object, attempted.revision) ? [attempted] : []),
    ...(isAfterApply ? [evidence(question, text(metadata, 'revision'), text(metadata, 'originRevision'))] : []),
    evidence(question, text(status, 'lastAppliedRevision'), text(status, 'lastAppliedOriginRevision')),
  ].filter(({ revision }) => revision !== '')
}

function hasReachedApply(object: KubernetesObject, attempted: string): boolean {
  if (attempted === '') return false
  const ready = fluxCondition(object, 'Ready')
  if (ready?.status === 'False' && afterApply.has(ready.reason)) return true
  return healthCheckOf(object, attempted) !== undefined
}

/** What a Kustomization says while it waits until the objects of a revision are healthy. */
function healthCheckOf(object: KubernetesObject, revision: string): string | undefined {
  const waiting = `Running health checks for revision ${revision} `
  const conditions = [fluxCondition(object, 'Reconciling'), fluxCondition(object, 'Healthy')]
  return conditions.find((condition) => condition?.message.startsWith(waiting))?.message
}

/** A newer applied revision that lacks our commit (the branch was rewritten), or no longer has its value. */
function replacement({ isReplaced }: SyncQuestion, applied: readonly Evidence[], proof: Evidence): string | undefined {
  const newer = applied.slice(0, applied.indexOf(proof)).find(({ contains }) => contains === 'no')
  if (newer !== undefined) return newer.revision
  return proof.sha !== undefined && isReplaced?.(proof.sha) === true ? proof.revision : undefined
}

/**
 * A revision and the commit behind it. An OCI artifact names its commit in its metadata; a Kustomization that reports
 * the same revision as the artifact got the same commit.
 */
function evidence({ source, ancestryOf }: SyncQuestion, revision = '', origin?: string): Evidence {
  const artifact = field(source?.status, 'artifact')
  const fromArtifact =
    text(artifact, 'revision') === revision ? text(field(artifact, 'metadata'), originRevision) : undefined
  const sha = fluxCommit(origin) ?? fluxCommit(revision) ?? fluxCommit(fromArtifact)
  return { revision, sha, contains: sha === undefined ? 'unknown' : ancestryOf(sha) }
}
