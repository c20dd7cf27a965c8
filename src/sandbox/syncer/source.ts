import { createHash } from 'node:crypto'
import { type Fields, fieldsAt, numberAt, textAt, valueAt } from '../json.ts'
import type { ApiClient, ServedResource } from './api-client.ts'
import { type ConditionFacts, changeConditions } from './condition.ts'
import { type GitSource, repositoryAt } from './git-source.ts'

export const requestedAt = 'reconcile.fluxcd.io/requestedAt'

/** The status field that answers the annotation; absent when nobody asked. */
export function handledRequest(object: unknown): Fields {
  const token = textAt(object, 'metadata', 'annotations', requestedAt)
  return token === '' ? {} : { lastHandledReconcileAt: token }
}

/** What source-controller does with one GitRepository: resolve its reference and publish an artifact for it. */
export async function reconcileSource(
  parts: { api: ApiClient; resource: ServedResource; git: GitSource },
  object: Fields,
): Promise<void> {
  const { api, resource, git } = parts
  if (valueAt(object, 'spec', 'suspend') === true) return
  const generation = numberAt(object, 'metadata', 'generation') ?? 1
  const found = resolveRevision(git, object)
  const handled = handledRequest(object)
  if ('problem' in found) {
    const message = `failed to checkout and determine revision: ${found.problem}`
    const facts = { reason: 'GitOperationFailed', message }
    const set: ConditionFacts[] = [
      { type: 'Reconciling', status: 'True', reason: 'ProgressingWithRetry', message: 'reconciliation in progress' },
      { type: 'Ready', status: 'False', ...facts },
      { type: 'FetchFailed', status: 'True', ...facts },
    ]
    await api.patchStatus(resource, object, { ...handled, conditions: changeConditions(object, { set }, generation) })
    return
  }
  const { revision, commit, repository } = found
  if (revision !== textAt(object, 'status', 'artifact', 'revision')) {
    const message = `new upstream revision '${revision}'`
    const set: ConditionFacts[] = [
      { type: 'Reconciling', status: 'True', reason: 'Progressing', message: `building artifact: ${message}` },
      { type: 'Ready', status: 'Unknown', reason: 'Progressing', message: `building artifact: ${message}` },
      { type: 'ArtifactOutdated', status: 'True', reason: 'NewRevision', message },
    ]
    await api.patchStatus(resource, object, { conditions: changeConditions(object, { set }, generation) })
  }
  const facts = { status: 'True', reason: 'Succeeded', message: `stored artifact for revision '${revision}'` } as const
  const conditions = changeConditions(
    object,
    {
      set: [
        { type: 'Ready', ...facts },
        { type: 'ArtifactInStorage', ...facts },
      ],
      drop: ['Reconciling', 'ArtifactOutdated', 'FetchFailed'],
    },
    generation,
  )
  const artifact = artifactOf(object, { revision, commit, files: git.readFiles(repository, commit) })
  await api.patchStatus(resource, object, { ...handled, observedGeneration: generation, artifact, conditions })
}

function resolveRevision(
  git: GitSource,
  object: Fields,
): { repository: string; commit: string; revision: string } | { problem: string } {
  const url = textAt(object, 'spec', 'url')
  const repository = repositoryAt(git, url)
  if (repository === undefined) return { problem: `unable to clone '${url}': repository not found` }
  const ref = fieldsAt(object, 'spec', 'ref')
  const commit = textAt(ref, 'commit')
  if (commit !== '') return { repository, commit, revision: `sha1:${commit}` }
  const pointer = pointerOf(ref)
  const head = readHead(git, repository, pointer.ref)
  if (head === undefined) return { problem: `unable to clone '${url}': couldn't find remote ref "${pointer.ref}"` }
  return { repository, commit: head, revision: `${pointer.shown}@sha1:${head}` }
}

/** Precedence of Flux: name, then tag, then branch (`master` when nothing is said). */
function pointerOf(ref: Fields): { ref: string; shown: string } {
  const name = textAt(ref, 'name')
  if (name !== '') return { ref: name, shown: name }
  const tag = textAt(ref, 'tag')
  if (tag !== '') return { ref: `refs/tags/${tag}`, shown: tag }
  const branch = textAt(ref, 'branch') || 'master'
  return { ref: `refs/heads/${branch}`, shown: branch }
}

function readHead(git: GitSource, repository: string, ref: string): string | undefined {
  try {
    return git.head(repository, ref)
  } catch {
    return undefined
  }
}

/** The artifact of before when nothing moved, so that its times stay. */
function artifactOf(object: Fields, now: { revision: string; commit: string; files: Map<string, string> }): Fields {
  const before = fieldsAt(object, 'status', 'artifact')
  if (before['revision'] === now.revision) return before
  const hash = createHash('sha256')
  let size = 0
  for (const [path, content] of now.files) {
    hash.update(`${path}\0${content}\0`)
    size += content.length
  }
  const name = textAt(object, 'metadata', 'name')
  const namespace = textAt(object, 'metadata', 'namespace')
  const path = `gitrepository/${namespace}/${name}/${now.commit}.tar.gz`
  return {
    revision: now.revision,
    digest: `sha256:${hash.digest('hex')}`,
    path,
    url: `http://source-controller.${namespace}.svc.cluster.local./${path}`,
    lastUpdateTime: new Date().toISOString().replace(/\.\d{3}Z$/, 'Z'),
    size,
  }
}
