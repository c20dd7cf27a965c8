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
  /** The same object for every snapshot of one branch: what was read from files that stay the same is kept with it. */
  readonly lineage?: object
  /**
   * Files whose contents differ from another snapshot of the same lineage; undefined when more than contents differs (a
   * file came, went or has another mode), when too much does, or when it is not known.
   */
  changesSince?(other: Snapshot): ReadonlySet<string> | undefined
}

/** Is there a folder, so a file below it? */
export function hasFolder(snapshot: Snapshot, folder: string): boolean {
  return snapshot.paths.some((path) => path.startsWith(`${folder}/`))
}

/** One file before and after a change. An edit whose sides are equal does not exist. */
export interface FileEdit {
  path: string
  before: string
  after: string
}
