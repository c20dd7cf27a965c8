import type { Snapshot } from '../core/manifest/snapshot.ts'
import type { FairleadError } from '../errors.ts'
import type { HostedCommits } from '../ports-repository-host.ts'
import type { BatchJob, RenderedJob } from './batch.ts'

/** Has the host make what was rendered, as one commit on top of `base`, which must be the branch's head. Its id. */
export function commitByHost<J extends BatchJob>(
  { change }: RenderedJob<J>,
  { branch, base }: { branch: string; base: string },
  commits: HostedCommits,
): Promise<string> {
  const files = change.edits.map(({ path, after }) => ({ path, text: after }))
  return commits.commit({ branch, base, message: change.message, files })
}

/** Why the host cannot make these commits as they were rendered; undefined when it can. It knows plain files only. */
export function obstacleToHosting<J extends BatchJob>(
  rendered: readonly RenderedJob<J>[],
  snapshot: Snapshot,
): string | undefined {
  for (const { path } of rendered.flatMap(({ change }) => change.edits)) {
    const mode = snapshot.mode(path) ?? '100644'
    if (mode !== '100644') return `${path} has mode ${mode}, which a commit by the host would change`
  }
  return undefined
}

/** The host makes no such commits, at least not for this account; a push may do. */
export function isBeyondHost({ code }: FairleadError): boolean {
  return code === 'HostForbidden' || code === 'HostNotFound'
}
