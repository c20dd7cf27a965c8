import type { FileEdit } from '../core/manifest/snapshot.ts'

/** What a plan makes of the branch as it is now. A refusal is thrown as a `FairleadError`. */
export type Plan =
  | {
      kind: 'change'
      edits: readonly FileEdit[]
      message: string
      /** The message is all there is to say: a commit that changes no file. */
      isEmpty?: true
    }
  /** Git holds the wanted value already. */
  | { kind: 'settled' }
