import type { CommitChange } from '../backend.ts'
import type { GitRunner } from './runner.ts'

const timeoutMs = 60_000

/** Changes of regular files, commit by commit; needs trees only, so it is cheap in a blobless mirror. */
export async function listChanges(run: GitRunner, from: string, to: string): Promise<CommitChange[]> {
  const how = ['--first-parent', '-m', '--raw', '-r', '-z', '--no-abbrev', '--no-renames', '--format=%H']
  const { stdout } = await run({ args: ['log', ...how, '--end-of-options', `${from}..${to}`, '--'], timeoutMs })
  return parseChanges(stdout.toString('utf8'))
}

const idPattern = /^[0-9a-f]{40}$/
const rawPattern = /^:(\d{6}) (\d{6}) ([0-9a-f]{40}) ([0-9a-f]{40}) [A-Z]$/

/** NUL-separated: a commit's id, then for each file a raw line and its path (git-log, git-diff-tree "raw output"). */
function parseChanges(output: string): CommitChange[] {
  const changes: { commit: string; files: Map<string, { before: string | undefined; after: string | undefined }> }[] =
    []
  const words = output.split('\0').map((word) => word.replace(/^\n/, ''))
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    if (idPattern.test(word)) changes.push({ commit: word, files: new Map() })
    const raw = rawPattern.exec(word)
    if (raw === null) continue
    const [, oldMode = '', newMode = '', oldId, newId] = raw
    at++
    const [before, after] = [regularId(oldMode, oldId), regularId(newMode, newId)]
    if (before !== undefined || after !== undefined) changes.at(-1)?.files.set(words[at] ?? '', { before, after })
  }
  return changes
}

function regularId(mode: string, id: string | undefined): string | undefined {
  return mode.startsWith('100') ? id : undefined
}
