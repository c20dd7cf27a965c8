import type { Ancestry } from '../../core/sync/ancestry.ts'
import { decideSync, fluxRevisions, type Sync } from '../../core/sync/flux.ts'
import type { Destination } from '../../delivery/destination.ts'

/** How far the engine has come with a commit, by ancestry, from its objects as they are now. */
export async function followCommit(
  commit: string,
  { kustomization, source, repository }: Destination,
  now: Date,
): Promise<Sync> {
  const objects = [kustomization.object, ...(source === undefined ? [] : [source.object])]
  const answers = new Map<string, Ancestry>()
  for (const revision of fluxRevisions(objects)) {
    answers.set(revision, await repository.git.ancestry(commit, revision))
  }
  return decideSync({
    kustomization: kustomization.object,
    source: source?.object,
    commit,
    ancestryOf: (revision) => answers.get(revision) ?? 'unknown',
    now,
  })
}
