import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { FakeWorld, Faults, Replica } from '../fakes/world.ts'
import { digestOf, image } from '../fakes/world.ts'
import { anUpdate, apply, commits, fail, inGit, own, rollbacks, web } from './failed-update.ts'
import { push, start } from './replica.ts'
import { settle } from './rollout.ts'

const key = { kind: 'Deployment', namespace: 'prod', name: 'web' }

async function rollBack(
  { world, replica }: { world: FakeWorld; replica: Replica },
  wish: { to?: string; container?: string } = {},
  by = 'alice',
) {
  const request = await replica.loops.api.wayBack(key, { reason: 'orders fail', by, ...wish })
  if (request === undefined) throw new Error('no such workload')
  const asked = await replica.loops.api.rollBack(request)
  expect(asked.status).toMatchObject({ phase: 'Approved', approvedBy: by })
  // The loop and the API write the same status, and whoever was slower tries again.
  const { namespace, name } = asked.metadata
  const newest = () =>
    world.requests().find(({ metadata }) => metadata.name === name && metadata.namespace === namespace)
  await vi.waitFor(() => expect(newest()?.status?.conditions).toBeDefined(), { timeout: 20_000 })
  await replica.quiet()
}

/** What was created is seen, and looked at, before its creator hears of it. */
const lateAnswers: Faults = (port, names) => {
  const late = Object.create(port)
  for (const name of names) {
    const effect = (port[name] as (...args: unknown[]) => Promise<unknown>).bind(port)
    late[name] = async (...args: unknown[]) => {
      const answer = await effect(...args)
      if (name === 'create') for (let turn = 0; turn < 60; turn++) await new Promise((next) => setImmediate(next))
      return answer
    }
  }
  return late
}

/** 1.1.0 runs well. */
async function aGoodUpdate(options: Parameters<typeof anUpdate>[0] = { config: 'mode: commit' }) {
  const { world, replica } = await anUpdate(options)
  settle(world, 'web', { updated: 1 })
  await replica.quiet()
  return { world, replica }
}

async function toVersion(world: FakeWorld, replica: Replica, tag: string): Promise<void> {
  await push(world, replica, tag)
  await apply(world, replica, tag)
  settle(world, 'web', { updated: 1 })
  await replica.quiet()
}

describe('a person rolls back', () => {
  test('a version that runs, without any opt-in, and it stays away', async () => {
    const { world, replica } = await aGoodUpdate()
    await rollBack({ world, replica })
    expect(inGit(world)).toBe(web('1.0.0'))
    expect(commits(world)[0]).toContain('Reason: orders fail\n')
    expect(rollbacks(world)).toMatchObject([{ spec: { requestedBy: 'alice', reason: 'orders fail' } }])
    await push(world, replica, '1.1.0')
    expect(inGit(world)).toBe(web('1.0.0'))
  })

  test('to an older version that they name', async () => {
    const { world, replica } = await aGoodUpdate()
    await toVersion(world, replica, '1.2.0')
    await rollBack({ world, replica }, { to: web('1.0.0') })
    expect(inGit(world)).toBe(web('1.0.0'))
  })

  test('to what ran well last, and not to what came in between', async () => {
    const { world, replica } = await anUpdate({ config: 'mode: commit' })
    await fail(world, replica)
    await push(world, replica, '1.2.0')
    await apply(world, replica, '1.2.0')
    await fail(world, replica)
    await rollBack({ world, replica })
    expect(inGit(world)).toBe(web('1.0.0'))
  })

  test('to what came before a version that was rolled back, never to that one', async () => {
    const { world, replica } = await aGoodUpdate({ config: own })
    await push(world, replica, '1.2.0')
    await apply(world, replica, '1.2.0')
    await fail(world, replica)
    await apply(world, replica, '1.1.0')
    settle(world, 'web', { updated: 1 })
    await replica.quiet()
    await rollBack({ world, replica })
    expect(inGit(world)).toBe(web('1.0.0'))
  })

  test('although the workload is held and opted out', async () => {
    const { world, replica } = await aGoodUpdate()
    const text = world.git.read('main', 'apps/web.yaml') ?? ''
    const held = text.replace(
      'annotations:\n',
      'annotations:\n    fairlead.dev/hold: "x"\n    fairlead.dev/rollback: "false"\n',
    )
    world.git.commit('main', { 'apps/web.yaml': held }, 'Hold')
    await world.sync()
    await replica.quiet()
    await rollBack({ world, replica })
    expect(inGit(world)).toBe(web('1.0.0'))
  })

  test('again what somebody put back after an automatic rollback', async () => {
    const { world, replica } = await anUpdate({ config: own })
    await fail(world, replica)
    await apply(world, replica, '1.0.0')
    const text = world.git.read('main', 'apps/web.yaml') ?? ''
    world.git.commit('main', { 'apps/web.yaml': text.replace('1.0.0', '1.1.0') }, 'Once more')
    await apply(world, replica, '1.1.0')
    await rollBack({ world, replica })
    expect(inGit(world)).toBe(web('1.0.0'))
    expect(commits(world)).toHaveLength(2)
  })

  test('while the loop is quicker to write the same status', async () => {
    const { world, replica } = await aGoodUpdate()
    await replica.stop()
    const next = await world.start('mode: commit', lateAnswers)
    onTestFinished(() => next.stop())
    await next.quiet()
    await rollBack({ world, replica: next })
    expect(inGit(world)).toBe(web('1.0.0'))
  })

  test('twice with one decision, and another person with one of their own', async () => {
    const { world, replica } = await aGoodUpdate()
    await replica.stop()
    const next = await start(world, 'mode: commit\nsuspend: true')
    await rollBack({ world, replica: next })
    const uid = rollbacks(world)[0]?.metadata.uid
    await rollBack({ world, replica: next })
    expect(rollbacks(world).map(({ metadata }) => metadata.uid)).toEqual([uid])
    await rollBack({ world, replica: next }, {}, 'bob')
    expect(rollbacks(world).map(({ spec }) => spec.requestedBy)).toEqual(['bob'])
    expect(rollbacks(world)[0]?.status?.conditions).toContainEqual(expect.objectContaining({ reason: 'Suspended' }))
    expect(inGit(world)).toBe(web('1.1.0'))
  })
})

describe('a person is refused', () => {
  test.each<[who: string, first: (scene: { world: FakeWorld; replica: Replica }) => Promise<void>, config: string]>([
    ['another person', (scene) => rollBack(scene), 'mode: commit'],
    ['fairlead itself', ({ world, replica }) => fail(world, replica), own],
  ])('what %s has put back just now, unless they name an image', async (_, first, config) => {
    const scene = await anUpdate({ config })
    await first(scene)
    expect(inGit(scene.world)).toBe(web('1.0.0'))
    await expect(rollBack(scene, {}, 'bob')).rejects.toThrow(/holds .*web:1\.0\.0 already: prod\/\S+ rolls back from /)
    expect(inGit(scene.world)).toBe(web('1.0.0'))
    await rollBack(scene, { to: web('1.1.0') }, 'bob')
    expect(inGit(scene.world)).toBe(web('1.1.0'))
  })

  const rows: [what: string, wish: { to?: string; container?: string }, why: RegExp][] = [
    ['what Git never held there', { to: web('0.9.0') }, /never held .*0\.9\.0; before that it held .*web:1\.0\.0/],
    ['another image', { to: 'ghcr.io/acme/api:1.0.0' }, /api:1\.0\.0 is none of its images; name the whole one/],
    [
      'a version without its image',
      { to: '1.0.0' },
      /1\.0\.0 is none of its images; .*\(web: ghcr\.io\/acme\/web:1\.1\.0\)/,
    ],
    ['a container that is not there', { container: 'side' }, /has no container "side"; it has web/],
  ]
  test.each(rows)('%s', async (_, wish, why) => {
    const { world, replica } = await aGoodUpdate()
    await expect(rollBack({ world, replica }, wish)).rejects.toThrow(why)
    expect(rollbacks(world)).toEqual([])
  })

  test('a version that was rolled back, where there is no other, unless they name it', async () => {
    const { world, replica } = await anUpdate({ config: own })
    await fail(world, replica)
    await apply(world, replica, '1.0.0')
    settle(world, 'web', { updated: 1 })
    await replica.quiet()
    const why = /holds .*web:1\.0\.0; before that it held .*web:1\.1\.0, which a rollback took away: name it/
    await expect(rollBack({ world, replica })).rejects.toThrow(why)
    await rollBack({ world, replica }, { to: web('1.1.0') })
    expect(inGit(world)).toBe(web('1.1.0'))
  })

  test('an image that is gone', async () => {
    const { world, replica } = await aGoodUpdate()
    world.registry.remove(image('web'), '1.0.0')
    await expect(rollBack({ world, replica })).rejects.toThrow(/does not have ghcr.io\/acme\/web:1.0.0 any more/)
    world.registry.push(image('web'), '1.0.0', { digest: digestOf('1.0.0') })
    await rollBack({ world, replica })
    expect(inGit(world)).toBe(web('1.0.0'))
  })

  test('a workload that is not there', async () => {
    const { replica } = await aGoodUpdate()
    expect(await replica.loops.api.wayBack({ ...key, name: 'none' }, { reason: 'x', by: 'alice' })).toBeUndefined()
  })
})
