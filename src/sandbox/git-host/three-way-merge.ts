import {
  type Commit,
  commitAt,
  encodeCommit,
  encodeTree,
  folderMode,
  type ObjectStore,
  parseTree,
  putObject,
  type TreeEntry,
} from './git-object.ts'
import { reachableCommits } from './reachability.ts'

/** Every file of a tree by its path: what it is, not what is in it. */
export type FileTable = ReadonlyMap<string, Pick<TreeEntry, 'mode' | 'id'>>

export function fileTable(store: ObjectStore, tree: string): FileTable {
  const files = new Map<string, Pick<TreeEntry, 'mode' | 'id'>>()
  const walk = (id: string, prefix: string) => {
    for (const entry of parseTree(store.get(id)?.bytes ?? Buffer.alloc(0))) {
      if (entry.mode === folderMode) walk(entry.id, `${prefix}${entry.name}/`)
      else files.set(prefix + entry.name, { mode: entry.mode, id: entry.id })
    }
  }
  walk(tree, '')
  return files
}

/** Stores the trees of these files. Returns the id of the root. */
export function writeFileTable(store: ObjectStore, files: FileTable): string {
  const here: TreeEntry[] = []
  const folders = new Map<string, Map<string, Pick<TreeEntry, 'mode' | 'id'>>>()
  for (const [path, file] of files) {
    const slash = path.indexOf('/')
    if (slash < 0) here.push({ name: path, ...file })
    else {
      const folder = folders.get(path.slice(0, slash)) ?? new Map()
      folders.set(path.slice(0, slash), folder.set(path.slice(slash + 1), file))
    }
  }
  for (const [name, inner] of folders) here.push({ mode: folderMode, name, id: writeFileTable(store, inner) })
  return putObject(store, 'tree', encodeTree(here))
}

/** The newest commit that both reach, or undefined when their histories have nothing in common. */
export function mergeBase(store: ObjectStore, ours: string, theirs: string): string | undefined {
  const fromOurs = reachableCommits(store, [ours])
  const level = [theirs]
  const seen = new Set<string>()
  for (let id = level.shift(); id !== undefined; id = level.shift()) {
    if (fromOurs.has(id)) return id
    if (seen.has(id)) continue
    seen.add(id)
    level.push(...(commitAt(store, id)?.parents ?? []))
  }
  return undefined
}

/**
 * The tree of a three-way merge, file by file: a file that both sides changed differently is a conflict, wherever in the
 * file they did. Git itself would also merge lines.
 */
export function mergeTrees(
  store: ObjectStore,
  trees: { base: string; ours: string; theirs: string },
): string | 'conflict' {
  const [base, ours, theirs] = [trees.base, trees.ours, trees.theirs].map((tree) => fileTable(store, tree))
  const merged = new Map(ours)
  for (const path of new Set([...(base?.keys() ?? []), ...(theirs?.keys() ?? [])])) {
    const [before, mine, yours] = [base, ours, theirs].map((files) => keyOf(files?.get(path)))
    if (yours === before || yours === mine) continue
    if (mine !== before) return 'conflict'
    const file = theirs?.get(path)
    if (file === undefined) merged.delete(path)
    else merged.set(path, file)
  }
  return writeFileTable(store, merged)
}

function keyOf(file: Pick<TreeEntry, 'mode' | 'id'> | undefined): string {
  return file === undefined ? '' : `${file.mode} ${file.id}`
}

/** Commits that `head` reaches and `base` does not, oldest first. */
export function commitsBetween(store: ObjectStore, base: string, head: string): string[] {
  const known = reachableCommits(store, [base])
  const order: string[] = []
  const seen = new Set<string>()
  const visit = (id: string) => {
    if (seen.has(id) || known.has(id)) return
    seen.add(id)
    for (const parent of commitAt(store, id)?.parents ?? []) visit(parent)
    order.push(id)
  }
  visit(head)
  return order
}

export function putCommit(store: ObjectStore, commit: Commit): string {
  return putObject(store, 'commit', encodeCommit(commit))
}
