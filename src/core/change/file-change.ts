/** One commit's change of one file. */
export interface FileChange {
  commit: string
  message: string
  /** Texts of the file; undefined where it is not there, no regular file, over 1 MiB or not UTF-8. */
  before: string | undefined
  after: string | undefined
}
