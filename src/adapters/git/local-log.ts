import * as fs from 'node:fs'
import git, { type CommitObject } from 'isomorphic-git'
import type { LoggedCommit } from '../../core/change/commit-history.ts'
import { sanitiseLine } from '../../core/change/text.ts'
import { FairleadError } from '../../errors.ts'
import { gitFolder } from './local.ts'

/** Commits that are read; older ones are passed over. */
const maxWalk = 200_000

type ReadCommit = (id: string) => Promise<CommitObject | undefined>

/**
 * The first-parent history of what is checked out in `dir`, newest first, each merge with what it brought along. It ends
 * where a shallow clone does. `UsageInvalid` when there is no repository or no commit in it.
 */
export async function readLocalLog(dir: string): Promise<LoggedCommit[]> {
  const gitdir = gitFolder(dir)
  const cache = {}
  const read: ReadCommit = async (oid) => {
    try {
      return (await git.readCommit({ fs, gitdir, oid, cache })).commit
    } catch {
      return undefined
    }
  }
  const head = await git.resolveRef({ fs, gitdir, ref: 'HEAD' }).catch((cause) => {
    throw new FairleadError('UsageInvalid', `--repo ${dir}: has no commit`, { cause })
  })
  const line = await firstParents(head, read)
  const known = new Set(line.keys())
  const log: LoggedCommit[] = []
  // Oldest first: what a merge brought is what no older commit of the line has brought already.
  for (const [id, commit] of [...line].reverse()) {
    const merged = await bringAlong(commit.parent.slice(1), known, read)
    log.unshift({ id, message: commit.message, ...signatureOf(commit), merged })
  }
  return log
}

async function firstParents(head: string, read: ReadCommit): Promise<Map<string, CommitObject>> {
  const line = new Map<string, CommitObject>()
  let next: string | undefined = head
  while (next !== undefined && line.size < maxWalk) {
    const commit = await read(next)
    if (commit === undefined) break
    line.set(next, commit)
    next = commit.parent[0]
  }
  return line
}

/** What is reached from these and was not known; it is known from then on. */
async function bringAlong(from: readonly string[], known: Set<string>, read: ReadCommit) {
  const merged: { id: string; message: string }[] = []
  const waiting = [...from]
  for (const id of waiting) {
    if (known.has(id) || known.size > maxWalk) continue
    known.add(id)
    const commit = await read(id)
    if (commit === undefined) continue
    merged.push({ id, message: commit.message })
    waiting.push(...commit.parent)
  }
  return merged
}

function signatureOf({ author, committer }: CommitObject): Pick<LoggedCommit, 'author' | 'at'> {
  const at = new Date(committer.timestamp * 1000)
  return {
    author: sanitiseLine(`${author.name} <${author.email}>`),
    at: Number.isNaN(at.getTime()) ? '' : at.toISOString().replace(/\.\d{3}Z$/, 'Z'),
  }
}
