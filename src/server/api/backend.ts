import type { ObjectKey } from '../../api/kubernetes.ts'
import type { UpdateRequest } from '../../api/update-request.ts'
import type { CommitWay } from '../../core/change/commit-report.ts'
import type { ChangePreview, WorkloadExplanation } from '../../core/change/gate.ts'
import type { HoldReport } from '../../core/change/hold.ts'
import type { HoldWish, RollbackWish } from '../../core/change/wish.ts'
import type { RolloutState } from '../../core/workload/rollout-state.ts'
import type { Workload } from '../../core/workload/workload.ts'

/** What would be written to Git, and whose rights are needed for it. */
export interface HoldOrder {
  namespaces: Iterable<string>
  carryOut(): Promise<HoldReport>
}

/** What the API's routes need of the program behind them. Whoever calls it has checked that the caller may. */
export interface ApiBackend {
  /** All UpdateRequests as last seen; undefined while the first list is not complete. */
  list(): Iterable<UpdateRequest> | undefined
  /** The watched workloads as last seen; undefined while one of their first lists is not complete. */
  workloads(): Iterable<Workload> | undefined
  /** The newest rollout of a workload, by `Kind/namespace/name`; undefined when nobody has looked at it yet. */
  rollout(key: string): RolloutState | undefined
  /** Every UpdateRequest that names a workload as its target, by `Kind/namespace/name`; they are claims. */
  requestsOf(key: string): readonly UpdateRequest[]
  /** As the API server has it now. */
  read(namespace: string, name: string): Promise<UpdateRequest | undefined>
  /** Rejects with `NotPending` or `SeenDiffers`. `by` is the user name from the review. */
  approve(request: UpdateRequest, vote: { by: string }): Promise<UpdateRequest>
  reject(request: UpdateRequest, vote: { by: string; reason: string }): Promise<UpdateRequest>
  /**
   * The decision to put an older image back, before it is made; undefined when there is no such workload. Rejects with
   * `UsageInvalid` for what Git never held, and with the refusals of tracing.
   */
  wayBack(workload: ObjectKey, wish: RollbackWish): Promise<UpdateRequest | undefined>
  rollBack(request: UpdateRequest): Promise<UpdateRequest>
  /**
   * A hold in the manifest of a workload, before it is written; undefined when there is no such workload. Rejects with the
   * refusals of tracing and with `NothingWritten` where the configuration lets nothing be written.
   */
  hold(workload: ObjectKey, wish: HoldWish): Promise<HoldOrder | undefined>
  /** Takes the holds out of the manifest, and lifts what the history of the workload's images keeps away. */
  release(workload: ObjectKey, wish: HoldWish): Promise<HoldOrder | undefined>
  /** Rejects with `NotPending` when nothing more will be pushed. */
  plan(request: UpdateRequest): Promise<ChangePreview>
  /** How a commit comes to each of these workloads, in their order. */
  commitWays(commit: string, workloads: readonly Workload[]): Promise<readonly CommitWay[]>
  /** The commits on the branches of these workloads that begin with these digits; the newest 1,000 of each are looked through. */
  commits(prefix: string, workloads: readonly Workload[]): Promise<ReadonlySet<string>>
  /** Undefined when there is no such workload, or it is not looked after. */
  explain(workload: ObjectKey, container: string | undefined): Promise<WorkloadExplanation | undefined>
}
