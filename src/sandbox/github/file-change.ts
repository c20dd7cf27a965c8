import { commitAt } from '../git-host/git-object.ts'
import { fileTable } from '../git-host/three-way-merge.ts'
import type { PullRequest } from './hosted-repository.ts'
import { type DiffLine, diffLines } from './line-diff.ts'
import { comparedWith } from './pull-request.ts'

/** A file that a pull request changes. */
export interface FileChange {
  path: string
  status: 'added' | 'removed' | 'modified'
  additions: number
  deletions: number
  lines: readonly DiffLine[]
}

/** What a pull request changes since it left its base, by path. */
export function fileChanges(pull: PullRequest): FileChange[] {
  const { objects } = pull.repository.git
  const [before, after] = [comparedWith(pull), pull.headSha].map((id) =>
    fileTable(objects, commitAt(objects, id)?.tree ?? ''),
  )
  const textOf = (id: string | undefined) => (id === undefined ? undefined : objects.get(id)?.bytes.toString('utf8'))
  const changes: FileChange[] = []
  for (const path of new Set([...(before?.keys() ?? []), ...(after?.keys() ?? [])])) {
    const [old, now] = [before?.get(path)?.id, after?.get(path)?.id]
    if (old === now) continue
    const lines = diffLines(textOf(old) ?? '', textOf(now) ?? '')
    const status = old === undefined ? 'added' : now === undefined ? 'removed' : 'modified'
    const count = (kind: DiffLine['kind']) => lines.filter((line) => line.kind === kind).length
    changes.push({ path, status, additions: count('added'), deletions: count('removed'), lines })
  }
  return changes.sort((a, b) => (a.path < b.path ? -1 : 1))
}
