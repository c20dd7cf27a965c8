import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ServedRepository } from '../fakes/git-http-server.ts'

/** A commit of a graph, named; the first parent is the branch it was made on. */
export interface GraphCommit {
  parents: readonly string[]
  message?: string
  /** Of the one file of the graph. Default: as in the first parent. */
  value?: string
}

export type Graph = Readonly<Record<string, GraphCommit>>

export const graphPath = 'apps/web.yaml'
const who = 'Tester <tester@example.com> 1767225600 +0000'

/** Makes all commits of a graph with `git fast-import`, parents before children, and answers their ids by name. */
export function importGraph(served: ServedRepository, graph: Graph): Record<string, string> {
  const names = Object.keys(graph)
  const mark = (name: string) => `:${names.indexOf(name) + 1}`
  const parts = Object.entries(graph).map(([name, { parents, message = name, value }]) => {
    const [first, ...merged] = parents
    return [
      `commit refs/heads/graph-${name}`,
      `mark ${mark(name)}`,
      `committer ${who}`,
      `data ${Buffer.byteLength(message)}\n${message}`,
      ...(first === undefined ? [] : [`from ${mark(first)}`]),
      ...merged.map((parent) => `merge ${mark(parent)}`),
      ...(value === undefined ? [] : [`M 100644 inline ${graphPath}`, `data ${Buffer.byteLength(value)}\n${value}`]),
      '',
    ].join('\n')
  })
  const marks = join(served.dir, 'graph-marks')
  served.git(['fast-import', '--quiet', `--export-marks=${marks}`], parts.join('\n'))
  const lines = readFileSync(marks, 'utf8').trim().split('\n')
  const byMark = new Map(lines.map((line) => line.split(' ') as [string, string]))
  // Only branches that the test moves there are to be found.
  for (const name of names) served.git(['update-ref', '-d', `refs/heads/graph-${name}`])
  return Object.fromEntries(names.map((name) => [name, byMark.get(mark(name)) ?? '']))
}

/** Moves a branch to a commit, whatever it held. */
export function moveBranch(served: ServedRepository, branch: string, commit: string): void {
  served.git(['update-ref', `refs/heads/${branch}`, commit])
}
