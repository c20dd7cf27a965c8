import { Buffer, isUtf8 } from 'node:buffer'
import { parseCommit } from '../../core/change/commit.ts'
import type { FileChange } from '../../core/change/file-change.ts'
import { type Backend, type CommitChange, DamagedStore } from './backend.ts'
import { dropOldest } from './bounded-map.ts'
import { isManifestName } from './object-cache.ts'

/** Commits that are looked at, from the newest on. */
export const lookBack = 1000
/** Versions of files that are fetched; a commit that changes more is hardly about one image. */
const bringLimit = 20_000
/** Contents and messages that are remembered. */
const memoryLimit = 2000

/** Changes of single files along the first-parent history. */
export interface FileHistory {
  history(revision: string, path: string, limit: number): Promise<FileChange[]>
}

export interface FileHistoryParts {
  backend: Backend
  /** At most `lookBack` commits, newest first, as far back as that needs. */
  firstParents(revision: string): Promise<readonly string[]>
  /** Whether a blob is in memory, and so in the store. */
  isHere(blob: string): boolean
}

interface BlobChange {
  commit: string
  before: string | undefined
  after: string | undefined
}

/** Every change of every manifest, by path, newest first. One look serves all files, and a newer head only adds to it. */
interface ChangeIndex {
  head: string
  byPath: Map<string, BlobChange[]>
}

export function createFileHistory({ backend, firstParents, isHere }: FileHistoryParts): FileHistory {
  /** By head, one per line of commits. */
  const indexes = new Map<string, ChangeIndex>()
  const texts = new Map<string, string | undefined>()
  const messages = new Map<string, string>()

  async function indexOf(revision: string): Promise<ChangeIndex> {
    const known = indexes.get(revision)
    if (known !== undefined) return known
    const ids = await firstParents(revision)
    const older = indexes.get(ids.find((id) => indexes.has(id)) ?? '')
    const index = older ?? { head: ids.at(-1) ?? revision, byPath: new Map() }
    const changes = await backend.changes(index.head, revision)
    await backend.bring(blobsOf(changes).filter((id) => !isHere(id)))
    addChanges(index, changes)
    indexes.delete(index.head)
    index.head = revision
    indexes.set(revision, index)
    dropOldest(indexes, 16)
    return index
  }

  async function readTexts(wanted: readonly (string | undefined)[]): Promise<void> {
    const ids = [...new Set(wanted)].filter((id): id is string => id !== undefined && !texts.has(id))
    if (ids.length === 0) return
    for (const [id, bytes] of await backend.readBlobs(ids)) {
      texts.set(id, bytes !== undefined && isUtf8(bytes) ? Buffer.from(bytes).toString('utf8') : undefined)
    }
  }

  async function readMessages(commits: readonly string[]): Promise<void> {
    const ids = commits.filter((id) => !messages.has(id))
    if (ids.length === 0) return
    for (const [id, bytes] of await backend.readCommits(ids)) messages.set(id, parseCommit(bytes)?.message ?? '')
  }

  async function look(revision: string, path: string, limit: number): Promise<FileChange[]> {
    const changes = ((await indexOf(revision)).byPath.get(path) ?? []).slice(0, limit)
    await readTexts(changes.flatMap(({ before, after }) => [before, after]))
    await readMessages(changes.map(({ commit }) => commit))
    const textOf = (id: string | undefined) => (id === undefined ? undefined : texts.get(id))
    const answer = changes.map(({ commit, before, after }) => {
      return { commit, message: messages.get(commit) ?? '', before: textOf(before), after: textOf(after) }
    })
    dropOldest(texts, memoryLimit)
    dropOldest(messages, memoryLimit)
    return answer
  }

  return {
    async history(revision, path, limit) {
      try {
        return await look(revision, path, limit)
      } catch (error) {
        // What was listed from the old store may be cut off in the new one.
        if (error instanceof DamagedStore) indexes.clear()
        throw error
      }
    },
  }
}

function blobsOf(changes: readonly CommitChange[]): string[] {
  const ids = new Set<string>()
  for (const { files } of changes) {
    for (const [path, { before, after }] of files) {
      if (!isManifestName(path)) continue
      for (const id of [before, after]) if (id !== undefined && ids.size < bringLimit) ids.add(id)
    }
  }
  return [...ids]
}

function addChanges({ byPath }: ChangeIndex, changes: readonly CommitChange[]): void {
  for (const { commit, files } of [...changes].reverse()) {
    for (const [path, ids] of files) {
      if (!isManifestName(path)) continue
      const known = byPath.get(path) ?? []
      byPath.set(path, known)
      known.unshift({ commit, ...ids })
      known.length = Math.min(known.length, lookBack)
    }
  }
}
