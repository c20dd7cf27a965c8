import type { Ident } from '../../src/core/change/commit.ts'
import type { MergeMethod } from '../../src/ports-repository-host.ts'
import { type RemoteSide, reachableFrom } from './git-repository.ts'

/** The name under which the host makes commits. */
export const hostIdent: Ident = { name: 'host', email: 'noreply@git.example.com' }

/** Commits of `head` that `base` lacks, oldest first. */
export function commitsBetween(remote: RemoteSide, base: string, head: string): string[] {
  const known = reachableFrom(remote, base)
  return [...reachableFrom(remote, head)].filter((id) => !known.has(id)).reverse()
}

/** The commit on the first-parent history of a branch that brought another commit in. */
export function arrivalOf(remote: RemoteSide, branchHead: string, commit: string): string {
  let arrival = branchHead
  for (;;) {
    const [before] = remote.facts(arrival).parents
    if (before === undefined || !reachableFrom(remote, before).has(commit)) return arrival
    arrival = before
  }
}

type Files = ReadonlyMap<string, string>

/** Both sides' changes of whole files since `before`; undefined when both changed one file, and not alike. */
function combine(before: Files, ours: Files, theirs: Files): Map<string, string> | undefined {
  const combined = new Map(ours)
  for (const path of new Set([...before.keys(), ...theirs.keys()])) {
    const [was, mine, their] = [before.get(path), ours.get(path), theirs.get(path)]
    if (their === was || their === mine) continue
    if (mine !== was) return undefined
    if (their === undefined) combined.delete(path)
    else combined.set(path, their)
  }
  return combined
}

function forkOf(remote: RemoteSide, base: string, head: string): string | undefined {
  const known = reachableFrom(remote, base)
  return [...reachableFrom(remote, head)].find((id) => known.has(id))
}

function filesAt(remote: RemoteSide, commit: string | undefined): Files {
  return commit === undefined ? new Map() : remote.files(commit)
}

/** What the base would hold after a merge; undefined when they conflict. */
export function mergedFiles(remote: RemoteSide, base: string, head: string): Map<string, string> | undefined {
  const fork = filesAt(remote, forkOf(remote, base, head))
  return combine(fork, remote.files(base), remote.files(head))
}

export interface Merge {
  /** Heads of the two branches. */
  base: string
  head: string
  method: MergeMethod
  title: string
  message: string
  /** Who merges. */
  by: Ident
}

/** The commit that the base branch is to point to; undefined when they conflict. */
export function mergeCommit(remote: RemoteSide, merge: Merge): string | undefined {
  const { base, head, by } = merge
  if (merge.method === 'rebase') return rebaseCommits(remote, base, head)
  const files = mergedFiles(remote, base, head)
  if (files === undefined) return undefined
  const message = merge.message === '' ? merge.title : `${merge.title}\n\n${merge.message}`
  const parents = merge.method === 'merge' ? [base, head] : [base]
  return remote.write({ files, parents, message, author: by, committer: hostIdent })
}

/** Every commit made anew on top of the base; merges among them are left out. */
function rebaseCommits(remote: RemoteSide, base: string, head: string): string | undefined {
  let onto = base
  for (const commit of commitsBetween(remote, base, head)) {
    const { parents, message, author } = remote.facts(commit)
    if (parents.length > 1) continue
    const files = combine(filesAt(remote, parents[0]), remote.files(onto), remote.files(commit))
    if (files === undefined) return undefined
    onto = remote.write({ files, parents: [onto], message, author, committer: hostIdent })
  }
  return onto
}
