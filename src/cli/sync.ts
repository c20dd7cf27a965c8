import type { KubernetesObject } from '../api/kubernetes.ts'
import type { Ancestry } from '../core/sync/ancestry.ts'
import { argoRevisions } from '../core/sync/argo-evidence.ts'
import { decideArgoSync } from '../core/sync/argocd.ts'
import { decideSync, fluxRevisions } from '../core/sync/flux.ts'
import { readKustomization } from '../core/sync/flux-object.ts'
import { decideHelmSync } from '../core/sync/helm.ts'
import type { Sync } from '../core/sync/sync-state.ts'
import { FairleadError } from '../errors.ts'
import type { Io } from './io.ts'
import { readObjects } from './object-input.ts'
import { answerJson, readOptions, readTime } from './verb.ts'

const usage = 'fairlead sync -f OBJECTS|- --repo DIR --commit SHA [--now T] [-o json]'

/** The only question `sync` has about a repository on disk; asked without a network. */
export interface LocalRepository {
  /** Is `commit` an ancestor of, or equal to, `revision`? */
  ancestry(commit: string, revision: string): Promise<Ancestry>
}

interface Facts {
  objects: readonly KubernetesObject[]
  commit: string
  ancestryOf: (sha: string) => Ancestry
  now: Date
}

const synced: Readonly<Record<string, (object: KubernetesObject, facts: Facts) => Sync>> = {
  Kustomization: kustomizationSync,
  GitRepository: (source, facts) => decideSync({ ...facts, source }),
  OCIRepository: (source, facts) => decideSync({ ...facts, source }),
  HelmRelease: helmSync,
  Application: decideArgoSync,
}

/**
 * `fairlead sync`: how far Flux or Argo CD has come with one commit, for every Kustomization, GitRepository,
 * OCIRepository, HelmRelease and Application in the input, in order. Exit 0; 2 for wrong use or unreadable input, 1 when the repository fails.
 */
export function syncCommand(
  args: string[],
  io: Io,
  openRepository: (folder: string) => Promise<LocalRepository>,
): Promise<number> {
  return answerJson(io, async () => {
    const { file, repo, commit, now } = readOptions(args, ['file', 'repo', 'commit', 'now'] as const, usage)
    if (file === undefined || repo === undefined || commit === undefined) {
      throw new FairleadError('UsageInvalid', `-f, --repo and --commit are all needed\nusage: ${usage}`)
    }
    if (!/^[0-9a-f]{40}$/.test(commit)) {
      throw new FairleadError('UsageInvalid', `--commit ${commit}: want all 40 hex digits of a commit`)
    }
    const time = now === undefined ? new Date() : readTime('now', now)
    const objects = await readObjects(file, io)
    const repository = await openRepository(repo)
    const answers = new Map<string, Ancestry>()
    for (const sha of new Set([...fluxRevisions(objects), ...argoRevisions(objects)]))
      answers.set(sha, await repository.ancestry(commit, sha))
    const facts: Facts = { objects, commit, ancestryOf: (sha) => answers.get(sha) ?? 'unknown', now: time }
    return objects.flatMap((object) => {
      const decide = isSynced(object) ? synced[object.kind] : undefined
      return decide === undefined ? [] : [decide(object, facts)]
    })
  })
}

/** kustomize has a `Kustomization` of its own, which is a file and no object. */
function isSynced({ kind, apiVersion }: KubernetesObject): boolean {
  return Object.hasOwn(synced, kind) && /\.toolkit\.fluxcd\.io\/|^argoproj\.io\//.test(apiVersion)
}

function kustomizationSync(kustomization: KubernetesObject, facts: Facts): Sync {
  const { sourceRef } = readKustomization(kustomization)
  return decideSync({ ...facts, kustomization, source: find(facts.objects, sourceRef) })
}

function helmSync(release: KubernetesObject, facts: Facts): Sync {
  const labels = release.metadata.labels ?? {}
  const owner = find(facts.objects, {
    kind: 'Kustomization',
    namespace: labels['kustomize.toolkit.fluxcd.io/namespace'] ?? '',
    name: labels['kustomize.toolkit.fluxcd.io/name'] ?? '',
  })
  return decideHelmSync(release, owner === undefined ? undefined : kustomizationSync(owner, facts), facts.now)
}

function find(objects: readonly KubernetesObject[], key: { kind: string; namespace: string; name: string }) {
  return objects.find(
    ({ kind, metadata }) =>
      kind === key.kind && metadata.name === key.name && (metadata.namespace ?? '') === key.namespace,
  )
}
