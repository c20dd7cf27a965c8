import type { FileEdit, Snapshot } from './snapshot.ts'

/** Reads one file of a snapshot, or answers from memory. */
export type FileMemo<T> = (snapshot: Snapshot, path: string, read: () => T) => T

/** Where an edited snapshot comes from and which of its files differ from there. */
interface Derived {
  base: Snapshot
  changed: ReadonlySet<string>
}

const derived = new WeakMap<Snapshot, Derived>()

/**
 * A memory for what was read from single files. A snapshot never changes, so this is only a matter of speed: hundreds
 * of workloads are traced in the same commit. It goes when the snapshot goes. What is kept must depend on that one
 * file alone.
 */
export function createFileMemo<T>(): FileMemo<T> {
  const memory = new WeakMap<Snapshot, Map<string, T>>()
  return (snapshot, path, read) => {
    const owner = ownerOf(snapshot, path)
    const files = memory.get(owner) ?? new Map<string, T>()
    memory.set(owner, files)
    const known = files.get(path)
    if (known !== undefined) return known
    const fresh = read()
    files.set(path, fresh)
    return fresh
  }
}

/** The snapshot as it will be after the edits. Files that stay the same are not read again. */
export function withEdits(snapshot: Snapshot, edits: readonly FileEdit[]): Snapshot {
  const changed = new Map(edits.map((edit) => [edit.path, edit.after]))
  const edited: Snapshot = {
    revision: snapshot.revision,
    paths: snapshot.paths,
    text: (path) => changed.get(path) ?? snapshot.text(path),
    mode: (path) => snapshot.mode(path),
  }
  derived.set(edited, { base: snapshot, changed: new Set(changed.keys()) })
  return edited
}

function ownerOf(snapshot: Snapshot, path: string): Snapshot {
  let owner = snapshot
  for (
    let origin = derived.get(owner);
    origin !== undefined && !origin.changed.has(path);
    origin = derived.get(owner)
  ) {
    owner = origin.base
  }
  return owner
}
