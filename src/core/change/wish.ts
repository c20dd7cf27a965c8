/** What a person wants to have again. */
export interface RollbackWish {
  /** The image, or chart and version; undefined = what ran well last, or else what Git held before. */
  to?: string | undefined
  /** Needed where several could be meant. */
  container?: string | undefined
  reason: string
  /** User name from the review. */
  by: string
}

/** Why a person holds or releases a workload. */
export interface HoldWish {
  /** Of a release it may be empty. */
  reason: string
  /** User name from the review. */
  by: string
}
