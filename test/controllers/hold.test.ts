import { describe, expect, test } from 'vitest'
import { FairleadError } from '../../src/errors.ts'
import type { FakeWorld, Faults, GivenRules, Replica } from '../fakes/world.ts'
import { createFakeWorld, digestOf, image } from '../fakes/world.ts'
import { anUpdate, fail, forward, inGit, own, rollbacks, web } from './failed-update.ts'
import { push } from './replica.ts'

const key = { kind: 'Deployment', namespace: 'prod', name: 'web' }
const why = { reason: 'the bank closes its books', by: 'alice' }
const manifest = (world: FakeWorld) => world.git.read('main', 'apps/web.yaml') ?? ''
const newest = (world: FakeWorld) => world.git.messages('main')[0] ?? ''

async function ask(replica: Replica, action: 'hold' | 'release', wish = why) {
  const order = await replica.loops.api[action](key, wish)
  if (order === undefined) throw new Error('no such workload')
  expect([...order.namespaces]).toEqual(['prod'])
  const report = await order.carryOut()
  await replica.quiet()
  return report
}

const refusalOf = async (asked: Promise<unknown>) => {
  const thrown = await asked.then(
    () => undefined,
    (error: unknown) => error,
  )
  return thrown instanceof FairleadError ? `${thrown.code}: ${thrown.message}` : thrown
}

/** 1.0.0 runs, and 1.1.0 is there for whoever is not held. */
async function aWorld({
  config = 'mode: commit',
  rules = {},
  faults,
}: {
  config?: string
  rules?: GivenRules
  faults?: Faults
} = {}) {
  const world = createFakeWorld()
  world.registry.push(image('web'), '1.0.0', { digest: digestOf('1.0.0') })
  world.deploy('web', web('1.0.0'), forward)
  await world.sync()
  const replica = await world.start(config, faults, rules)
  await replica.quiet()
  return { world, replica }
}

/** Flux applies what Git says, annotations too. */
async function applied(world: FakeWorld, replica: Replica, hold: string) {
  await world.sync()
  world.annotate('web', { 'fairlead.dev/hold': hold })
  await replica.quiet()
}

describe('a workload that a person holds', () => {
  test('is held in Git, and nothing is proposed until it is released', async () => {
    const { world, replica } = await aWorld()
    const before = manifest(world)
    const held = await ask(replica, 'hold')
    expect(held).toMatchObject({ result: 'committed', file: 'apps/web.yaml', branch: 'main' })
    expect(held.commit).toBe(await world.git.remoteHead('main'))
    expect(manifest(world)).toContain('  annotations:\n    fairlead.dev/hold: "the bank closes its books"\n')
    expect(newest(world)).toMatch(
      /^Hold Deployment prod\/web\n\nthe bank closes its books\n\nAsked for by alice\.\n\nFairlead-Id: [0-9a-f]{16}\nFairlead-Action: hold\nFairlead-Workload: Deployment\/prod\/web\nFairlead-Cluster: \S+\nReason: the bank closes its books\n$/,
    )
    await world.sync()
    await push(world, replica, '1.1.0')
    expect(inGit(world)).toBe(web('1.0.0'))
    expect(world.requests()).toEqual([])
    const explained = await replica.loops.api.explain(key, undefined)
    expect(explained?.containers[0]?.gates.at(-1)).toMatchObject({ gate: 'hold', message: why.reason })

    expect(await ask(replica, 'release')).toMatchObject({
      result: 'committed',
      message: `not held any more: ${why.reason}`,
    })
    expect(manifest(world)).toBe(before)
    await world.sync()
    await push(world, replica, '1.1.0')
    expect(inGit(world)).toBe(web('1.1.0'))
    const told = world.cluster.recorded.filter(({ about }) => about.name === 'web').map(({ reason }) => reason)
    expect(told).toEqual(expect.arrayContaining(['HoldRequested', 'ReleaseRequested']))
    await replica.stop()
  })

  test('for that very reason already is not held twice, and for another one anew', async () => {
    const { world, replica } = await aWorld()
    await ask(replica, 'hold')
    const count = world.git.messages('main').length
    expect(await ask(replica, 'hold')).toMatchObject({ result: 'unchanged' })
    expect(world.git.messages('main')).toHaveLength(count)
    expect(await ask(replica, 'hold', { ...why, reason: 'still' })).toMatchObject({ result: 'committed' })
    expect(manifest(world).match(/fairlead\.dev\/hold: .*/g)).toEqual(['fairlead.dev/hold: "still"'])
    await replica.stop()
  })

  test('is not rolled back when it fails, for the person holds it', async () => {
    const { world, replica } = await anUpdate({ config: own })
    await ask(replica, 'hold')
    await applied(world, replica, why.reason)
    await fail(world, replica)
    expect(inGit(world)).toBe(web('1.1.0'))
    expect(rollbacks(world)).toMatchObject([{ status: { message: `held: ${why.reason}` } }])
  })

  test('lands when the answer to the push is lost', async () => {
    let lost = 0
    const faults: Faults = (port, effects) =>
      new Proxy(port, {
        get(target, name, receiver) {
          const value = Reflect.get(target, name, receiver)
          if (name !== 'push' || !effects.some((one) => one === name)) return value
          return async (...args: unknown[]) => {
            await Reflect.apply(value as (...all: unknown[]) => Promise<void>, target, args)
            lost++
            throw new FairleadError('GitUnavailable', 'the answer was lost')
          }
        },
      })
    const { world, replica } = await aWorld({ faults })
    expect(await ask(replica, 'hold')).toMatchObject({
      result: 'committed',
      commit: await world.git.remoteHead('main'),
    })
    expect(lost).toBe(1)
    await replica.stop()
  })
})

describe('a release', () => {
  /** A person has rolled back from 1.1.0. */
  async function rolledBack(rules: GivenRules = {}) {
    const { world } = await anUpdate({ config: 'mode: commit' })
    const text = manifest(world).replace('web:1.1.0', 'web:1.0.0')
    world.git.commit('main', { 'apps/web.yaml': text }, 'No, not this one')
    await world.sync()
    const replica = await world.start('mode: commit', undefined, rules)
    await replica.quiet()
    await push(world, replica, '1.1.0')
    expect(inGit(world)).toBe(web('1.0.0'))
    return { world, replica }
  }

  test.each([
    ['pushed', {}],
    ['made and signed by the host', { withHost: true, signer: 'host' }],
    ['pushed in spite of mode pull-request, for it changes no file', { withHost: true, mode: 'pull-request' }],
  ] as const)('lets a version be chosen again that was put back, by an empty commit that is %s', async (_, rules) => {
    const { world, replica } = await rolledBack(rules)
    const [before, head] = [manifest(world), await world.git.remoteHead('main')]
    const report = await ask(replica, 'release', { reason: 'mended', by: 'bob' })
    expect(report).toMatchObject({ result: 'committed', released: ['1.1.0'], message: '1.1.0 may be chosen again' })
    expect(report.commit).toBe(await world.git.remoteHead('main'))
    expect(report.commit).not.toBe(head)
    expect(manifest(world)).toBe(before)
    expect(newest(world)).toContain('Fairlead-Action: release\nFairlead-Workload: Deployment/prod/web\n')
    await world.sync()
    await push(world, replica, '1.1.0')
    if (!('mode' in rules)) expect(inGit(world)).toBe(web('1.1.0'))
    expect(await ask(replica, 'release')).toMatchObject({ result: 'unchanged' })
    await replica.stop()
  })

  test('does both in one commit', async () => {
    const { world, replica } = await rolledBack()
    await ask(replica, 'hold')
    const count = world.git.messages('main').length
    const report = await ask(replica, 'release')
    expect(report.message).toBe(`not held any more: ${why.reason}; 1.1.0 may be chosen again`)
    expect(world.git.messages('main')).toHaveLength(count + 1)
    await world.sync()
    await push(world, replica, '1.1.0')
    expect(inGit(world)).toBe(web('1.1.0'))
    await replica.stop()
  })

  test('of what nothing holds says so and writes nothing', async () => {
    const { world, replica } = await aWorld()
    const head = await world.git.remoteHead('main')
    expect(await ask(replica, 'release')).toMatchObject({
      result: 'unchanged',
      message: 'nothing holds it and nothing is kept away from it',
    })
    await applied(world, replica, 'by kubectl')
    expect(await ask(replica, 'release')).toMatchObject({
      result: 'unchanged',
      message: expect.stringContaining('only the live object still says fairlead.dev/hold: by kubectl'),
    })
    expect(await world.git.remoteHead('main')).toBe(head)
    await replica.stop()
  })

  test('of a version that was passed by long ago writes nothing', async () => {
    const { world, replica } = await rolledBack()
    await push(world, replica, '1.2.0')
    expect(inGit(world)).toBe(web('1.2.0'))
    expect(await ask(replica, 'release')).toMatchObject({ result: 'unchanged' })
    await replica.stop()
  })
})

describe('with mode pull-request', () => {
  const config = 'mode: pull-request'

  test('a hold is one pull request, which only people end', async () => {
    const { world, replica } = await aWorld({ config, rules: { withHost: true } })
    const head = await world.git.remoteHead('main')
    const report = await ask(replica, 'hold')
    expect(report).toMatchObject({ result: 'proposed', pullRequest: { number: 1 } })
    expect(await ask(replica, 'hold')).toEqual(report)
    await replica.loops.pullRequests.sweep()
    await replica.quiet()
    const [open, ...others] = await world.host.pullRequests.list('fairlead/')
    expect({ others, open }).toMatchObject({
      others: [],
      open: {
        state: 'open',
        title: 'Hold Deployment prod/web',
        body: expect.stringContaining('`fairlead.dev/hold`'),
        branch: expect.stringMatching(/^fairlead\/hold\.hold-prod-web-[0-9a-f]{8}$/),
      },
    })
    expect(await world.git.remoteHead('main')).toBe(head)
    expect(world.git.read(open?.branch ?? '', 'apps/web.yaml')).toContain('fairlead.dev/hold: "the bank')

    const other = await ask(replica, 'hold', { ...why, reason: 'still' })
    expect(other.pullRequest).toEqual(report.pullRequest)
    expect(world.git.read(open?.branch ?? '', 'apps/web.yaml')).toContain('fairlead.dev/hold: "still"')
    await replica.stop()
  })

  test('and no host it is refused', async () => {
    const { replica } = await aWorld({ rules: { mode: 'pull-request', withHost: false } })
    expect(await refusalOf(ask(replica, 'hold'))).toMatch(/^HostNotConfigured: /)
    await replica.stop()
  })
})

describe('nothing is written', () => {
  const rows: [what: string, world: { config?: string; rules?: GivenRules }, refusal: RegExp][] = [
    ['in mode observe', { config: 'mode: observe' }, /^NothingWritten: mode is observe.*apps\/web\.yaml:1 yourself/],
    ['in a repository that may only be looked at', { rules: { mode: 'observe' } }, /^NothingWritten: mode is observe/],
    ['while everything is suspended', { config: 'suspend: true' }, /^NothingWritten: suspend is set/],
    ['while the repository is suspended', { rules: { suspend: true } }, /^NothingWritten: suspend is set/],
    ['outside of allowPaths', { rules: { allowPaths: ['clusters/**'] } }, /^OutsideAllowedPaths: apps\/web\.yaml/],
    ['for a namespace that may not write', { rules: { namespaceAllowed: () => false } }, /^NamespaceNotAllowed: /],
  ]
  test.each(rows)('%s', async (_, settings, refusal) => {
    const { world, replica } = await aWorld(settings)
    const head = await world.git.remoteHead('main')
    expect(await refusalOf(ask(replica, 'hold'))).toMatch(refusal)
    expect(await world.git.remoteHead('main')).toBe(head)
    await replica.stop()
  })

  test('for a workload that is not there', async () => {
    const { replica } = await aWorld()
    expect(await replica.loops.api.hold({ ...key, name: 'none' }, why)).toBeUndefined()
    expect(await replica.loops.api.release({ ...key, name: 'none' }, why)).toBeUndefined()
    await replica.stop()
  })
})
