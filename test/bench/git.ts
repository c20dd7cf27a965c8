import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { createGitRepository } from '../../src/adapters/git/open.ts'
import { renderCommit } from '../../src/core/change/commit.ts'
import { renderChange } from '../../src/core/change/tree.ts'
import type { GitRepository, Http } from '../../src/ports.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { createHttp } from '../../src/runtime/http.ts'
import { type GitHttpServer, hasGit, startGitHttpServer } from '../fakes/git-http-server.ts'
import { silentLog } from '../fakes/silent-log.ts'
import type { BenchRow } from './row.ts'

const rounds = 40
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

interface Sample {
  count: number
  firstSnapshotMs: number
  times: number[]
  push(version: number): Promise<number>
  check(): void
}

async function prepare(backend: 'native' | 'isomorphic', count: number, world: World): Promise<Sample> {
  const served = world.server.create(`bench-${count}`)
  const content = files(count)
  served.commit({ files: content })
  const settings = { url: served.url, backend, insecure: true, cacheDir: world.cacheDir }
  const deps = { http: world.http, log: silentLog, clock: systemClock }
  const repository = await createGitRepository(settings, deps)
  const start = performance.now()
  await repository.snapshot('main', { fresh: false })
  const path = Object.keys(content)[Math.floor(count / 2)] ?? ''
  return {
    count,
    firstSnapshotMs: Math.round(performance.now() - start),
    times: [],
    push: (version) => planToPush(repository, path, version),
    check: () => void served.git(['fsck', '--full', '--strict']),
  }
}

interface World {
  server: GitHttpServer
  http: Http
  cacheDir: string
}

/** Small and large take turns, so that whatever else the machine does slows both. */
async function measure(backend: 'native' | 'isomorphic', world: World): Promise<BenchRow[]> {
  const samples = [await prepare(backend, 50, world), await prepare(backend, 5_000, world)]
  for (let round = 0; round < rounds; round++) {
    for (const sample of samples) sample.times.push(await sample.push(round + 2))
  }
  const medians: number[] = []
  const rows = samples.map((sample) => {
    sample.check()
    const sorted = sample.times.slice(2).sort((x, y) => x - y)
    medians.push(percentile(sorted, 0.5))
    const times = { p50Ms: percentile(sorted, 0.5), p99Ms: percentile(sorted, 0.99) }
    const row = `git ${backend}: plan to push report, ${sample.count} files, smart HTTP on loopback`
    const result = { ...times, firstSnapshotMs: sample.firstSnapshotMs, pushes: sorted.length }
    return { row, aim: 'p50 <= 100 ms', met: times.p50Ms <= 100, result }
  })
  const [small = 1, large = 0] = medians
  const ratio = Math.round((large / small) * 100) / 100
  return [
    ...rows,
    {
      row: `git ${backend}: 5,000 files against 50 files`,
      aim: 'ratio of p50 <= 1.3',
      met: ratio <= 1.3,
      result: { ratio },
    },
  ]
}

/** Plan to push report for both backends at 50 and 5,000 files, and how much the size of the repository matters. */
export async function gitRows(): Promise<BenchRow[]> {
  if (!hasGit()) return []
  const rows: BenchRow[] = []
  for (const backend of ['native', 'isomorphic'] as const) {
    const server = await startGitHttpServer()
    const cacheDir = mkdtempSync(join(tmpdir(), 'git-bench-'))
    const http = createHttp({ clock: systemClock, hosts: { [server.host]: { insecure: true } } })
    try {
      rows.push(...(await measure(backend, { server, http, cacheDir })))
    } finally {
      http.close()
      await server.close()
      rmSync(cacheDir, { recursive: true, force: true, maxRetries: 3 })
    }
  }
  return rows
}
