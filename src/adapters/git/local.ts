import * as fs from 'node:fs'
import { join } from 'node:path'
import git from 'isomorphic-git'
import { isObjectId } from '../../core/change/object-id.ts'
import type { Ancestry } from '../../core/sync/ancestry.ts'
import { FairleadError } from '../../errors.ts'

/** Commits looked at before the answer is `unknown`. */
const maxWalk = 200_000

/**
 * Ancestry in the checkout at `dir`, from its `.git` folder alone. Where the history ends without roots (a shallow
 * clone) the answer is `unknown`. `UsageInvalid` when there is no repository.
 */
export async function openLocalHistory(
  dir: string,
): Promise<{ ancestry(commit: string, revision: string): Promise<Ancestry> }> {
  const gitdir = gitFolder(dir)
  const cache = {}
  const parentsOf = async (oid: string): Promise<readonly string[] | undefined> => {
    try {
      return (await git.readCommit({ fs, gitdir, oid, cache })).commit.parent
    } catch {
      return undefined
    }
  }
  return {
    async ancestry(commit, revision) {
      if (!isObjectId(commit) || !isObjectId(revision)) return 'unknown'
      return walk(commit, revision, parentsOf)
    },
  }
}

/** The `.git` folder of a checkout, or the folder itself when it is a bare repository; `UsageInvalid` when it is neither. */
export function gitFolder(dir: string): string {
  const gitdir = fs.existsSync(join(dir, '.git')) ? join(dir, '.git') : dir
  if (fs.existsSync(join(gitdir, 'objects'))) return gitdir
  throw new FairleadError('UsageInvalid', `--repo ${dir}: has no .git folder`)
}

async function walk(
  commit: string,
  revision: string,
  parentsOf: (id: string) => Promise<readonly string[] | undefined>,
): Promise<Ancestry> {
  const seen = new Set([revision])
  let isComplete = true
  // The set grows while it is walked: every commit is looked at once.
  for (const next of seen) {
    if (next === commit) return 'yes'
    const parents = seen.size > maxWalk ? undefined : await parentsOf(next)
    if (parents === undefined) isComplete = false
    for (const parent of parents ?? []) seen.add(parent)
  }
  return isComplete ? 'no' : 'unknown'
}
