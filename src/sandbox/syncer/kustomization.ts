import { createHash } from 'node:crypto'
import { canonicalJson, type Fields, isFields, listAt, numberAt, textAt, valueAt } from '../json.ts'
import type { ApiClient, ServedResource } from './api-client.ts'
import { applyAll, healthCheckEntries, pruneAll, readEntry } from './apply.ts'
import { type ConditionFacts, changeConditions } from './condition.ts'
import { formatDuration, parseDuration } from './duration.ts'
import { type GitSource, repositoryAt } from './git-source.ts'
import { healthOf } from './health.ts'
import { goneEntries, type InventoryEntry } from './inventory.ts'
import { buildFolder } from './kustomize.ts'
import { handledRequest } from './source.ts'

export interface KustomizationParts {
  api: ApiClient
  resource: ServedResource
  git: GitSource
  /** The newest known GitRepository by `namespace/name`. */
  sourceOf(key: string): Fields | undefined
  /** The newest known Kustomization by `namespace/name`. */
  kustomizationOf(key: string): Fields | undefined
  /** Resolves after a pause, or at once with false when the syncer ends. */
  pause(ms: number): Promise<boolean>
}

/** A step that went wrong: Flux' reason and message for `Ready`. */
class StepFailed extends Error {
  readonly reason: string

  constructor(reason: string, message: string) {
    super(message)
    this.reason = reason
  }
}

/** How a run ended: `waiting` wants to be tried again soon. */
export type RunResult = 'applied' | 'failed' | 'waiting' | 'skipped'

/** What kustomize-controller does with one Kustomization, status writes in its order. */
export async function reconcileKustomization(parts: KustomizationParts, object: Fields): Promise<RunResult> {
  if (valueAt(object, 'spec', 'suspend') === true) return 'skipped'
  const { api, resource } = parts
  const generation = numberAt(object, 'metadata', 'generation') ?? 1
  let live = object
  const write = async (status: Fields, set: readonly ConditionFacts[], drop: readonly string[] = []) => {
    const next = { ...status, conditions: changeConditions(live, { set, drop }, generation) }
    await api.patchStatus(resource, live, next)
    live = { ...live, status: { ...(isFields(live['status']) ? live['status'] : {}), ...next } }
  }
  const source = sourceOf(parts, object)
  const waits = waitReason(parts, object, source)
  if (waits !== undefined) {
    await write(handledRequest(object), [{ type: 'Ready', status: 'False', ...waits }])
    return 'waiting'
  }
  const run = createRun(object, source, write)
  const startedAt = new Date()
  try {
    const outcome = await carryOut(parts, run, () => live)
    const history = nextHistory(live, {
      ...outcome,
      startedAt,
      revision: run.revision,
      reason: 'ReconciliationSucceeded',
    })
    const message = `Applied revision: ${run.revision}`
    await write(
      {
        ...handledRequest(object),
        observedGeneration: generation,
        lastAppliedRevision: run.revision,
        inventory: { entries: outcome.inventory },
        history,
      },
      [{ type: 'Ready', status: 'True', reason: 'ReconciliationSucceeded', message }],
      ['Reconciling'],
    )
    return 'applied'
  } catch (thrown) {
    const reason = thrown instanceof StepFailed ? thrown.reason : 'ReconciliationFailed'
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    const history = nextHistory(live, { digest: run.digest, startedAt, revision: run.revision, reason })
    await write({ ...handledRequest(object), ...(run.digest === '' ? {} : { history }) }, [
      { type: 'Ready', status: 'False', reason, message },
      { type: 'Reconciling', status: 'True', reason: 'ProgressingWithRetry', message: run.lastMessage },
    ])
    return 'failed'
  }
}

/** State of one run that its failure report needs. */
interface Run {
  object: Fields
  source: Fields
  revision: string
  timeoutMs: number
  digest: string
  lastMessage: string
  progress(message: string, status?: Fields, more?: readonly ConditionFacts[]): Promise<void>
  write(status: Fields, set: readonly ConditionFacts[], drop?: readonly string[]): Promise<void>
}

function createRun(object: Fields, source: Fields, write: Run['write']): Run {
  const intervalMs = parseDuration(textAt(object, 'spec', 'interval')) ?? 60_000
  const run: Run = {
    object,
    source,
    revision: textAt(source, 'status', 'artifact', 'revision'),
    timeoutMs: parseDuration(textAt(object, 'spec', 'timeout')) ?? Math.max(30_000, intervalMs - 30_000),
    digest: '',
    lastMessage: '',
    write,
    progress(message, status = {}, more = []) {
      run.lastMessage = `${message} for revision ${run.revision} with a timeout of ${formatDuration(run.timeoutMs)}`
      return write(status, [
        { type: 'Reconciling', status: 'True', reason: 'Progressing', message: run.lastMessage },
        { type: 'Ready', status: 'Unknown', reason: 'Progressing', message: 'Reconciliation in progress' },
        ...more,
      ])
    },
  }
  return run
}

async function carryOut(
  parts: KustomizationParts,
  run: Run,
  live: () => Fields,
): Promise<{ inventory: InventoryEntry[]; digest: string }> {
  const { api, git } = parts
  await run.progress('Fetching manifests')
  const repository = repositoryAt(git, textAt(run.source, 'spec', 'url')) ?? ''
  const commit = run.revision.slice(run.revision.lastIndexOf(':') + 1)
  const files = git.readFiles(repository, commit)
  await run.progress('Building manifests', { lastAttemptedRevision: run.revision })
  const objects = step('BuildFailed', () => buildFolder(files, textAt(run.object, 'spec', 'path')))
  run.digest = `sha256:${createHash('sha256').update(canonicalJson(objects)).digest('hex')}`
  await run.progress('Detecting drift')
  const inventory = await applyAll(api, objects, run.object)
  const gone = goneEntries(live(), inventory)
  await run.write({ inventory: { entries: inventory } }, [])
  if (valueAt(run.object, 'spec', 'prune') === true) await pruneAll(api, gone)
  await checkHealth(parts, run, inventory)
  return { inventory, digest: run.digest }
}

function step<T>(reason: string, work: () => T): T {
  try {
    return work()
  } catch (thrown) {
    throw new StepFailed(reason, thrown instanceof Error ? thrown.message : String(thrown))
  }
}

/** Pause between two looks at what is not healthy yet. */
const healthPauseMs = 250

async function checkHealth(parts: KustomizationParts, run: Run, inventory: readonly InventoryEntry[]): Promise<void> {
  const checked = valueAt(run.object, 'spec', 'wait') === true ? inventory : healthCheckEntries(run.object)
  if (checked.length === 0) return
  const startedAt = Date.now()
  const elapsed = () => formatDuration(Date.now() - startedAt)
  const message = `Running health checks for revision ${run.revision} with a timeout of ${formatDuration(run.timeoutMs)}`
  await run.progress('Running health checks', {}, [
    { type: 'Healthy', status: 'Unknown', reason: 'Progressing', message },
  ])
  for (;;) {
    const unhealthy = await unhealthyOf(parts.api, checked)
    if (unhealthy.length === 0) break
    const failed = unhealthy.filter((one) => one.endsWith("'Failed']") || one.endsWith("'Failed'"))
    const isLate = Date.now() - startedAt > run.timeoutMs
    if (failed.length > 0 || isLate || !(await parts.pause(healthPauseMs))) {
      const which = failed.length > 0 ? 'failed early due to stalled resources' : 'timeout waiting for'
      const cause = `${which}: [${(failed.length > 0 ? failed : unhealthy).join(', ')}]`
      await run.write({}, [{ type: 'Healthy', status: 'False', reason: 'HealthCheckFailed', message: cause }])
      throw new StepFailed('HealthCheckFailed', `health check failed after ${elapsed()}: ${cause}`)
    }
  }
  const passed = `Health check passed in ${elapsed()}`
  await run.write({}, [{ type: 'Healthy', status: 'True', reason: 'Succeeded', message: passed }])
}

/** `Deployment/default/web status: 'InProgress'` for each that is not there yet. */
async function unhealthyOf(api: ApiClient, entries: readonly InventoryEntry[]): Promise<string[]> {
  const states = await Promise.all(
    entries.map(async (entry) => {
      const [namespace = '', name = '', , kind = ''] = entry.id.split('_')
      const found = await readEntry(api, entry)
      const health = found === undefined ? 'NotFound' : healthOf(found.object)
      return { text: `${kind}/${namespace}/${name} status: '${health}'`, health }
    }),
  )
  return states.filter((state) => state.health !== 'Current').map((state) => state.text)
}

function sourceOf(parts: KustomizationParts, object: Fields): Fields {
  return parts.sourceOf(sourceKey(object)) ?? {}
}

/** `namespace/name` of the GitRepository that a Kustomization reads. */
export function sourceKey(object: Fields): string {
  const namespace = textAt(object, 'spec', 'sourceRef', 'namespace') || textAt(object, 'metadata', 'namespace')
  return `${namespace}/${textAt(object, 'spec', 'sourceRef', 'name')}`
}

/** Why a run cannot begin: no artifact, or a dependency that has not applied the same revision. */
function waitReason(
  parts: KustomizationParts,
  object: Fields,
  source: Fields,
): { reason: string; message: string } | undefined {
  const revision = textAt(source, 'status', 'artifact', 'revision')
  if (revision === '') {
    const missing = Object.keys(source).length === 0
    const message = missing
      ? `GitRepository.source.toolkit.fluxcd.io "${textAt(object, 'spec', 'sourceRef', 'name')}" not found`
      : 'Source is not ready, artifact not found'
    return { reason: 'ArtifactFailed', message }
  }
  for (const entry of listAt(object, 'spec', 'dependsOn')) {
    const namespace = textAt(entry, 'namespace') || textAt(object, 'metadata', 'namespace')
    const key = `${namespace}/${textAt(entry, 'name')}`
    const dependency = parts.kustomizationOf(key)
    const isReady = listAt(dependency, 'status', 'conditions').some(
      (one) => textAt(one, 'type') === 'Ready' && textAt(one, 'status') === 'True',
    )
    if (dependency === undefined || !isReady)
      return { reason: 'DependencyNotReady', message: `dependency '${key}' is not ready` }
    const sameSource = sourceKey(dependency) === sourceKey(object)
    if (sameSource && textAt(dependency, 'status', 'lastAppliedRevision') !== revision) {
      return { reason: 'DependencyNotReady', message: `dependency '${key}' revision is not up to date` }
    }
  }
  return undefined
}

interface Reconciled {
  digest: string
  revision: string
  reason: string
  startedAt: Date
}

/** At most five entries, newest first, one per digest and outcome. */
function nextHistory(object: Fields, run: Reconciled): Fields[] {
  const old = listAt(object, 'status', 'history').filter(isFields)
  const same = old.find((one) => one['digest'] === run.digest && one['lastReconciledStatus'] === run.reason)
  const now = new Date().toISOString().replace(/\.\d{3}Z$/, 'Z')
  const entry = {
    digest: run.digest,
    firstReconciled: textAt(same, 'firstReconciled') || now,
    lastReconciled: now,
    lastReconciledDuration: formatDuration(Date.now() - run.startedAt.getTime()),
    lastReconciledStatus: run.reason,
    totalReconciliations: (numberAt(same, 'totalReconciliations') ?? 0) + 1,
    metadata: { revision: run.revision },
  }
  return [entry, ...old.filter((one) => one !== same)].slice(0, 5)
}
