import { createHash } from 'node:crypto'

export type ObjectType = 'commit' | 'tree' | 'blob' | 'tag'

export interface GitObject {
  type: ObjectType
  bytes: Buffer
}

/** Objects by id. */
export type ObjectStore = Map<string, GitObject>

export const zeroId = '0'.repeat(40)

export function idOf({ type, bytes }: GitObject): string {
  return createHash('sha1').update(`${type} ${bytes.length}\0`).update(bytes).digest('hex')
}

export function putObject(store: ObjectStore, type: ObjectType, bytes: Buffer): string {
  const id = idOf({ type, bytes })
  if (!store.has(id)) store.set(id, { type, bytes })
  return id
}

export interface TreeEntry {
  /** As stored, without leading zeros: `100644`, `100755`, `120000`, `40000`, `160000`. */
  mode: string
  name: string
  id: string
}

export const folderMode = '40000'
/** A submodule: its commit lives in another repository. */
export const submoduleMode = '160000'

export function parseTree(bytes: Buffer): TreeEntry[] {
  const entries: TreeEntry[] = []
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at)
    const end = bytes.indexOf(0, space)
    const id = bytes.subarray(end + 1, end + 21).toString('hex')
    entries.push({ mode: bytes.toString('latin1', at, space), name: bytes.toString('utf8', space + 1, end), id })
    at = end + 21
  }
  return entries
}

/** Git's order: by bytes, folders as if their name ended in a slash. */
export function encodeTree(entries: readonly TreeEntry[]): Buffer {
  const key = (entry: TreeEntry) => Buffer.from(entry.mode === folderMode ? `${entry.name}/` : entry.name)
  const sorted = [...entries].sort((a, b) => Buffer.compare(key(a), key(b)))
  return Buffer.concat(
    sorted.flatMap(({ mode, name, id }) => [Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')]),
  )
}

export interface Commit {
  tree: string
  parents: readonly string[]
  /** `Name <mail>` */
  author: string
  /** Seconds since 1970. */
  time: number
  /** Who made the commit of the author's work, and when; default the author. */
  committer?: string
  committerTime?: number
  message: string
}

export function parseCommit(bytes: Buffer): Required<Commit> {
  const text = bytes.toString('utf8')
  const end = text.indexOf('\n\n')
  const lines = text.slice(0, end < 0 ? undefined : end).split('\n')
  const values = (key: string) =>
    lines.filter((line) => line.startsWith(`${key} `)).map((line) => line.slice(key.length + 1))
  const person = (key: string) => /^(.*) (\d+) [+-]\d{4}$/.exec(values(key)[0] ?? '') ?? []
  const [, author = '', time = '0'] = person('author')
  const [, committer = '', committerTime = '0'] = person('committer')
  return {
    tree: values('tree')[0] ?? '',
    parents: values('parent'),
    author,
    time: Number(time),
    committer,
    committerTime: Number(committerTime),
    message: end < 0 ? '' : text.slice(end + 2),
  }
}

export function encodeCommit(commit: Commit): Buffer {
  const { tree, author, time, committer = author, committerTime = time, message } = commit
  const parents = commit.parents.map((parent) => `parent ${parent}\n`).join('')
  const people = `author ${author} ${time} +0000\ncommitter ${committer} ${committerTime} +0000\n`
  return Buffer.from(`tree ${tree}\n${parents}${people}\n${message}`)
}

/** The commit behind an id, through annotated tags; undefined when it is not here or is something else. */
export function commitAt(store: ObjectStore, id: string): Required<Commit> | undefined {
  const object = store.get(id)
  if (object?.type === 'commit') return parseCommit(object.bytes)
  if (object?.type === 'tag') return commitAt(store, object.bytes.toString('latin1', 7, 47))
  return undefined
}
