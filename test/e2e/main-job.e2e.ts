import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isOwnWrite, writesOf } from './audit.ts'
import { eventually } from './eventually.ts'
import { type Account, type Fairlead, installFairlead, startFairlead } from './fairlead.ts'
import { valueAt } from './kubernetes.ts'
import { type Lab, startLab } from './lab.ts'
import { labelledDeployment, plainDeployment } from './manifest.ts'
import {
  createWorld,
  decisionIn,
  deployWithFlux,
  nextCommit,
  notificationsTaken,
  phasesOfNextRollout,
  untilApplied,
  untilContent,
  versionsOf,
  type World,
} from './world.ts'

let lab: Lab
let account: Account

beforeAll(async () => {
  lab = await startLab()
  account = await installFairlead(lab)
})

afterAll(() => lab?.stop())

describe('a release in the registry, Git written with the git binary', () => {
  let world: World
  let fairlead: Fairlead

  beforeAll(async () => {
    world = await createWorld(lab, account, 'shop')
    for (const tag of ['1.0.0', '2.0.0']) await world.release('web', tag)
    await world.release('api', '1.0.0')
    await world.gitops.commit('Open the shop', {
      'apps/web.yaml': web('1.0.0'),
      'apps/api.yaml': api('1.0.0'),
      'README.md': 'web is at 1.0.0\n',
    })
    await deployWithFlux(world, [{ name: 'shop', path: './apps' }], ['web', 'api'])
    fairlead = await startFairlead(lab, account, {
      name: 'fairlead-native',
      mode: 'commit',
      backend: 'native',
      namespace: 'shop',
      repository: world.gitops.url,
      allowPaths: ['apps/**'],
    })
    await untilContent(fairlead, 3)
  })

  afterAll(() => fairlead?.component.end('SIGKILL'))

  const web = (tag: string) => plainDeployment({ namespace: 'shop', name: 'web', image: world.image('web', tag) })
  const api = (tag: string) =>
    labelledDeployment({ namespace: 'shop', name: 'api', image: world.image('api', tag) }, tag)

  test('is committed once, with the tag and nothing else, applied by Flux and followed to success', async () => {
    const before = await world.gitops.head()
    const [phases, commit] = await Promise.all([
      phasesOfNextRollout(fairlead, 'shop', 'web'),
      world.release('web', '1.1.0').then(() => nextCommit(world, before, fairlead)),
    ])

    expect(phases).toEqual(['success', 'rolling_out', 'success'])
    expect(commit).toMatchObject({ author: 'fairlead', files: ['apps/web.yaml'] })
    expect(commit.message).toMatch(/^Fairlead-Id: [0-9a-f]{16}$/m)
    expect(await world.gitops.file(commit.id, 'apps/web.yaml')).toBe(web('1.1.0'))
    await untilApplied(world, 'shop', commit.id)
    expect(await versionsOf(fairlead, 'shop', 'web')).toEqual(['1.1.0'])
    expect(await decisionIn(world, 'web', 'Completed', fairlead)).toMatchObject({ commit: commit.id })
    expect(await world.gitops.commitsSince(before)).toHaveLength(1)
  })

  test('takes the version label along where the manifest carries one', async () => {
    const before = await world.gitops.head()
    const [phases, commit] = await Promise.all([
      phasesOfNextRollout(fairlead, 'shop', 'api'),
      world.release('api', '1.1.0').then(() => nextCommit(world, before, fairlead)),
    ])

    expect(phases).toEqual(['success', 'rolling_out', 'success'])
    expect(commit).toMatchObject({ author: 'fairlead', files: ['apps/api.yaml'] })
    expect(await world.gitops.file(commit.id, 'apps/api.yaml')).toBe(api('1.1.0'))
    await untilApplied(world, 'shop', commit.id)
    expect(await versionsOf(fairlead, 'shop', 'api')).toEqual(['1.1.0'])
    expect(await world.gitops.commitsSince(before)).toHaveLength(1)
  })

  test('reached fairlead through the notification that the registry itself sent', async () => {
    expect(await notificationsTaken(fairlead)).toBeGreaterThanOrEqual(5)
  })

  test('ends: SIGTERM makes fairlead exit 0 and free its lease', async () => {
    await Promise.all([
      fairlead.component.end('SIGTERM'),
      eventually('fairlead has ended', () => fairlead.component.exit(), { timeoutMs: 10_000 }),
    ])
    expect(fairlead.component.exit()).toBe('exit 0')
    const lease = await lab.plane.kubernetes.get('coordination.k8s.io/v1', 'Lease', account.namespace, 'fairlead')
    expect(valueAt(lease, 'spec', 'holderIdentity') ?? '').toBe('')
  })
})

describe('the same without a git binary', () => {
  test('is committed once, with the tag and nothing else, applied by Flux and followed to success', async () => {
    const world = await createWorld(lab, account, 'bakery')
    const bread = (tag: string) =>
      plainDeployment({ namespace: 'bakery', name: 'bread', image: world.image('bread', tag) })
    await world.release('bread', '1.0.0')
    const before = await world.gitops.commit('Bake', { 'apps/bread.yaml': bread('1.0.0') })
    await deployWithFlux(world, [{ name: 'bakery', path: './apps' }], ['bread'])
    const fairlead = await startFairlead(lab, account, {
      name: 'fairlead-isomorphic',
      mode: 'commit',
      backend: 'isomorphic',
      namespace: 'bakery',
      repository: world.gitops.url,
      allowPaths: ['apps/**'],
    })
    await untilContent(fairlead, 1)
    const [phases, commit] = await Promise.all([
      phasesOfNextRollout(fairlead, 'bakery', 'bread'),
      world.release('bread', '1.1.0').then(() => nextCommit(world, before, fairlead)),
    ])

    expect(phases).toEqual(['success', 'rolling_out', 'success'])
    expect(commit).toMatchObject({ author: 'fairlead', files: ['apps/bread.yaml'] })
    expect(await world.gitops.file(commit.id, 'apps/bread.yaml')).toBe(bread('1.1.0'))
    await untilApplied(world, 'bakery', commit.id)
    expect(await decisionIn(world, 'bread', 'Completed', fairlead)).toMatchObject({ commit: commit.id })
    expect(await world.gitops.commitsSince(before)).toHaveLength(1)
    expect(await fairlead.component.end('SIGTERM')).toBe('exit 0')
  })
})

describe('all that time', () => {
  test('fairlead wrote its own kinds, its Lease, Events and reviews, and no other object', async () => {
    const writes = await writesOf(lab.plane.auditLog, account.user)
    expect(writes.filter((write) => !isOwnWrite(write))).toEqual([])
    const resources = new Set(writes.map((write) => write.resource))
    expect(resources).toContain('fairlead.dev/updaterequests')
    expect(resources).toContain('coordination.k8s.io/leases')
  })

  test('the shipped rights were enough: nothing it tried was forbidden', async () => {
    const writes = await writesOf(lab.plane.auditLog, account.user)
    expect(writes.filter(({ code }) => code === 401 || code === 403)).toEqual([])
  })
})
