import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hasGit } from '../fakes/git-http-server.ts'
import { measurePlumbing } from './git-plumbing.ts'
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
  const small = await measure({ backend: 'native', files: smallRepository })
  yield small.row
  const large = await measure({ backend: 'native', files: largeRepository })
  yield large.row
  const ratio = round(large.p50 / small.p50, 2)
  yield {
    row: `main job: ${largeRepository} files against ${smallRepository}`,
    aim: 'p50 <= 1.3 times',
    met: ratio <= 1.3,
    result: { ratio },
  }
  yield (await measure({ backend: 'native', files: smallRepository, engine: true })).row
  yield (await measure({ backend: 'isomorphic', files: smallRepository })).row
}

async function measure(setup: Setup): Promise<{ row: BenchRow; p50: number }> {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-bench-'))
  const world = await startBenchWorld(directory, setup)
  try {
    const sample = createSampler(world)
    const all: Sample[] = []
    for (let at = 0; at < warmUp + samples; at++) {
      const one = await sample(at)
      all.push(one)
      if (setup.engine === true) await world.applyHead()
    }
    const memory = world.controller.memory()
    const kept = all.slice(warmUp)
    world.check(all.length)
    const plumbing = await measurePlumbing(directory, world)
    const row = render(setup, { world, kept, memory, plumbing })
    return { row, p50: percentile(totals(kept), 0.5) }
  } finally {
    await world.close()
    await rm(directory, { recursive: true, force: true, maxRetries: 3 })
  }
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
