import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { notification } from './main-job-sample.ts'
import { type BenchWorld, startBenchWorld } from './main-job-world.ts'
import { type BenchRow, round } from './row.ts'

/** Workloads that change at once, first some and then twice as many others. */
const bursts = [100, 200] as const

/** Many images at once: does the time for one stay the same when there are more of them? */
export async function measureBurst(): Promise<BenchRow> {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-bench-'))
  const world = await startBenchWorld(directory, { backend: 'native', files: 50 })
  try {
    const small = await burst(world, 0, bursts[0])
    const large = await burst(world, bursts[0], bursts[1])
    world.check(bursts[0] + bursts[1])
    const ratio = round(large.deliveredMs / bursts[1] / (small.deliveredMs / bursts[0]), 2)
    return {
      row: `main job: ${bursts.join(', then ')} others at once, native, 50 files`,
      aim: 'reported only; time per update about the same',
      result: {
        [`${bursts[0]} Completed ms`]: small.deliveredMs,
        [`${bursts[1]} Completed ms`]: large.deliveredMs,
        perUpdateRatio: ratio,
        [`${bursts[0]} Applied ms`]: small.appliedMs,
        [`${bursts[1]} Applied ms`]: large.appliedMs,
        [`${bursts[1]} in pushes`]: large.pushes,
        ...world.controller.memory(),
      },
    }
  } finally {
    await world.close()
    await rm(directory, { recursive: true, force: true, maxRetries: 3 })
  }
}

async function burst(world: BenchWorld, from: number, count: number) {
  const tag = '1.1.0'
  const images = world.workloads.slice(from, from + count).map((one) => one.image)
  await Promise.all(images.map((image) => world.push(image, tag)))
  const wanted = new Set(images.map((image) => `${world.registryHost}/${image}:${tag}`))
  let pushes = 0
  world.onGitRequest(({ isPush }) => {
    if (isPush) pushes += 1
  })
  const completed = all(world, wanted, ({ phase }) => phase === 'Completed')
  const applied = all(world, wanted, ({ isApplied }) => isApplied)
  const sentAt = await world.controller.notify(notification(world.registryHost, images, tag))
  await completed
  const deliveredAt = Date.now()
  await world.applyHead()
  await applied
  return { deliveredMs: deliveredAt - sentAt, appliedMs: Date.now() - deliveredAt, pushes }
}

/** Resolves when every wanted reference was seen in a request that fits. */
function all(
  world: BenchWorld,
  wanted: ReadonlySet<string>,
  fits: (request: { phase: string | undefined; isApplied: boolean }) => boolean,
): Promise<void> {
  const missing = new Set(wanted)
  return new Promise((resolve) => {
    world.cluster.onRequest((request) => {
      if (fits(request)) missing.delete(request.to)
      if (missing.size === 0) resolve()
    })
  })
}
