import { createHash } from 'node:crypto'
import { canonicalJson, type Fields, isFields, numberAt, textAt, valueAt } from '../json.ts'
import type { ServedResource } from './api-client.ts'
import { applyAll, pruneAll } from './apply.ts'
import { type ConditionFacts, changeConditions } from './condition.ts'
import { sourceKey, waitReason } from './dependency.ts'
import { type GitSource, repositoryAt } from './git-source.ts'
import { checkHealth, type HealthCheckParts } from './health-check.ts'
import { nextHistory } from './history.ts'
import { goneEntries, type InventoryEntry } from './inventory.ts'
import { buildFolder } from './kustomize.ts'
import { createRun, type Run, StepFailed, step } from './run.ts'
import { handledRequest } from './source.ts'

export interface KustomizationParts extends HealthCheckParts {
  resource: ServedResource
  git: GitSource
  /** The newest known GitRepository by `namespace/name`. */
  sourceOf(key: string): Fields | undefined
  /** The newest known Kustomization by `namespace/name`. */
  kustomizationOf(key: string): Fields | undefined
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
  const source = parts.sourceOf(sourceKey(object)) ?? {}
  const waits = waitReason(object, source, parts.kustomizationOf)
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
