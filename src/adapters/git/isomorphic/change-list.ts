import { Buffer } from 'node:buffer'
import { parseCommit } from '../../../core/change/commit.ts'
import { parseTree, type TreeEntry } from '../../../core/change/tree.ts'
import type { CommitChange } from '../backend.ts'
import type { ReadObject } from './pack.ts'

type FileIds = { before: string | undefined; after: string | undefined }

/** Changes of regular files, commit by commit; only trees that differ from those of the commit before are read. */
export async function listChanges(commits: readonly string[], from: string, read: ReadObject): Promise<CommitChange[]> {
  const changes: CommitChange[] = []
  let tree = await rootOf(from, read)
  for (const commit of [...commits].reverse()) {
    const next = await rootOf(commit, read)
    const files = new Map<string, FileIds>()
    await compareTrees({ before: tree, after: next }, '', files, read)
    changes.unshift({ commit, files })
    tree = next
  }
  return changes
}

async function rootOf(commit: string, read: ReadObject): Promise<string | undefined> {
  return parseCommit((await read(commit)).bytes)?.tree
}

async function compareTrees(
  trees: FileIds,
  prefix: string,
  files: Map<string, FileIds>,
  read: ReadObject,
): Promise<void> {
  if (trees.before === trees.after) return
  const before = await readEntries(trees.before, read)
  const after = await readEntries(trees.after, read)
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const [old, now] = [before.get(name), after.get(name)]
    if (old?.id === now?.id && old?.mode === now?.mode) continue
    const path = prefix + name
    const blobs = { before: idOf(old, isRegular), after: idOf(now, isRegular) }
    if (blobs.before !== undefined || blobs.after !== undefined) files.set(path, blobs)
    await compareTrees({ before: idOf(old, isFolder), after: idOf(now, isFolder) }, `${path}/`, files, read)
  }
}

async function readEntries(id: string | undefined, read: ReadObject): Promise<ReadonlyMap<string, TreeEntry>> {
  if (id === undefined) return new Map()
  return new Map(parseTree((await read(id)).bytes).map((entry) => [Buffer.from(entry.name).toString('utf8'), entry]))
}

const isRegular = (mode: string) => mode.startsWith('100')
const isFolder = (mode: string) => mode === '040000'

function idOf(entry: TreeEntry | undefined, is: (mode: string) => boolean): string | undefined {
  return entry !== undefined && is(entry.mode) ? entry.id : undefined
}
