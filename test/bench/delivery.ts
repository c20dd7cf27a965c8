import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { createGitRepository } from '../../src/adapters/git/open.ts'
import type { Snapshot } from '../../src/core/manifest/snapshot.ts'
import { planBump, trace } from '../../src/core/manifest/trace.ts'
import { createDeliveryQueue, type Delivery, type DeliveryQueue } from '../../src/delivery/delivery.ts'
import type { Plan } from '../../src/delivery/plan.ts'
import { FairleadError } from '../../src/errors.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { createHttp } from '../../src/runtime/http.ts'
import { createMetrics } from '../../src/runtime/metrics.ts'
import { type GitHttpServer, hasGit, type ServedRepository, startGitHttpServer } from '../fakes/git-http-server.ts'
import { silentLog } from '../fakes/silent-log.ts'
import { type BenchWorkload, firstTag, renderRepository } from './main-job-repository.ts'
import { type BenchRow, round } from './row.ts'

const decisions = 50
const files = 5_000
const rounds = 3
const registry = 'registry.example.com'
const who = { name: 'fairlead', email: 'fairlead@example.com' }

interface World {
  server: GitHttpServer
  served: ServedRepository
  queue: DeliveryQueue
  workloads: readonly BenchWorkload[]
}

/** What one round took. */
interface Round {
  ms: number
  pushes: number
  lost: number
}

/** Decisions for one branch that are ready together, with a host of git's own and each of our backends. */
export async function deliveryRows(): Promise<BenchRow[]> {
  if (!hasGit()) return []
  const rows: BenchRow[] = []
  for (const backend of ['native', 'isomorphic'] as const) rows.push(await measure(backend))
  return rows
}

async function measure(backend: 'native' | 'isomorphic'): Promise<BenchRow> {
  const server = await startGitHttpServer()
  const cacheDir = mkdtempSync(join(tmpdir(), 'delivery-bench-'))
  const http = createHttp({ clock: systemClock, hosts: { [server.host]: { insecure: true } } })
  try {
    const served = server.create('apps')
    const { workloads, files: content } = renderRepository({ registry, workloads: decisions, files })
    served.commit({ files: content })
    const settings = { url: served.url, backend, insecure: true, cacheDir }
    const repository = await createGitRepository(settings, { http, log: silentLog, clock: systemClock })
    await repository.snapshot('main', { fresh: false })
    const queue = createDeliveryQueue({
      repository,
      name: served.url,
      branch: 'main',
      authorship: { author: who, committer: who, signer: undefined },
      fence: () => undefined,
      clock: systemClock,
      random: Math.random,
      log: silentLog,
      metrics: createMetrics('bench'),
    })
    const world = { server, served, queue, workloads }
    const alone: Round[] = []
    for (let at = 1; at <= rounds; at++) alone.push(await deliver(world, at, false))
    const contested: Round[] = []
    for (let at = rounds + 1; at <= rounds * 2; at++) contested.push(await deliver(world, at, true))
    served.git(['fsck', '--full', '--strict'])
    return rowOf(backend, alone, contested)
  } finally {
    http.close()
    await server.close()
    rmSync(cacheDir, { recursive: true, force: true, maxRetries: 3 })
  }
}

function rowOf(backend: string, alone: readonly Round[], contested: readonly Round[]): BenchRow {
  const all = [...alone, ...contested]
  const most = (values: readonly Round[], of: keyof Round) => Math.max(...values.map((one) => one[of]))
  const half = (values: readonly Round[]) => values.map(({ ms }) => ms).sort((a, b) => a - b)[values.length >> 1] ?? 0
  return {
    row: `delivery ${backend}: ${decisions} decisions on one branch, ready together, ${files} files`,
    aim: 'landed <= 3 s in <= 3 pushes, none lost, also when somebody else pushes meanwhile',
    met: most(all, 'ms') <= 3_000 && most(all, 'pushes') <= 3 && most(all, 'lost') === 0,
    result: {
      p50Ms: round(half(alone)),
      maxMs: round(most(alone, 'ms')),
      pushes: most(alone, 'pushes'),
      'with another writer p50Ms': round(half(contested)),
      'with another writer maxMs': round(most(contested, 'ms')),
      'with another writer pushes': most(contested, 'pushes'),
      lost: most(all, 'lost'),
      rounds: all.length,
    },
  }
}

/** All workloads go to another version; `contested` lets a person push right before our first push arrives. */
async function deliver(
  { server, served, queue, workloads }: World,
  number: number,
  contested: boolean,
): Promise<Round> {
  let pushes = 0
  server.fault = ({ isPush }) => {
    if (isPush) pushes += 1
    if (isPush && pushes === 1 && contested) {
      served.commit({ files: { [`notes/${number}.md`]: 'by hand\n' }, message: 'By hand' })
    }
    return undefined
  }
  const start = performance.now()
  await Promise.all(workloads.map((workload) => queue.submit(decision(workload, number))))
  const ms = performance.now() - start
  return { ms, pushes, lost: lostOf({ served, workloads }, number) }
}

const tagOf = (number: number) => (number === 0 ? firstTag : `1.${number}.0`)

function decision({ name, namespace, image }: BenchWorkload, number: number): Delivery {
  const [from, to] = [number - 1, number].map((one) => `${registry}/${image}:${tagOf(one)}`)
  const id = `${name}-${number}`
  return {
    id,
    date: new Date(1_767_225_600_000 + number * 1000),
    plan: (snapshot: Snapshot): Plan => {
      const found = trace(snapshot, 'apps', { kind: 'Deployment', namespace, name, container: 'app' })
      if (found.image === to) return { kind: 'settled' }
      if (found.image !== from) throw new FairleadError('ValueChanged', `${found.file} holds ${found.image}`)
      return {
        kind: 'change',
        edits: planBump(snapshot, found, to ?? ''),
        message: `Update ${name}\n\nFairlead-Id: ${id}\n`,
      }
    },
  }
}

/** Decisions that the branch does not hold, each by one commit and by the value in its file. */
function lostOf({ served, workloads }: Pick<World, 'served' | 'workloads'>, number: number): number {
  const ids = served.git(['log', '--format=%(trailers:key=Fairlead-Id,valueonly,separator=)', 'main']).split('\n')
  const lines = served.git(['grep', '--fixed-strings', `:${tagOf(number)} `, 'main', '--', 'apps']).split('\n')
  return workloads.filter(({ name, image, file }) => {
    const commits = ids.filter((id) => id === `${name}-${number}`).length
    const values = lines.filter((line) => line.startsWith(`main:${file}:`) && line.includes(`${registry}/${image}:`))
    return commits !== 1 || values.length !== 1
  }).length
}
