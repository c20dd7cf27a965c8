import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { createGitRepository } from '../../src/adapters/git/open.ts'
import { renderCommit } from '../../src/core/change/commit.ts'
import { renderChange } from '../../src/core/change/tree.ts'
import type { GitRepository } from '../../src/ports.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { createHttp } from '../../src/runtime/http.ts'
import { hasGit, startGitHttpServer } from '../fakes/git-http-server.ts'
import { silentLog } from '../fakes/silent-log.ts'
import type { BenchRow } from './row.ts'

const rounds = 25
const who = { name: 'fairlead', email: 'fairlead@example.com' }

function files(count: number): Record<string, string> {
  const entries = Array.from({ length: count }, (_, at) => {
    const path = `apps/team-${at % 50}/app-${Math.floor(at / 3)}/manifest-${at % 3}.yaml`
    const text = `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app-${at}\nimage: web:1\n${'# filler\n'.repeat(60)}`
    return [path, text] as const
  })
  return Object.fromEntries(entries)
}

/** From the plan on the known head to the report that the push landed. */
async function planToPush(repository: GitRepository, path: string, version: number): Promise<number> {
  const start = performance.now()
  const snapshot = await repository.snapshot('main', { fresh: false })
  const text = snapshot.text(path)?.replace(/image: web:\d+/, `image: web:${version}`) ?? ''
  const change = renderChange(snapshot, new Map([[path, text]]))
  const date = new Date(1_767_225_600_000 + version * 1000)
  const draft = { tree: change.root, parents: [snapshot.revision], author: who, committer: who, date }
  const commit = renderCommit({ ...draft, message: `Update web to ${version}` })
  await repository.store([...change.objects, commit])
  await repository.push('main', snapshot.revision, commit.id)
  return performance.now() - start
}

const percentile = (sorted: readonly number[], share: number): number =>
  Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0)

async function measure(backend: 'native' | 'isomorphic', count: number): Promise<{ row: BenchRow; p50: number }> {
  const server = await startGitHttpServer()
  const cacheDir = mkdtempSync(join(tmpdir(), 'git-bench-'))
  const http = createHttp({ clock: systemClock, hosts: { [server.host]: { insecure: true } } })
  try {
    const served = server.create('bench')
    const content = files(count)
    served.commit({ files: content })
    const settings = { url: served.url, backend, insecure: true, cacheDir }
    const repository = await createGitRepository(settings, { http, log: silentLog, clock: systemClock })
    const start = performance.now()
    await repository.snapshot('main', { fresh: false })
    const first = Math.round(performance.now() - start)
    const path = Object.keys(content)[Math.floor(count / 2)] ?? ''
    const times: number[] = []
    for (let round = 0; round < rounds; round++) times.push(await planToPush(repository, path, round + 2))
    const sorted = times.slice(2).sort((x, y) => x - y)
    served.git(['fsck', '--full', '--strict'])
    const p50 = percentile(sorted, 0.5)
    const result = { p50Ms: p50, p99Ms: percentile(sorted, 0.99), firstSnapshotMs: first, pushes: sorted.length }
    const row = `git ${backend}: plan to push report, ${count} files, smart HTTP on loopback`
    return { row: { row, aim: 'p50 <= 100 ms', result }, p50 }
  } finally {
    http.close()
    await server.close()
    rmSync(cacheDir, { recursive: true, force: true, maxRetries: 3 })
  }
}

/** Plan to push report for both backends at 50 and 5,000 files, and how much the size of the repository matters. */
export async function gitRows(): Promise<BenchRow[]> {
  if (!hasGit()) return []
  const rows: BenchRow[] = []
  for (const backend of ['native', 'isomorphic'] as const) {
    const small = await measure(backend, 50)
    const large = await measure(backend, 5_000)
    const ratio = Math.round((large.p50 / small.p50) * 100) / 100
    const row = `git ${backend}: 5,000 files against 50 files`
    rows.push(small.row, large.row, { row, aim: 'ratio of p50 <= 1.3', result: { ratio } })
  }
  return rows
}
