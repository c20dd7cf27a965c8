import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { eventually } from './eventually.ts'
import { type Account, type Fairlead, installFairlead, type Settings, startFairlead } from './fairlead.ts'
import { type Lab, startLab } from './lab.ts'
import { plainDeployment } from './manifest.ts'
import {
  createWorld,
  decisionIn,
  decisionsAbout,
  deployWithFlux,
  nextCommit,
  untilApplied,
  type World,
} from './world.ts'

let lab: Lab
let account: Account
let running: Fairlead | undefined

beforeAll(async () => {
  lab = await startLab()
  account = await installFairlead(lab)
})

afterAll(() => lab?.stop())

afterEach(async () => {
  await running?.component.end('SIGTERM')
})

const start = async (world: World, name: string, mode: Settings['mode'] = 'commit') => {
  running = await startFairlead(lab, account, {
    name,
    mode,
    backend: 'native',
    namespace: world.namespace,
    repository: world.gitops.url,
    allowPaths: ['**'],
  })
  return running
}

const manifest = (world: World, name: string, tag: string) =>
  plainDeployment({ namespace: world.namespace, name, image: world.image(name, tag) })

test('killed after the push and before its answer, fairlead adopts its own commit and makes no second one', async () => {
  const world = await createWorld(lab, account, 'harbour')
  await world.release('crane', '1.0.0')
  const before = await world.gitops.commit('Build a crane', { 'apps/crane.yaml': manifest(world, 'crane', '1.0.0') })
  await deployWithFlux(world, [{ name: 'harbour', path: './apps' }], ['crane'])
  const first = await start(world, 'fairlead-killed')
  lab.git.afterNextPush(async () => {
    await first.component.end('SIGKILL')
  })
  await world.release('crane', '1.1.0')
  await eventually('fairlead has pushed and was killed', () => first.component.exit())
  const [commit] = await world.gitops.commitsSince(before)
  if (commit === undefined) throw new Error('the push was not accepted')
  expect(await decisionsAbout(world, 'crane')).not.toContainEqual(expect.objectContaining({ phase: 'Completed' }))

  const second = await start(world, 'fairlead-restarted')
  expect(await decisionIn(world, 'crane', 'Completed', second)).toMatchObject({ commit: commit.id })
  await untilApplied(world, 'harbour', commit.id)
  expect(await second.component.end('SIGTERM')).toBe('exit 0')
  expect(await world.gitops.commitsSince(before)).toEqual([commit])
  expect(await world.gitops.file(commit.id, 'apps/crane.yaml')).toBe(manifest(world, 'crane', '1.1.0'))
})

test('a manifest that cannot be read does not stop the workload beside it', async () => {
  const world = await createWorld(lab, account, 'fleet')
  for (const name of ['sound', 'broken']) await world.release(name, '1.0.0')
  await world.gitops.commit('Launch two ships', {
    'sound/ship.yaml': manifest(world, 'sound', '1.0.0'),
    'broken/ship.yaml': manifest(world, 'broken', '1.0.0'),
  })
  const roots = ['sound', 'broken'].map((name) => ({ name: `fleet-${name}`, path: `./${name}` }))
  await deployWithFlux(world, roots, ['sound', 'broken'])
  const spoilt = `${manifest(world, 'broken', '1.0.0')}  : [not: yaml\n\t}`
  const before = await world.gitops.commit('Spoil one', { 'broken/ship.yaml': spoilt })
  const fairlead = await start(world, 'fairlead-bad-manifest')
  for (const name of ['broken', 'sound']) await world.release(name, '1.1.0')

  const commit = await nextCommit(world, before, fairlead)
  await untilApplied(world, 'fleet-sound', commit.id)
  expect(await decisionIn(world, 'sound', 'Completed', fairlead)).toMatchObject({ commit: commit.id })
  expect(await fairlead.component.end('SIGTERM')).toBe('exit 0')
  expect(await world.gitops.commitsSince(before)).toEqual([commit])
  expect(await world.gitops.file(commit.id, 'sound/ship.yaml')).toBe(manifest(world, 'sound', '1.1.0'))
  expect(await world.gitops.file(commit.id, 'broken/ship.yaml')).toBe(spoilt)
})

test('in mode observe the decision is shown and nothing is written to Git', async () => {
  const world = await createWorld(lab, account, 'lookout')
  await world.release('mast', '1.0.0')
  const before = await world.gitops.commit('Raise the mast', { 'apps/mast.yaml': manifest(world, 'mast', '1.0.0') })
  await deployWithFlux(world, [{ name: 'lookout', path: './apps' }], ['mast'])
  const fairlead = await start(world, 'fairlead-observe', 'observe')
  await world.release('mast', '1.1.0')

  const decision = await decisionIn(world, 'mast', 'Pending', fairlead)
  expect(decision).toMatchObject({ to: world.image('mast', '1.1.0'), commit: undefined })
  expect(await fairlead.component.end('SIGTERM')).toBe('exit 0')
  expect(await world.gitops.head()).toBe(before)
})
