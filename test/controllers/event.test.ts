import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { resources } from '../../src/api/kubernetes.ts'
import type { WorkloadRolloutState } from '../../src/api/workload-rollout-state.ts'
import { eventId, rolloutId } from '../../src/core/event/transition.ts'
import { FairleadError } from '../../src/errors.ts'
import { aborted } from '../../src/runtime/abort.ts'
import type { Leader } from '../../src/runtime/leader.ts'
import { createFakeSink, type FakeSink } from '../fakes/sink.ts'
import { createFakeWorld, type FakeWorld, type Faults, type Replica } from '../fakes/world.ts'
import { putLive, settle } from './rollout.ts'

const { workloadRolloutState } = resources

const statusOf = (world: FakeWorld) =>
  (world.cluster.objects.list(workloadRolloutState) as WorkloadRolloutState[])[0]?.status

interface Scene {
  world: FakeWorld
  sinks: FakeSink[]
}

/** A world with one Deployment `prod/web` at 1.0.0, and two who want to know. */
function aScene(): Scene {
  const world = createFakeWorld()
  world.deploy('web', 'ghcr.io/acme/web:1.0.0', {})
  putLive(world, 'web', 'ghcr.io/acme/web:1.0.0')
  settle(world, 'web', { updated: 1 })
  return { world, sinks: [createFakeSink('slack'), createFakeSink('webhook')] }
}

async function start({ world, sinks }: Scene, faults?: Faults): Promise<Replica> {
  const replica = await world.start('mode: observe', faults, {}, sinks)
  onTestFinished(() => replica.stop())
  return replica
}

/** What happens to the workload, and the phase in which it is kept afterwards. */
const story: [phase: string, happens: (world: FakeWorld) => void][] = [
  ['1.0.0 success', () => undefined],
  ['2.0.0 rolling_out', (world) => putLive(world, 'web', 'ghcr.io/acme/web:2.0.0')],
  ['2.0.0 failed', (world) => settle(world, 'web', { updated: 0, failure: 'cannot pull the image' })],
  ['2.0.0 success', (world) => settle(world, 'web', { updated: 1 })],
  ['1.0.0 rolling_out', (world) => putLive(world, 'web', 'ghcr.io/acme/web:1.0.0')],
  ['1.0.0 success', (world) => settle(world, 'web', { updated: 1 })],
]
const news = story.slice(1).map(([phase]) => phase)

/** Until the cluster keeps that phase. A process that died is followed by another one. */
async function untilKept(scene: Scene, phase: string, revive: () => Promise<void>): Promise<void> {
  await vi.waitFor(
    async () => {
      await revive()
      const status = statusOf(scene.world)
      expect(`${status?.version} ${status?.phase}`).toBe(phase)
    },
    { timeout: 30_000, interval: 20 },
  )
}

/** Lets the effect number `at` (from 1) go wrong; see the crash tests of commits. */
function aTrial(mode: 'before' | 'after' | 'lose', at: number) {
  const effects: string[] = []
  let dead = false
  const faults: Faults = (port, names) => {
    const wrapped = Object.create(port)
    for (const name of names) {
      const effect = (port[name] as (...args: unknown[]) => Promise<unknown>).bind(port)
      wrapped[name] = async (...args: unknown[]) => {
        if (dead) throw new FairleadError('Aborted', 'the process is dead')
        effects.push(name)
        if (effects.length !== at) return effect(...args)
        dead = mode !== 'lose'
        if (mode !== 'before') await effect(...args)
        throw new FairleadError(dead ? 'Aborted' : 'ApiUnavailable', dead ? 'the process is dead' : 'connection reset')
      }
    }
    return wrapped
  }
  return { faults, effects, isDead: () => dead }
}

/** The whole story with a fault in it, until everything is told and nothing is pending. */
async function live(mode: 'before' | 'after' | 'lose', at: number) {
  const scene = aScene()
  const trial = aTrial(mode, at)
  let replica = await start(scene, trial.faults)
  let revived = false
  const revive = async () => {
    if (!trial.isDead() || revived) return
    revived = true
    await replica.stop()
    replica = await start(scene)
  }
  for (const [phase, happens] of story) {
    happens(scene.world)
    await untilKept(scene, phase, revive)
  }
  await vi.waitFor(
    async () => {
      await revive()
      expect(statusOf(scene.world)).not.toHaveProperty('pending')
    },
    { timeout: 30_000, interval: 50 },
  )
  return { ...scene, trial }
}

describe('every sink is told of every transition, in order', () => {
  test('once, when nothing goes wrong', async () => {
    const { sinks, trial } = await live('lose', 0)
    for (const sink of sinks) {
      expect(sink.taken.map(({ version, phase }) => `${version} ${phase}`)).toEqual(news)
    }
    expect(new Set(trial.effects)).toEqual(new Set(['create', 'updateStatus', 'send']))
    expect(sinks[0]?.taken.map(({ rollback, recovered }) => [rollback, recovered])).toEqual([
      [false, false],
      [false, false],
      [false, true],
      [true, false],
      [true, false],
    ])
    expect(sinks[0]?.taken[1]).toMatchObject({
      cluster: expect.any(String),
      workload: { kind: 'Deployment', namespace: 'prod', name: 'web' },
      previousVersion: '1.0.0',
      reason: 'ProgressDeadlineExceeded',
      message: 'cannot pull the image',
      image: 'ghcr.io/acme/web:2.0.0',
    })
  })

  for (const mode of ['before', 'after', 'lose'] as const) {
    test(`under the same id again when the process meets "${mode}" at any one of its effects`, async () => {
      const { trial } = await live(mode, 0)
      const ends = trial.effects.map(async (effect, index) => ({ effect, ...(await live(mode, index + 1)) }))
      for (const { effect, sinks } of await Promise.all(ends)) {
        expect(
          sinks.map((sink) => sink.told()),
          `${mode} ${effect}`,
        ).toEqual([news, news])
      }
    })
  }
})

describe('a sink that is down', () => {
  test('gets everything when it is back, also from another process; the other sink gets it at once', async () => {
    const scene = aScene()
    const [slack, webhook] = scene.sinks
    if (slack === undefined || webhook === undefined) throw new Error('no sink')
    slack.answer = () => {
      throw new FairleadError('HttpFailed', 'down')
    }
    const first = await start(scene)
    for (const [phase, happens] of story) {
      happens(scene.world)
      await untilKept(scene, phase, async () => undefined)
    }
    await expect.poll(() => webhook.told()).toEqual(news)
    await expect.poll(() => statusOf(scene.world)?.pending?.map(({ sinks }) => sinks)).toEqual(Array(5).fill(['slack']))
    await first.stop()
    slack.answer = () => undefined
    await start(scene)
    await expect.poll(() => statusOf(scene.world)).not.toHaveProperty('pending')
    expect(slack.told()).toEqual(news)
    expect(webhook.taken).toHaveLength(5)
  })

  test('keeps no rollout from being followed', async () => {
    const scene = aScene()
    for (const sink of scene.sinks) sink.answer = () => new Promise(() => undefined)
    await start(scene)
    for (const [phase, happens] of story) {
      happens(scene.world)
      await untilKept(scene, phase, async () => undefined)
    }
    expect(scene.sinks.map(({ calls }) => calls)).toEqual([1, 1])
  })
})

describe('another replica', () => {
  /** Leads when it is told to. */
  function aLeader(leads: boolean) {
    const listeners: ((leading: boolean) => void)[] = []
    const leader: Leader & { lead(leading: boolean): void } = {
      isLeader: () => leads,
      fence() {
        if (!leads) throw new FairleadError('NotLeader', 'another one writes')
      },
      holder: () => undefined,
      onChange: (listener) => void listeners.push(listener),
      run: aborted,
      lead(leading) {
        leads = leading
        for (const listener of listeners) listener(leading)
      },
    }
    return leader
  }

  test('writes and sends nothing while it does not lead, and goes on where the leader ended', async () => {
    const scene = aScene()
    const [slack] = scene.sinks
    if (slack === undefined) throw new Error('no sink')
    const [one, other] = [aLeader(true), aLeader(false)]
    const begin = (leader: Leader) => scene.world.start('mode: observe', undefined, { leader }, scene.sinks)
    const [first, second] = [await begin(one), await begin(other)]
    onTestFinished(() => second.stop())
    const nobody = async () => undefined
    for (const [phase, happens] of story.slice(0, 2)) {
      happens(scene.world)
      await untilKept(scene, phase, nobody)
    }
    await expect.poll(() => scene.sinks.map((sink) => sink.taken.length)).toEqual([1, 1])
    slack.answer = () => {
      throw new FairleadError('HttpFailed', 'down')
    }
    story[2]?.[1](scene.world)
    await untilKept(scene, '2.0.0 failed', nobody)
    one.lead(false)
    await first.stop()
    // seen by nobody who may write
    story[3]?.[1](scene.world)
    await second.quiet()
    expect(statusOf(scene.world)).toMatchObject({ phase: 'failed' })
    slack.answer = () => undefined
    other.lead(true)
    for (const [phase, happens] of story.slice(4)) {
      await untilKept(scene, phase === '1.0.0 rolling_out' ? '2.0.0 success' : '1.0.0 rolling_out', nobody)
      happens(scene.world)
    }
    await expect.poll(() => scene.sinks.map((sink) => sink.told())).toEqual([news, news])
    await expect.poll(() => statusOf(scene.world)).not.toHaveProperty('pending')
  })
})

test('where Slack has the message of a rollout is known to the next process', async () => {
  const scene = aScene()
  const [slack] = scene.sinks
  if (slack === undefined) throw new Error('no sink')
  const place = { channel: 'C0123', ts: '1700000000.000001' }
  slack.messageOf = (rollout) => (slack.taken.some((one) => rolloutId(one) === rollout) ? place : undefined)
  const first = await start(scene)
  await first.quiet()
  story[1]?.[1](scene.world)
  await untilKept(scene, '2.0.0 rolling_out', async () => undefined)
  await expect.poll(() => statusOf(scene.world)?.slackMessage).toMatchObject(place)
  await first.stop()
  slack.messageOf = () => undefined
  await start(scene)
  story[3]?.[1](scene.world)
  await untilKept(scene, '2.0.0 success', async () => undefined)
  await expect
    .poll(() => slack.taken.map(({ phase, toldAt }) => [phase, toldAt]))
    .toEqual([
      ['rolling_out', undefined],
      ['success', place],
    ])
  await expect.poll(() => statusOf(scene.world)).not.toHaveProperty('pending')
  expect(statusOf(scene.world)?.slackMessage).toMatchObject(place)
})

describe('a workload that is deleted', () => {
  test('is told as removed once, under its own uid; its successor is another', async () => {
    const scene = aScene()
    const replica = await start(scene)
    await replica.quiet()
    const remove = async () => {
      scene.world.cluster.objects.remove(resources.deployment, 'prod', 'web')
      await replica.quiet()
    }
    await remove()
    await expect.poll(() => scene.sinks.map(({ gone }) => gone.length)).toEqual([0, 1])
    scene.world.deploy('web', 'ghcr.io/acme/web:1.0.0', {})
    putLive(scene.world, 'web', 'ghcr.io/acme/web:1.0.0')
    settle(scene.world, 'web', { updated: 1 })
    await replica.quiet()
    scene.world.cluster.relist()
    await replica.quiet()
    await remove()
    await expect.poll(() => scene.sinks[1]?.gone.length).toBe(2)
    const gone = scene.sinks[1]?.gone ?? []
    expect(new Set(gone.map(({ id }) => id)).size).toBe(2)
    expect(gone[0]).toMatchObject({ workload: { name: 'web', namespace: 'prod' }, version: '1.0.0' })
  })

  test('while nobody looked is not told', async () => {
    const scene = aScene()
    const first = await start(scene)
    await first.quiet()
    await first.stop()
    scene.world.cluster.objects.remove(resources.deployment, 'prod', 'web')
    const second = await start(scene)
    await second.quiet()
    expect(scene.sinks.map(({ gone }) => gone)).toEqual([[], []])
  })
})

describe('nobody is told', () => {
  /** As `kubectl delete --cascade=foreground` and Argo CD do it: what it owns goes first, and the workload waits for it. */
  function deleteInForeground({ cluster }: FakeWorld): void {
    const { deployment } = resources
    const live = cluster.objects.get(deployment, 'prod', 'web')
    const [record] = cluster.objects.list(workloadRolloutState)
    if (live === undefined || record === undefined) throw new Error('there is no Deployment, or no record of it')
    const metadata = { ...live.metadata, deletionTimestamp: '2026-03-01T10:00:00Z' }
    cluster.objects.update(deployment, { ...live, metadata }, 'object')
    cluster.objects.remove(workloadRolloutState, 'prod', record.metadata.name)
  }

  test('anything of a workload that is being deleted, and nothing is kept of it any more', async () => {
    const scene = aScene()
    const replica = await start(scene)
    for (const [phase, happens] of story.slice(0, 2)) {
      happens(scene.world)
      await untilKept(scene, phase, async () => undefined)
    }
    await expect.poll(() => scene.sinks.map((sink) => sink.taken.length)).toEqual([1, 1])
    await expect.poll(() => statusOf(scene.world)).not.toHaveProperty('pending')
    deleteInForeground(scene.world)
    await replica.quiet()
    settle(scene.world, 'web', { updated: 0, failure: 'its pods are on their way out' })
    await replica.quiet()
    expect(scene.sinks.map((sink) => sink.taken.length)).toEqual([1, 1])
    expect(scene.world.cluster.objects.list(workloadRolloutState)).toEqual([])
    for await (const piece of replica.metrics.render()) expect(piece).not.toContain('name="web"')
    await replica.stop()
    const next = await start(scene)
    await next.quiet()
    expect(scene.world.cluster.objects.list(workloadRolloutState)).toEqual([])
    expect(scene.sinks.map((sink) => sink.taken.length)).toEqual([1, 1])
  })

  test('of workloads that were settled when they were first seen, nor anything again after a restart', async () => {
    const scene = aScene()
    for (let number = 0; number < 50; number++) {
      scene.world.deploy(`app-${number}`, 'ghcr.io/acme/app:1.0.0', {})
      putLive(scene.world, `app-${number}`, 'ghcr.io/acme/app:1.0.0')
      settle(scene.world, `app-${number}`, { updated: 1 })
    }
    const first = await start(scene)
    await vi.waitFor(() => expect(scene.world.cluster.objects.list(workloadRolloutState)).toHaveLength(51), 20_000)
    await first.quiet()
    await first.stop()
    const version = scene.world.cluster.objects.version
    const second = await start(scene)
    await second.quiet()
    expect(scene.sinks.map(({ calls }) => calls)).toEqual([0, 0])
    expect(scene.world.cluster.objects.version).toBe(version)
  })

  test('of another workload of the same name under the same id', async () => {
    const scene = aScene()
    const replica = await start(scene)
    const roll = async (version: string) => {
      putLive(scene.world, 'web', `ghcr.io/acme/web:${version}`)
      await replica.quiet()
      settle(scene.world, 'web', { updated: 1 })
      await replica.quiet()
    }
    await roll('2.0.0')
    scene.world.cluster.objects.remove(resources.deployment, 'prod', 'web')
    await replica.quiet()
    scene.world.deploy('web', 'ghcr.io/acme/web:1.0.0', {})
    await replica.quiet()
    await roll('2.0.0')
    const taken = scene.sinks[0]?.taken ?? []
    expect(new Set(taken.map(eventId)).size).toBe(taken.length)
    expect(new Set(taken.map(({ workload }) => workload.uid)).size).toBe(2)
  })
})
