/**
 * The files of one commit (or of a folder on disk), immutable and read without waiting: every YAML and JSON file up to
 * 1 MiB is already in memory. Tracing and editing work on this alone.
 */
export interface Snapshot {
  /** Commit SHA, or `''` for a plain folder. */
  readonly revision: string
  /** All file paths, `/`-separated, relative, sorted bytewise. Symlinks and submodules are listed too. */
  readonly paths: readonly string[]
  /** Content of a regular YAML/JSON file as UTF-8; undefined when absent, not regular, too large or not UTF-8. */
  text(path: string): string | undefined
  /** Git mode, e.g. `100644`, `100755`, `120000` (symlink), `160000` (submodule); undefined when absent. */
  mode(path: string): string | undefined
}

/** One file before and after a change. An edit whose sides are equal does not exist. */
export interface FileEdit {
  path: string
  before: string
  after: string
}
