/**
 * How far a merged change came for one workload. `waiting`: no engine has seen it. `seen`: its commit was fetched.
 * `applied`: the engine applied it, the rollout was not observed yet. `superseded`: something newer took over before its
 * end. `unknown`: nobody can say.
 */
export type OutcomePhase =
  | 'waiting'
  | 'seen'
  | 'applied'
  | 'rolling_out'
  | 'success'
  | 'failed'
  | 'superseded'
  | 'unknown'

/** A delivered rollback of a change. */
export interface OutcomeRollback {
  /** Commit on the branch: 40 hex. */
  commit: string
  /** Who asked for it, as the API server named them; absent = fairlead itself. */
  by?: string
}

/** What became of a merged change for one workload, as it is told to people. What is absent is not known, or not yet. */
export interface WorkloadOutcome {
  /** `Kind/namespace/name`. */
  workload: string
  state: OutcomePhase
  /** Its version, tag or digest as the change says. */
  version?: string
  /** Since when it is in this state. */
  since?: Date
  seenAt?: Date
  appliedAt?: Date
  /** Of a rollout that is over, from applied to its end. While it goes on a text would change at every look. */
  durationMs?: number
  /** Commit on the branch that holds the change: 40 hex. */
  commit?: string
  /** What put the old value back afterwards. */
  rollback?: OutcomeRollback
  /** Why it waits, what is not known, or why it failed. */
  message?: string
}
