import { type GitPlace, type Owner, ownerObject } from '../../core/manifest/origin.ts'
import type { Ancestry } from '../../core/sync/ancestry.ts'
import { argoRevisions } from '../../core/sync/argo-evidence.ts'
import { decideArgoSync } from '../../core/sync/argocd.ts'
import { decideDependentSync } from '../../core/sync/dependent.ts'
import { decideSync, fluxRevisions, type Sync } from '../../core/sync/flux.ts'
import { decideHelmSync } from '../../core/sync/helm.ts'
import type { GitRepository } from '../../ports.ts'

/** A commit, and whether a later revision that contains it has taken back what it wanted; absent where nobody asks that. */
export interface CommitQuestion {
  commit: string
  isReplacedBy?: (revision: string) => Promise<boolean>
  now: Date
}

/** What an object that reads Git says about a commit of the repository that it reads. */
export async function ownerSync(
  owner: Owner,
  { commit, isReplacedBy, now }: CommitQuestion,
  git: Pick<GitRepository, 'ancestry'>,
): Promise<Sync> {
  const object = ownerObject(owner)
  const source =
    owner.kind === 'Kustomization' ? owner.source : owner.kind === 'HelmRelease' ? owner.chart?.source : undefined
  const objects = source === undefined ? [object] : [object, source.object]
  const answers = new Map<string, Ancestry>()
  const revisions = owner.kind === 'Application' ? argoRevisions(objects) : fluxRevisions(objects)
  for (const revision of revisions) answers.set(revision, await git.ancestry(commit, revision))
  const ancestryOf = (revision: string): Ancestry => answers.get(revision) ?? 'unknown'
  const replaced = new Set<string>()
  for (const one of revisions) {
    if (one !== commit && ancestryOf(one) === 'yes' && (await isReplacedBy?.(one)) === true) replaced.add(one)
  }
  const question = { commit, ancestryOf, isReplaced: (revision: string) => replaced.has(revision), now }
  if (owner.kind === 'Application') return decideArgoSync(object, question)
  const kustomization = owner.kind === 'Kustomization' ? object : undefined
  const sync = decideSync({ ...question, kustomization, source: source?.object })
  if (owner.kind === 'Kustomization') return sync
  // A chart in Git: once its source holds the commit, the release's own generation and state tell.
  return decideHelmSync(object, sync.state === 'seen' ? { ...sync, state: 'applied' } : sync, now)
}

/**
 * What an object that is declared by another one says, once that one has come as far as `before` tells. `leaves` is the
 * version of its chart that the commit leaves behind, where that is what was changed.
 */
export function dependentSync(
  owner: Owner,
  before: Sync,
  { now, leaves }: { now: Date; leaves?: string | undefined },
): Sync {
  if (owner.kind === 'HelmRelease') return decideHelmSync(owner.release.object, before, now, leaves)
  const { object } = owner.kind === 'Application' ? owner.application : owner.kustomization
  return decideDependentSync(object, before, now, leaves)
}

/** The branches that an owner reads, and from which folder each. */
export function ownerFolders(owner: Owner): { place: GitPlace; path: string }[] {
  switch (owner.kind) {
    case 'Kustomization':
      return [{ place: owner.place, path: owner.kustomization.path }]
    case 'HelmRelease':
      return owner.chart === undefined ? [] : [owner.chart]
    case 'Application':
      return owner.places.flatMap((place, index) => {
        const path = owner.application.sources[index]?.path ?? ''
        return place === undefined ? [] : [{ place, path }]
      })
  }
}
