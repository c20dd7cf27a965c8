import type { FileEdit, Snapshot } from './snapshot.ts'

/** What became different between two snapshots of one line: the contents of these files and nothing else. */
export interface SnapshotChange {
  before: Snapshot
  after: Snapshot
  paths: ReadonlySet<string>
}

/**
 * What was read from snapshots of one line (a branch, commit after commit, with the edits that are tried on it). A
 * snapshot never changes, so this is only a matter of speed: hundreds of workloads are traced in the same commit, and
 * the next commit changes one file of thousands.
 */
interface Line {
  latest: Snapshot
  /** Told of every step to another snapshot, to forget what is not true any more. */
  readonly moved: ((change: SnapshotChange) => void)[]
}

const lines = new WeakMap<object, Line>()

/** Values by key, those that are still true for the given snapshot. */
export type SnapshotMemo<T> = (snapshot: Snapshot) => Map<string, T>

/**
 * A memory for what was made of whole snapshots. It goes when the line goes. `forget` removes what a change of some
 * files may have made untrue; where more than contents differs everything is forgotten.
 */
export function createSnapshotMemo<T>(
  forget: (values: Map<string, T>, change: SnapshotChange) => void,
): SnapshotMemo<T> {
  const memory = new WeakMap<Line, Map<string, T>>()
  return (snapshot) => {
    const line = currentLine(snapshot)
    const known = memory.get(line)
    if (known !== undefined) return known
    const values = new Map<string, T>()
    memory.set(line, values)
    line.moved.push((change) => forget(values, change))
    return values
  }
}

/** Reads one file of a snapshot, or answers from memory. */
export type FileMemo<T> = (snapshot: Snapshot, path: string, read: () => T) => T

/** A memory for what was read from single files. What is kept must depend on that one file alone. */
export function createFileMemo<T>(): FileMemo<T> {
  const memo = createSnapshotMemo<T>((files, { paths }) => {
    for (const path of paths) files.delete(path)
  })
  return (snapshot, path, read) => {
    const known = memo(snapshot).get(path)
    if (known !== undefined) return known
    const fresh = read()
    // Asked for again: reading may have looked into another snapshot of the line.
    memo(snapshot).set(path, fresh)
    return fresh
  }
}

/** Where an edited snapshot comes from and the texts that are others there. */
interface Derived {
  base: Snapshot
  texts: ReadonlyMap<string, string>
}

const derived = new WeakMap<Snapshot, Derived>()

/** The snapshot as it will be after the edits. Files that stay the same are not read again. */
export function withEdits(snapshot: Snapshot, edits: readonly FileEdit[]): Snapshot {
  const texts = new Map(edits.map((edit) => [edit.path, edit.after]))
  return withTexts(snapshot, texts, { revision: snapshot.revision })
}

/** The snapshot with other texts in some of its files, and whatever else is said about it. */
export function withTexts<T extends { revision: string }>(
  snapshot: Snapshot,
  texts: ReadonlyMap<string, string>,
  facts: T,
): Snapshot & T {
  const below = derived.get(snapshot)
  // One step to the base, however many edits lie on each other.
  const all: Derived = { base: below?.base ?? snapshot, texts: new Map([...(below?.texts ?? []), ...texts]) }
  const edited = {
    ...facts,
    get paths() {
      return all.base.paths
    },
    text: (path: string) => textAt(all, path),
    mode: (path: string) => all.base.mode(path),
  }
  derived.set(edited, all)
  return edited
}

function textAt({ base, texts }: Derived, path: string): string | undefined {
  return texts.get(path) ?? base.text(path)
}

/** The line of a snapshot, moved to it. */
function currentLine(snapshot: Snapshot): Line {
  const { base } = originOf(snapshot)
  const key = base.lineage ?? base
  const line = lines.get(key)
  if (line?.latest === snapshot) return line
  const paths = line === undefined ? undefined : changesBetween(line.latest, snapshot)
  if (line === undefined || paths === undefined) {
    const fresh: Line = { latest: snapshot, moved: [] }
    lines.set(key, fresh)
    return fresh
  }
  for (const tell of line.moved) tell({ before: line.latest, after: snapshot, paths })
  line.latest = snapshot
  return line
}

function originOf(snapshot: Snapshot): Derived {
  return derived.get(snapshot) ?? { base: snapshot, texts: new Map() }
}

function changesBetween(before: Snapshot, after: Snapshot): ReadonlySet<string> | undefined {
  const [from, to] = [originOf(before), originOf(after)]
  const between = from.base === to.base ? [] : to.base.changesSince?.(from.base)
  if (between === undefined) return undefined
  const candidates = new Set([...between, ...from.texts.keys(), ...to.texts.keys()])
  return new Set([...candidates].filter((path) => textAt(from, path) !== textAt(to, path)))
}
