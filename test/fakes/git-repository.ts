import { type Ident, parseCommit, renderCommit } from '../../src/core/change/commit.ts'
import type { FileChange } from '../../src/core/change/file-change.ts'
import { renderObject } from '../../src/core/change/object-id.ts'
import { parseTree } from '../../src/core/change/tree.ts'
import type { Ancestry } from '../../src/core/sync/ancestry.ts'
import { FairleadError } from '../../src/errors.ts'
import type { BranchSnapshot, GitObject, GitRepository } from '../../src/ports.ts'

export interface FakeGitRepository extends GitRepository {
  /** Commits files on top of a branch, as another writer would; null removes one. Returns the commit. */
  commit(branch: string, files: Record<string, string | null>, message: string): string
  /** First-parent messages of a branch on the remote, newest first. */
  messages(branch: string): string[]
  read(branch: string, path: string): string | undefined
  /** What happens to the next push: runs before it is looked at. */
  beforePush: (() => void) | undefined
  /** How the next push ends: `lose` = accepted, answer lost; `drop` = never arrived; else refused with these words. */
  nextPush: 'lose' | 'drop' | { refuse: string } | undefined
  pushes: number
  /** How often a file's history was asked for. */
  histories: number
  /** What the service that hosts it sees and does. */
  remote: RemoteSide
}

/** The remote repository itself, without a copy in between. */
export interface RemoteSide {
  /** Branch to commit; may be written. */
  heads: Map<string, string>
  has(commit: string): boolean
  facts(commit: string): RemoteCommit
  /** Path to text. */
  files(commit: string): Map<string, string>
  /** Makes a commit that no branch holds yet. */
  write(draft: Omit<RemoteCommit, 'id'> & { files: ReadonlyMap<string, string> }): string
}

export interface RemoteCommit {
  id: string
  parents: readonly string[]
  message: string
  author: Ident
  committer: Ident
}

/** A commit and everything before it, along all parents. */
export function reachableFrom(remote: RemoteSide, commit: string): Set<string> {
  const seen = new Set<string>()
  for (let next = [commit]; next.length > 0; next = next.flatMap((id) => remote.facts(id).parents)) {
    next = next.filter((id) => !seen.has(id))
    for (const id of next) seen.add(id)
  }
  return seen
}

/** A remote repository in memory, with one local copy that is as old as the last look. */
export function createFakeGitRepository(url = 'https://git.example.com/gitops'): FakeGitRepository {
  const objects = new Map<string, GitObject>()
  const remote = new Map<string, string>()
  const local = new Map<string, string>()

  const factsOf = (id: string) => {
    const object = objects.get(id)
    const facts = object?.type === 'commit' ? parseCommit(object.bytes) : undefined
    if (facts === undefined) throw new FairleadError('GitUnavailable', `no commit ${id}`)
    return facts
  }
  const filesOf = (commit: string | undefined): Map<string, string> => {
    const files = new Map<string, string>()
    const walk = (tree: string, folder: string) => {
      for (const entry of parseTree(objects.get(tree)?.bytes ?? new Uint8Array())) {
        const path = `${folder}${Buffer.from(entry.name).toString()}`
        if (entry.mode === '040000') walk(entry.id, `${path}/`)
        else files.set(path, Buffer.from(objects.get(entry.id)?.bytes ?? []).toString())
      }
    }
    if (commit !== undefined) walk(factsOf(commit).tree, '')
    return files
  }
  const keep = <T extends GitObject>(object: T): T => {
    objects.set(object.id, object)
    return object
  }
  const writeTree = (files: ReadonlyMap<string, string>): string => {
    const entries = new Map<string, { mode: string; id: string }>()
    const folders = new Map<string, Map<string, string>>()
    for (const [path, text] of files) {
      const slash = path.indexOf('/')
      if (slash === -1) entries.set(path, { mode: '100644', id: keep(renderObject('blob', Buffer.from(text))).id })
      else {
        const folder = folders.get(path.slice(0, slash)) ?? new Map()
        folders.set(path.slice(0, slash), folder.set(path.slice(slash + 1), text))
      }
    }
    for (const [name, inner] of folders) entries.set(name, { mode: '40000', id: writeTree(inner) })
    const sortKey = ([name, { mode }]: [string, { mode: string }]) => (mode === '40000' ? `${name}/` : name)
    const lines = [...entries]
      .sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1))
      .map(([name, { mode, id }]) => Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')]))
    return keep(renderObject('tree', Buffer.concat(lines))).id
  }
  const identOf = (commit: string, role: string): Ident => {
    const text = Buffer.from(objects.get(commit)?.bytes ?? []).toString()
    const [, name = '', email = ''] = new RegExp(`^${role} (.*) <(.*)> `, 'm').exec(text) ?? []
    return { name, email }
  }
  const remoteSide: RemoteSide = {
    heads: remote,
    has: (commit) => objects.has(commit),
    facts(id) {
      const { parents, message } = factsOf(id)
      return { id, parents, message, author: identOf(id, 'author'), committer: identOf(id, 'committer') }
    },
    files: filesOf,
    write({ files, ...draft }) {
      const date = new Date('2026-01-01T00:00:00Z')
      return keep(renderCommit({ ...draft, tree: writeTree(files), date })).id
    },
  }
  const ancestorsOf = (commit: string | undefined): string[] => {
    const chain: string[] = []
    for (let at = commit; at !== undefined; at = factsOf(at).parents[0]) chain.push(at)
    return chain
  }

  const move = (branch: string, commit: string, check: () => void) => {
    repository.pushes++
    const before = repository.beforePush
    repository.beforePush = undefined
    before?.()
    const fault = repository.nextPush
    repository.nextPush = undefined
    if (fault === 'drop') throw new FairleadError('GitUnavailable', 'connection reset')
    if (typeof fault === 'object') throw new FairleadError('PushRefused', fault.refuse)
    check()
    remote.set(branch, commit)
    local.delete(branch)
    if (fault === 'lose') throw new FairleadError('GitUnavailable', 'connection reset')
  }

  const repository: FakeGitRepository = {
    url,
    backend: 'native',
    beforePush: undefined,
    nextPush: undefined,
    pushes: 0,
    histories: 0,
    remote: remoteSide,
    async snapshot(branch, { fresh }) {
      if (fresh || !local.has(branch)) {
        const head = remote.get(branch)
        if (head === undefined) throw new FairleadError('BranchNotFound', `no branch ${branch}`)
        local.set(branch, head)
      }
      return snapshotOf(branch, local.get(branch) ?? '')
    },
    async store(stored) {
      for (const object of stored) objects.set(object.id, object)
    },
    async push(branch, base, commit) {
      const check = () => {
        if (remote.get(branch) !== base) throw new FairleadError('PushRejected', 'fetch first')
        if (!ancestorsOf(commit).includes(base))
          throw new FairleadError('Internal', 'the new head does not hold the old one')
      }
      move(branch, commit, check)
      local.set(branch, commit)
    },
    async replace(branch, expected, commit) {
      move(branch, commit, () => {
        const here = remote.get(branch) ?? ''
        if (here !== expected && here !== commit) throw new FairleadError('PushRejected', 'stale info')
        if (!objects.has(commit)) throw new FairleadError('PushRejected', `${commit} was neither stored nor read`)
      })
    },
    remoteHead: async (branch) => remote.get(branch),
    defaultBranch: async () => (remote.has('main') ? 'main' : undefined),
    async ancestry(commit, revision): Promise<Ancestry> {
      return objects.has(revision) && reachableFrom(remoteSide, revision).has(commit) ? 'yes' : 'no'
    },
    async log(from, to) {
      const chain = ancestorsOf(to)
      const end = from === '' ? chain.length : chain.indexOf(from)
      return chain.slice(0, end === -1 ? chain.length : end).map((id) => ({ id, message: factsOf(id).message }))
    },
    async history(revision, path, limit) {
      repository.histories++
      const changes: FileChange[] = []
      const chain = ancestorsOf(revision)
      chain.slice(0, -1).forEach((commit, index) => {
        const [before, after] = [filesOf(chain[index + 1]).get(path), filesOf(commit).get(path)]
        if (before !== after) changes.push({ commit, message: factsOf(commit).message, before, after })
      })
      return changes.slice(0, limit)
    },
    commit(branch, files, message) {
      const head = remote.get(branch)
      const present = filesOf(head)
      for (const [path, text] of Object.entries(files)) {
        if (text === null) present.delete(path)
        else present.set(path, text)
      }
      const ident = { name: 'somebody', email: 'somebody@example.com' }
      const parents = head === undefined ? [] : [head]
      const id = remoteSide.write({ files: present, parents, author: ident, committer: ident, message })
      remote.set(branch, id)
      return id
    },
    messages: (branch) => ancestorsOf(remote.get(branch)).map((id) => factsOf(id).message),
    read: (branch, path) => filesOf(remote.get(branch)).get(path),
  }

  function snapshotOf(branch: string, revision: string): BranchSnapshot {
    const files = filesOf(revision)
    const trees = new Map<string, Uint8Array>()
    const walk = (id: string, folder: string) => {
      const bytes = objects.get(id)?.bytes ?? new Uint8Array()
      trees.set(folder, bytes)
      for (const entry of parseTree(bytes)) {
        const name = Buffer.from(entry.name).toString()
        if (entry.mode === '040000') walk(entry.id, folder === '' ? name : `${folder}/${name}`)
      }
    }
    walk(factsOf(revision).tree, '')
    return {
      branch,
      revision,
      paths: [...files.keys()].sort(),
      text: (path) => files.get(path),
      mode: (path) => (files.has(path) ? '100644' : undefined),
      tree: (folder) => trees.get(folder),
    }
  }
  return repository
}
