/** A branch has moved, and engines may look at once. */
export interface BranchMove {
  /** Normalised address, `host/path`. */
  repository: string
  branch: string
  /** Commit before; `''` when it is not known. */
  before: string
  /** Commit now. */
  after: string
  /** What changed in between; empty when that is not known. */
  files: readonly string[]
}

/**
 * A door of a GitOps engine through which it is told to look at a repository now. A hint, as any webhook: the engine
 * reads Git itself, and without the hint it would do so a little later.
 */
export interface EngineNotifier {
  /** The key of the configuration. */
  readonly name: 'fluxReceiver' | 'argocdWebhook'
  /** Resolves when the engine has taken the hint. Rejects with `NotifyFailed` or what the outbound client says. */
  notify(move: BranchMove): Promise<void>
}
