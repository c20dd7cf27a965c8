import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hasGit } from '../fakes/git-http-server.ts'
import { measurePlumbing } from './git-plumbing.ts'
import { measureBurst } from './main-job-burst.ts'
import { createSampler, type Sample } from './main-job-sample.ts'
import { type BenchWorld, startBenchWorld } from './main-job-world.ts'
import { type BenchRow, percentile, round } from './row.ts'

const warmUp = 20
const samples = 120
const smallRepository = 50
const largeRepository = 5_000

interface Setup {
  backend: 'native' | 'isomorphic'
  files: number
  /** The GitOps engine applies every commit before the next one. */
  engine?: boolean
}

/** The main job, from the last byte of the webhook to the report of the push, with the program as it ships. */
export async function* mainJobRows(): AsyncGenerator<BenchRow> {
  if (!hasGit()) return
  const sizes = [smallRepository, largeRepository].map((files): Setup => ({ backend: 'native', files }))
  const rows = await measure(sizes)
  yield* rows
  const [small = Number.NaN, large = Number.NaN] = rows.map(({ result }) => Number(result.p50Ms))
  const ratio = round(large / small, 2)
  yield {
    row: `main job: ${largeRepository} files against ${smallRepository}`,
    aim: 'p50 <= 1.3 times',
    met: ratio <= 1.3,
    result: { ratio },
  }
  yield* await measure([{ backend: 'native', files: smallRepository, engine: true }])
  yield* await measure([{ backend: 'isomorphic', files: smallRepository }])
  yield await measureBurst()
}

interface Prepared {
  setup: Setup
  directory: string
  world: BenchWorld
  sample: (at: number) => Promise<Sample>
  all: Sample[]
}

/** Setups take turns, so that whatever else the machine does slows all of them. */
async function measure(setups: readonly Setup[]): Promise<BenchRow[]> {
  const open: Prepared[] = []
  try {
    for (const setup of setups) open.push(await prepare(setup))
    for (let at = 0; at < warmUp + samples; at++) {
      for (const one of open) {
        one.all.push(await one.sample(at))
        if (one.setup.engine === true) await one.world.applyHead()
      }
    }
    const rows: BenchRow[] = []
    for (const one of open) rows.push(await conclude(one))
    return rows
  } finally {
    for (const { world, directory } of open) {
      await world.close()
      await rm(directory, { recursive: true, force: true, maxRetries: 3 })
    }
  }
}

async function prepare(setup: Setup): Promise<Prepared> {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-bench-'))
  const world = await startBenchWorld(directory, setup)
  return { setup, directory, world, sample: createSampler(world), all: [] }
}

async function conclude({ setup, directory, world, all }: Prepared): Promise<BenchRow> {
  const memory = world.controller.memory()
  world.check(all.length)
  const plumbing = await measurePlumbing(directory, world)
  return render(setup, { world, kept: all.slice(warmUp), memory, plumbing })
}

const totals = (kept: readonly Sample[]) => kept.map((one) => one.pushedMs)

interface Measured {
  world: BenchWorld
  kept: readonly Sample[]
  memory: { rssMiB: number; peakMiB: number }
  plumbing: readonly number[]
}

function render(setup: Setup, { world, kept, memory, plumbing }: Measured): BenchRow {
  const { backend, files, engine = false } = setup
  const p50Ms = percentile(totals(kept), 0.5)
  const p99Ms = percentile(totals(kept), 0.99)
  const half = (pick: (one: Sample) => number) => round(percentile(kept.map(pick), 0.5))
  const plumbingP50Ms = percentile(plumbing, 0.5)
  const isMain = backend === 'native' && !engine
  return {
    row: `main job: webhook to push report, ${backend}, ${files} files${engine ? ', each commit applied by the engine' : ''}`,
    aim: isMain ? 'p50 < 200 ms, p99 < 1 s' : 'reported only',
    ...(isMain ? { met: p50Ms < 200 && p99Ms < 1000 } : {}),
    result: {
      p50Ms: round(p50Ms),
      p99Ms: round(p99Ms),
      maxMs: Math.max(...totals(kept)),
      samples: kept.length,
      workloads: world.workloads.length,
      registry: world.registryName,
      'stage 1, to the UpdateRequest p50Ms': half((one) => one.requestMs),
      'stage 2, to the start of the push p50Ms': half((one) => one.pushStartMs - one.requestMs),
      'stage 3, to the pack p50Ms': half((one) => one.packMs - one.pushStartMs),
      'stage 4, to the report read p50Ms': half((one) => one.pushedMs - one.packMs),
      'afterwards, to Completed p50Ms': half((one) => one.completedMs - one.pushedMs),
      gitPlumbingAloneP50Ms: round(plumbingP50Ms),
      ratioToPlumbing: round(p50Ms / plumbingP50Ms, 2),
      ...memory,
    },
  }
}

/** Version of the git binary, for the head line of the report. */
export function gitVersion(): string {
  try {
    return execFileSync('git', ['--version'], { encoding: 'utf8' }).trim()
  } catch {
    return 'none'
  }
}
