import {
  commitAt,
  encodeCommit,
  encodeTree,
  folderMode,
  type ObjectStore,
  parseTree,
  putObject,
  type TreeEntry,
} from './git-object.ts'

/** Path to content; `null` removes the file. */
export type FileChanges = Readonly<Record<string, string | null>>

export interface LogEntry {
  id: string
  author: string
  /** Seconds since 1970. */
  time: number
  message: string
  parents: readonly string[]
}

/** A bare repository in memory. */
export interface Repository {
  readonly name: string
  readonly objects: ObjectStore
  /** Full reference names to commit ids. */
  readonly refs: Map<string, string>
  readonly defaultBranch: string
}

export function createRepository(name: string, defaultBranch = 'main'): Repository {
  return { name, objects: new Map(), refs: new Map(), defaultBranch }
}

/** Stores a commit with these changes on top of a branch, without moving the branch. */
export function writeCommit(
  repository: Repository,
  branch: string,
  changes: FileChanges,
  { message, author = 'Ada <ada@example.com>' }: { message: string; author?: string },
): string {
  const { objects, refs } = repository
  const parent = refs.get(`refs/heads/${branch}`)
  const old = parent === undefined ? undefined : commitAt(objects, parent)
  const tree = writeTree(objects, old?.tree, toNested(changes)) ?? putObject(objects, 'tree', Buffer.alloc(0))
  const time = Math.max(Math.floor(Date.now() / 1000), old?.time ?? 0)
  const text = message.endsWith('\n') ? message : `${message}\n`
  const commit = encodeCommit({ tree, parents: parent === undefined ? [] : [parent], author, time, message: text })
  return putObject(objects, 'commit', commit)
}

/** A folder of changes: content, removal or another folder. */
type Nested = Map<string, string | null | Nested>

function toNested(changes: FileChanges): Nested {
  const root: Nested = new Map()
  for (const [path, content] of Object.entries(changes)) {
    const parts = path.split('/')
    const name = parts.pop() ?? ''
    let folder = root
    for (const part of parts) {
      const found = folder.get(part)
      const next: Nested = found instanceof Map ? found : new Map()
      folder.set(part, next)
      folder = next
    }
    folder.set(name, content)
  }
  return root
}

/** Undefined when nothing is left in the folder. */
function writeTree(objects: ObjectStore, old: string | undefined, changes: Nested): string | undefined {
  const bytes = old === undefined ? undefined : objects.get(old)?.bytes
  const entries = new Map<string, TreeEntry>(
    (bytes === undefined ? [] : parseTree(bytes)).map((entry) => [entry.name, entry]),
  )
  for (const [name, change] of changes) {
    const before = entries.get(name)
    if (change instanceof Map) {
      const id = writeTree(objects, before?.mode === folderMode ? before.id : undefined, change)
      if (id === undefined) entries.delete(name)
      else entries.set(name, { mode: folderMode, name, id })
    } else if (change === null) entries.delete(name)
    else
      entries.set(name, { mode: before?.mode ?? '100644', name, id: putObject(objects, 'blob', Buffer.from(change)) })
  }
  return entries.size === 0 ? undefined : putObject(objects, 'tree', encodeTree([...entries.values()]))
}

/** Every file of a commit under `folder` (empty for all), by its path inside that folder. */
export function readFiles(repository: Repository, commit: string, folder = ''): Map<string, string> {
  const files = new Map<string, string>()
  const root = findEntry(repository, commit, folder)
  const walk = (tree: string, prefix: string) => {
    for (const { mode, name, id } of parseTree(repository.objects.get(tree)?.bytes ?? Buffer.alloc(0))) {
      if (mode === folderMode) walk(id, `${prefix}${name}/`)
      else files.set(prefix + name, repository.objects.get(id)?.bytes.toString('utf8') ?? '')
    }
  }
  if (root?.mode === folderMode) walk(root.id, '')
  return files
}

/** Undefined when the commit has no such file. */
export function readFile(repository: Repository, commit: string, path: string): string | undefined {
  const entry = findEntry(repository, commit, path)
  if (entry === undefined || entry.mode === folderMode) return undefined
  return repository.objects.get(entry.id)?.bytes.toString('utf8')
}

function findEntry({ objects }: Repository, commit: string, path: string): TreeEntry | undefined {
  const root = commitAt(objects, commit)?.tree
  let entry: TreeEntry | undefined = root === undefined ? undefined : { mode: folderMode, name: '', id: root }
  for (const part of path.split('/').filter((one) => one !== '' && one !== '.')) {
    const tree = entry?.mode === folderMode ? objects.get(entry.id) : undefined
    entry = tree === undefined ? undefined : parseTree(tree.bytes).find((one) => one.name === part)
  }
  return entry
}

/** First-parent history, newest first. */
export function readLog({ objects }: Repository, from: string, limit = 1000): LogEntry[] {
  const entries: LogEntry[] = []
  for (let id: string | undefined = from; id !== undefined && entries.length < limit; ) {
    const commit = commitAt(objects, id)
    if (commit === undefined) break
    const { author, time, message, parents } = commit
    entries.push({ id, author, time, message, parents })
    id = parents[0]
  }
  return entries
}
