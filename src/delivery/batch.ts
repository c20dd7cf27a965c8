import { type Ident, renderCommit } from '../core/change/commit.ts'
import { signCommit } from '../core/change/signature.ts'
import { overlay, renderChange } from '../core/change/tree.ts'
import type { Snapshot } from '../core/manifest/snapshot.ts'
import { asFairleadError, type FairleadError } from '../errors.ts'
import type { BranchSnapshot, GitObject, Signer } from '../ports.ts'
import type { RepositoryHost } from '../ports-repository-host.ts'
import type { Plan } from './plan.ts'

/** In whose name commits are made. */
export interface Authorship {
  author: Ident
  committer: Ident
  signer: Signer | undefined
  /** The host that makes and signs the commits itself, in the name of its account; what it cannot make is pushed. */
  hosted?: RepositoryHost | undefined
}

/** The part of a job that decides the bytes of its commit. */
export interface BatchJob {
  date: Date
  plan(snapshot: Snapshot): Plan
}

/** The commit of one job. */
export interface RenderedJob<J extends BatchJob> {
  job: J
  id: string
  /** Id of its root tree. */
  tree: string
  change: Extract<Plan, { kind: 'change' }>
}

/** A series of commits on one head, ready to be stored and pushed. */
export interface RenderedBatch<J extends BatchJob> {
  commits: readonly RenderedJob<J>[]
  objects: readonly GitObject[]
  /** Jobs that need no commit: refused, or settled already when `refusal` is undefined. */
  concluded: readonly { job: J; refusal: FairleadError | undefined }[]
}

/**
 * Plans every job on top of the ones before it and renders the commits. Pure: the same jobs on the same head give the
 * same bytes. A job that is refused leaves the others alone.
 */
export function renderBatch<J extends BatchJob>(
  snapshot: BranchSnapshot,
  jobs: readonly J[],
  authorship: Authorship,
): RenderedBatch<J> {
  const commits: RenderedJob<J>[] = []
  const concluded: { job: J; refusal: FairleadError | undefined }[] = []
  const objects = new Map<string, GitObject>()
  let head: ReturnType<typeof overlay> = snapshot
  for (const job of jobs) {
    try {
      const plan = job.plan(head)
      if (plan.kind === 'settled' || (plan.edits.length === 0 && plan.isEmpty !== true)) {
        concluded.push({ job, refusal: undefined })
        continue
      }
      const edits = new Map(plan.edits.map((edit) => [edit.path, edit.after]))
      const rendered = renderChange(head, edits)
      const commit = render(rendered.root, head.revision, { job, message: plan.message, authorship })
      for (const object of [...rendered.objects, commit]) objects.set(object.id, object)
      commits.push({ job, id: commit.id, tree: rendered.root, change: plan })
      head = overlay(head, { rendered, edits, revision: commit.id })
    } catch (thrown) {
      concluded.push({ job, refusal: asFairleadError(thrown) })
    }
  }
  return { commits, concluded, objects: [...objects.values()] }
}

function render(
  tree: string,
  parent: string,
  { job, message, authorship }: { job: BatchJob; message: string; authorship: Authorship },
): GitObject {
  const { author, committer, signer } = authorship
  const draft = { tree, parents: [parent], author, committer, date: job.date, message }
  return signer === undefined ? renderCommit(draft) : signCommit(draft, signer)
}
