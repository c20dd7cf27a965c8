import { afterEach, describe, expect, test } from 'vitest'
import { resources } from '../../src/api/kubernetes.ts'
import { createFakeWorld, digestOf, type FakeWorld, image, manifestOf, type Replica } from '../fakes/world.ts'

/** Only what the head of the branch says about policies lets a change through, about every container of the slot. */

const replicas: Replica[] = []
afterEach(async () => {
  for (const replica of replicas.splice(0)) await replica.stop()
})

type Annotations = Record<string, string>
const base = { 'fairlead.dev/policy': 'minor', 'fairlead.dev/require-approval': 'false' }

async function start(world: FakeWorld, ...how: Parameters<FakeWorld['start']>): Promise<Replica> {
  const replica = await world.start(...how)
  replicas.push(replica)
  await replica.quiet()
  return replica
}

async function push(world: FakeWorld, replica: Replica, name: string): Promise<void> {
  world.registry.push(image(name), '1.1.0', { digest: digestOf('1.1.0') })
  replica.loops.images.hinted(image(name))
  await replica.quiet()
}

describe('what somebody commits about the policy while the branch is not looked at', () => {
  const committed: [string, Annotations][] = [
    ['a hold', { ...base, 'fairlead.dev/hold': 'broken' }],
    ['the demand of an approval', { ...base, 'fairlead.dev/require-approval': 'true' }],
    ['no policy', {}],
    ['a policy that does not choose it', { ...base, 'fairlead.dev/policy': 'patch' }],
    ['mode observe', { ...base, 'fairlead.dev/mode': 'observe' }],
  ]
  test.each(committed)('%s holds', async (_, annotations) => {
    const world = createFakeWorld()
    world.registry.push(image('web'), '1.0.0', { digest: digestOf('1.0.0') })
    world.deploy('web', 'ghcr.io/acme/web:1.0.0', base)
    await world.sync()
    const replica = await start(world)
    const text = manifestOf('web', 'ghcr.io/acme/web:1.0.0', annotations)
    world.git.commit('main', { 'apps/web.yaml': text }, 'Tighten')
    await push(world, replica, 'web')
    expect(world.git.read('main', 'apps/web.yaml')).toBe(text)
  })

  test('holds for every container of the slot', async () => {
    const world = await aSharedSlot(base, base)
    const replica = await start(world)
    const text = manifestOf('b', 'ghcr.io/acme/shared:1.0.0', { ...base, 'fairlead.dev/hold': 'broken' })
    world.git.commit('main', { 'apps/b.yaml': text }, 'Hold b')
    await push(world, replica, 'shared')
    expect(sharedTag(world)).toBe('1.0.0')
  })
})

describe('a slot of two workloads', () => {
  test('is changed when both policies choose it', async () => {
    const world = await aSharedSlot(base, base)
    await push(world, await start(world), 'shared')
    expect(sharedTag(world)).toBe('1.1.0')
  })

  test('is not changed when their policies in Git differ, whatever the live objects say', async () => {
    const world = await aSharedSlot(base, { ...base, 'fairlead.dev/policy': 'patch' })
    annotateOnly(world, 'b', { 'fairlead.dev/require-approval': 'false' })
    const rules = 'updates: {rules: [{policy: minor}]}'
    await push(world, await start(world, `mode: commit\n${rules}`), 'shared')
    expect(sharedTag(world)).toBe('1.0.0')
    expect(world.requests()).toEqual([])
    expect(world.cluster.recorded[0]).toMatchObject({ reason: 'PolicyConflict' })
  })

  test('is not changed when their policies differ since it was decided', async () => {
    const asked = { ...base, 'fairlead.dev/require-approval': 'true' }
    const world = await aSharedSlot(asked, asked)
    const replica = await start(world)
    await push(world, replica, 'shared')
    const other = { ...asked, 'fairlead.dev/policy': 'patch' }
    const text = manifestOf('b', 'ghcr.io/acme/shared:1.0.0', other)
    world.git.commit('main', { 'apps/b.yaml': text }, 'Patches only')
    await world.sync()
    annotateOnly(world, 'b', other)
    await replica.quiet()
    const [request] = world.requests()
    if (request === undefined) throw new Error('nothing was decided')
    await replica.loops.api.approve(request, { by: 'jane' })
    await replica.quiet()
    expect(sharedTag(world)).toBe('1.0.0')
    expect(world.requests()[0]?.status?.message).toMatch(/their policies in Git differ/)
  })

  test('is decided by what Git says of both, and not again and again', async () => {
    const world = await aSharedSlot(base, { ...base, 'fairlead.dev/platform': 'linux/arm64' })
    annotateOnly(world, 'b', base)
    const replica = await start(world)
    await push(world, replica, 'shared')
    expect(world.requests()).toEqual([])
    expect(world.cluster.recorded[0]).toMatchObject({ reason: 'WrongPlatform' })
  })

  test.each(['aa', 'zz'])('is not changed when namespace %s of one may not cause changes', async (other) => {
    const world = await aSharedSlot(base, base, other)
    await push(world, await start(world, undefined, undefined, { namespaceAllowed: (one) => one === 'prod' }), 'shared')
    expect(sharedTag(world)).toBe('1.0.0')
    expect(world.cluster.recorded[0]).toMatchObject({ reason: 'NamespaceNotAllowed' })
  })
})

test('a rule for an image that only the live object runs loosens nothing', async () => {
  const world = createFakeWorld()
  world.registry.push(image('web'), '1.0.0', { digest: digestOf('1.0.0') })
  world.deploy('web', 'ghcr.io/acme/web:1.0.0', { 'fairlead.dev/policy': 'minor' })
  await world.sync()
  const live = world.cluster.objects.get(resources.deployment, 'prod', 'web')
  if (live === undefined) throw new Error('no Deployment')
  const containers = [{ name: 'web', image: 'ghcr.io/trusted/web:1.0.0' }]
  world.cluster.objects.update(
    resources.deployment,
    { ...live, spec: { template: { spec: { containers } } } },
    'object',
  )
  const rule = '{match: {image: "ghcr.io/trusted/*"}, require-approval: false}'
  const replica = await start(world, `mode: commit\nupdates: {rules: [${rule}]}`)
  world.registry.push(image('web'), '1.1.0', { digest: digestOf('1.1.0') })
  replica.loops.images.wake('Deployment/prod/web', 0)
  await push(world, replica, 'web')
  expect(world.git.read('main', 'apps/web.yaml')).toContain(':1.0.0')
})

/** One `images:` entry decides `a` and `b`. */
async function aSharedSlot(a: Annotations, b: Annotations, namespaceOfB = 'prod'): Promise<FakeWorld> {
  const world = createFakeWorld()
  world.registry.push(image('shared'), '1.0.0', { digest: digestOf('1.0.0') })
  world.deploy('a', 'ghcr.io/acme/shared:1.0.0', a)
  world.deploy('b', 'ghcr.io/acme/shared:1.0.0', b)
  const entry = 'resources: [a.yaml, b.yaml]\nimages:\n  - name: ghcr.io/acme/shared\n    newTag: 1.0.0\n'
  const text = manifestOf('b', 'ghcr.io/acme/shared:1.0.0', b)
  const files = {
    'apps/kustomization.yaml': entry,
    'apps/b.yaml': text.replace('namespace: prod', `namespace: ${namespaceOfB}`),
  }
  world.git.commit('main', files, 'Share')
  await world.sync()
  return world
}

const sharedTag = ({ git }: FakeWorld) => /newTag: (\S+)/.exec(git.read('main', 'apps/kustomization.yaml') ?? '')?.[1]

function annotateOnly(world: FakeWorld, name: string, annotations: Annotations): void {
  const live = world.cluster.objects.get(resources.deployment, 'prod', name)
  if (live === undefined) throw new Error(`no Deployment ${name}`)
  world.cluster.objects.update(resources.deployment, { ...live, metadata: { ...live.metadata, annotations } }, 'object')
}
