import type { FileEdit, Snapshot } from '../core/manifest/snapshot.ts'
import { renderBatch } from './batch.ts'
import { type BatchDeps, createBatchDelivery, type Delivered, type WaitingJob } from './deliver-batch.ts'
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

/** What a delivery would put on the branch as it is now, if nothing else were waiting. */
export type Preview = { base: string } /** The commit is unknown before the host makes it. */ & (
  | { kind: 'change'; commit: string | undefined; tree: string; message: string; edits: readonly FileEdit[] }
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

export type DeliveryDeps = BatchDeps

/**
 * The one way to Git, one queue per repository and branch. What waits goes in one push, one commit per decision, ordered
 * by date then id.
 */
export function createDeliveryQueue(deps: DeliveryDeps): DeliveryQueue {
  const { repository, branch, authorship, metrics } = deps
  const deliver = createBatchDelivery(deps)
  const waiting = new Map<string, { job: WaitingJob; result: Promise<Delivered> }>()
  let draining: Promise<void> | undefined

  const drain = async () => {
    try {
      while (waiting.size > 0) {
        const batch = [...waiting.values()].map((one) => one.job).sort(byDateThenId)
        waiting.clear()
        metrics.gitPendingChanges.set({ repository: deps.name }, batch.length)
        await deliver(batch)
        metrics.gitPendingChanges.set({ repository: deps.name }, 0)
      }
    } finally {
      // In the same breath as the last look: what is submitted in between would wait until somebody else comes.
      draining = undefined
    }
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
      const { commits, concluded } = renderBatch(snapshot, [delivery], authorship)
      const refusal = concluded[0]?.refusal
      if (refusal !== undefined) throw refusal
      const [rendered] = commits
      const base = snapshot.revision
      if (rendered === undefined) return { kind: 'settled', base }
      const { id, tree, change } = rendered
      return { ...change, base, commit: authorship.hosted === undefined ? id : undefined, tree }
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
