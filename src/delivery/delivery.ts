import type { FileEdit, Snapshot } from '../core/manifest/snapshot.ts'
import { asFairleadError, FairleadError } from '../errors.ts'
import type { BranchSnapshot, Clock, GitRepository, Log } from '../ports.ts'
import type { Metrics } from '../runtime/metrics.ts'
import { type Authorship, type RenderedBatch, renderBatch } from './batch.ts'
import { findCommit } from './find-commit.ts'
import { measureWrite } from './measured-write.ts'
import type { Plan } from './plan.ts'

/** One decision on its way to a branch. */
export interface Delivery {
  /** `Fairlead-Id`; a second job with the id of a waiting one shares its result. */
  id: string
  /** Date of the commit, from the decision, so that every replica renders the same bytes. */
  date: Date
  /** Pure; called again on every new head. */
  plan(snapshot: Snapshot): Plan
}

export type Delivered = { kind: 'pushed' | 'settled'; commit: string | undefined }

/** What a delivery would put on the branch as it is now, if nothing else were waiting. */
export type Preview = { base: string } & (
  | { kind: 'change'; commit: string; tree: string; message: string; edits: readonly FileEdit[] }
  /** The branch holds it already. */
  | { kind: 'settled' }
)

export interface DeliveryQueue {
  /**
   * Puts the change on the branch. Resolves when the remote was read back with the commit in it, rejects with the
   * refusal (terminal) or with a transient error when nothing is known; submitting again is always safe.
   */
  submit(delivery: Delivery): Promise<Delivered>
  /** Renders it on the head that the remote has now, and stores and pushes nothing. Rejects with the refusal. */
  preview(delivery: Delivery): Promise<Preview>
  /** Resolves when nothing is waiting or under way. */
  idle(): Promise<void>
}

export interface DeliveryDeps {
  repository: GitRepository
  /** Normalised URL: how the repository is called in metrics and log. */
  name: string
  branch: string
  authorship: Authorship
  /** Throws when this replica must not write (any more). */
  fence: () => void
  clock: Clock
  random: () => number
  log: Log
  metrics: Metrics
}

interface Waiting extends Delivery {
  resolve: (delivered: Delivered) => void
  reject: (error: FairleadError) => void
}

const maxAttempts = 10

/**
 * The one way to Git, one queue per repository and branch. What waits goes in one push, one commit per decision, ordered
 * by date then id. The plan is made again on every new head, so there is nothing to rebase. After any push error the
 * remote is read back before anything is concluded: "rejected" may well mean "accepted, and the answer was lost".
 */
export function createDeliveryQueue(deps: DeliveryDeps): DeliveryQueue {
  const { repository, branch, clock, log, metrics } = deps
  const waiting = new Map<string, { job: Waiting; result: Promise<Delivered> }>()
  let draining: Promise<void> | undefined

  const drain = async () => {
    try {
      while (waiting.size > 0) {
        const batch = [...waiting.values()].map((one) => one.job).sort(byDateThenId)
        waiting.clear()
        await settleAll(batch)
      }
    } finally {
      // In the same breath as the last look: what is submitted in between would wait until somebody else comes.
      draining = undefined
    }
  }

  const settleAll = async (batch: readonly Waiting[]) => {
    metrics.gitPendingChanges.set({ repository: deps.name }, batch.length)
    try {
      await deliver(batch)
    } catch (thrown) {
      const error = asFairleadError(thrown)
      if (error.code === 'PushRefused' && batch.length > 1) {
        // One bad change must not hold up the others: each goes alone.
        for (const job of batch) await settleAll([job])
      } else for (const job of batch) job.reject(error)
    } finally {
      metrics.gitPendingChanges.set({ repository: deps.name }, 0)
    }
  }

  const deliver = async (batch: readonly Waiting[]) => {
    let open = batch
    let fresh = false
    for (let attempt = 1; open.length > 0; attempt++) {
      const snapshot = await repository.snapshot(branch, { fresh })
      const rendered = renderBatch(snapshot, open, deps.authorship)
      if (!fresh && rendered.concluded.length > 0) {
        // Refusals and "already there" are only concluded from the head the remote has now.
        fresh = true
        continue
      }
      await conclude(rendered, snapshot)
      open = rendered.commits.map((one) => one.job)
      if (open.length === 0) return
      const landed = await push(snapshot, rendered)
      if (landed) {
        for (const { job, id } of rendered.commits) job.resolve({ kind: 'pushed', commit: id })
        return
      }
      if (attempt >= maxAttempts) {
        throw new FairleadError('PushRejected', `${branch} of ${deps.name} moved ${attempt} times while pushing`)
      }
      fresh = true
      await clock.sleep(50 * 2 ** Math.min(attempt, 6) * deps.random())
    }
  }

  const conclude = async (rendered: RenderedBatch<Waiting>, snapshot: BranchSnapshot) => {
    for (const { job, refusal } of rendered.concluded) {
      try {
        if (refusal !== undefined) throw refusal
        job.resolve({ kind: 'settled', commit: await findCommit(repository, job.id, snapshot.revision) })
      } catch (thrown) {
        job.reject(asFairleadError(thrown))
      }
    }
  }

  /** True when the remote holds the commits, false when the branch moved and the plan must be made again. */
  const push = async (snapshot: BranchSnapshot, rendered: RenderedBatch<Waiting>): Promise<boolean> => {
    const tip = rendered.commits.at(-1)?.id ?? snapshot.revision
    const count = rendered.commits.length
    const write = async () => {
      deps.fence()
      await repository.store(rendered.objects)
      deps.fence()
      await repository.push(branch, snapshot.revision, tip)
    }
    try {
      await measureWrite(write, { ...deps, operation: 'push' })
    } catch (thrown) {
      const error = asFairleadError(thrown)
      if (error.code === 'PushRefused' || error.kind === 'internal') throw error
      return await readBack(snapshot.revision, tip, error)
    }
    log.info({ repository: deps.name, branch, commit: tip, changes: count }, 'pushed')
    return (await repository.remoteHead(branch)) === tip || (await isOnBranch(tip))
  }

  /** What the remote says after a push that failed or whose answer was lost. */
  const readBack = async (base: string, tip: string, error: FairleadError): Promise<boolean> => {
    log.info({ repository: deps.name, branch, code: error.code, base, commit: tip }, 'push failed; reading back')
    if (await isOnBranch(tip)) return true
    if (error.code === 'PushRejected') return false
    throw error
  }

  const isOnBranch = async (commit: string): Promise<boolean> => {
    const head = await repository.snapshot(branch, { fresh: true })
    return (await repository.ancestry(commit, head.revision)) === 'yes'
  }

  return {
    submit(delivery) {
      const known = waiting.get(delivery.id)
      if (known !== undefined) return known.result
      const { promise, resolve, reject } = deferred<Delivered>()
      waiting.set(delivery.id, { job: { ...delivery, resolve, reject }, result: promise })
      draining ??= Promise.resolve().then(drain)
      return promise
    },
    async preview(delivery) {
      const snapshot = await repository.snapshot(branch, { fresh: true })
      const { commits, concluded } = renderBatch(snapshot, [delivery], deps.authorship)
      const refusal = concluded[0]?.refusal
      if (refusal !== undefined) throw refusal
      const [rendered] = commits
      const base = snapshot.revision
      if (rendered === undefined) return { kind: 'settled', base }
      const { id: commit, tree, change } = rendered
      return { ...change, base, commit, tree }
    },
    idle: async () => {
      while (draining !== undefined) await draining
    },
  }
}

/** The order in which changes are committed: the oldest decision first. */
export function byDateThenId(a: Delivery, b: Delivery): number {
  return a.date.getTime() - b.date.getTime() || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
}

function deferred<T>() {
  let resolve: (value: T) => void = () => undefined
  let reject: (error: unknown) => void = () => undefined
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}
