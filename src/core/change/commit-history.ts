import { type ProposedChange, readChanges } from '../pull-request/proposed-change.ts'
import { sanitiseLine } from './text.ts'

/** A commit of the history, as far as it is told. */
export interface LoggedCommit {
  id: string
  message: string
  /** `Name <email>`, as the commit says. */
  author: string
  /** RFC 3339: when it was committed. */
  at: string
  /** What a merge brought along, newest first; empty for other commits. */
  merged: readonly { id: string; message: string }[]
}

/** One change that fairlead made, or that somebody took back. */
export interface CommitHistoryEntry {
  /** The commit of the first-parent history that holds it: for a pull request its merge or squash. */
  commit: string
  /** RFC 3339 */
  at: string
  author: string
  /** `revert` where the commit says that it takes one of these changes back. */
  action: ProposedChange['action'] | 'revert'
  /** `Kind/namespace/name` */
  workloads: readonly string[]
  from: string
  to: string
  digest?: string
  policy?: string
  reason?: string
  /** `Fairlead-Id` of the change; of a revert, of the change that it takes back. */
  id: string
  /** Of a revert: the commit that it names. */
  reverts?: string
}

/**
 * The changes of a first-parent history, newest first, from what its messages say: trailers of commits, of squashes, and of
 * what merges brought along; and `git revert`, which names the commit that it takes back. Words in a message only explain,
 * they prove nothing.
 */
export function commitHistory(log: readonly LoggedCommit[]): CommitHistoryEntry[] {
  const changes = new Map<string, CommitHistoryEntry[]>()
  const entries: CommitHistoryEntry[] = []
  for (const commit of [...log].reverse()) {
    entries.push(...revertsOf(commit, changes))
    const own = changesOf(commit)
    entries.push(...own)
    changes.set(commit.id, own)
    for (const one of commit.merged)
      changes.set(
        one.id,
        own.filter(({ id }) => isIn(one, id)),
      )
  }
  return entries.reverse()
}

function changesOf(commit: LoggedCommit): CommitHistoryEntry[] {
  const oldestFirst = [...[...commit.merged].reverse(), commit]
  return readChanges(oldestFirst).map(({ isChart: _, source: __, ...change }) => ({ ...placeOf(commit), ...change }))
}

function isIn(commit: { message: string }, id: string): boolean {
  return readChanges([commit]).some((change) => change.id === id)
}

/** Both what `git revert` writes and what the Revert button of a host does name the whole commit. */
function revertsOf(commit: LoggedCommit, changes: ReadonlyMap<string, CommitHistoryEntry[]>): CommitHistoryEntry[] {
  const messages = [commit, ...commit.merged].map(({ message }) => message)
  const named = messages.flatMap((message) => [...message.matchAll(/^This reverts commit ([0-9a-f]{40})\b/gm)])
  return named.flatMap(([, reverts = '']) =>
    (changes.get(reverts) ?? []).map(({ workloads, from, to, id }) => {
      return { ...placeOf(commit), action: 'revert' as const, workloads, from: to, to: from, id, reverts }
    }),
  )
}

function placeOf({ id: commit, at, author }: LoggedCommit) {
  return { commit, at, author: sanitiseLine(author) }
}
