import { describe, expect, test, vi } from 'vitest'
import { resources } from '../../src/api/kubernetes.ts'
import type { UpdateRequest, UpdateRequestStatus } from '../../src/api/update-request.ts'
import { FairleadError } from '../../src/errors.ts'
import { createFakeWorld, digestOf, type FakeWorld, image, manifestOf, type Replica } from '../fakes/world.ts'
import { push, start } from './replica.ts'

const asking = { 'fairlead.dev/policy': 'minor', 'fairlead.dev/min-update-interval': '0s' }
const committing = (world: FakeWorld, config = '') => start(world, `mode: commit\n${config}`)

/** `web` runs 1.0.0 and waits for somebody to approve 1.1.0. */
async function aPendingUpdate(config?: string) {
  const world = createFakeWorld()
  world.registry.push(image('web'), '1.0.0', { digest: digestOf('1.0.0') })
  world.deploy('web', 'ghcr.io/acme/web:1.0.0', asking)
  await world.sync()
  const replica = await committing(world, config)
  await push(world, replica, '1.1.0')
  return { world, replica, request: pendingOf(world) }
}

function pendingOf(world: FakeWorld): UpdateRequest {
  const found = world.requests().filter(({ status }) => status?.phase === 'Pending')
  if (found.length !== 1 || found[0] === undefined) throw new Error(`${found.length} requests are Pending`)
  return found[0]
}

/** Decides as people do, with what the API server has now. */
async function approve({ world, replica }: { world: FakeWorld; replica: Replica }, by = 'alice') {
  const approved = await replica.loops.api.approve(pendingOf(world), { by })
  await replica.quiet()
  return approved
}

function patch(world: FakeWorld, request: UpdateRequest, status: UpdateRequestStatus): void {
  const next = { ...request, status: { ...request.status, ...status } }
  world.cluster.objects.update(resources.updateRequest, next, 'status')
}

const phases = (world: FakeWorld) =>
  world
    .requests()
    .map(({ spec, status }) => `${spec.change.to.split(':')[1]} ${status?.phase}`)
    .sort()
const inGit = (world: FakeWorld) => /web:([\w.]+)/.exec(world.git.read('main', 'apps/web.yaml') ?? '')?.[1]
const reasonOf = ({ status }: UpdateRequest) => status?.conditions?.find(({ type }) => type === 'Progressing')?.reason

describe('an approval', () => {
  test('is carried out, and says who, what and which digest: in the status, in an Event and in the log', async () => {
    const { world, replica } = await aPendingUpdate()
    await approve({ world, replica })
    expect(inGit(world)).toBe('1.1.0')
    const [request] = world.requests()
    const at = expect.stringMatching(/^\d{4}-.*Z$/)
    expect(request?.status).toMatchObject({
      phase: 'Completed',
      approvedBy: 'alice',
      approvedAt: at,
      approvals: [{ by: 'alice', at }],
      commit: await world.git.remoteHead('main'),
    })
    const told = world.cluster.recorded.find(({ reason }) => reason === 'Approved')
    expect(told?.message).toBe(`ghcr.io/acme/web:1.1.0 (${digestOf('1.1.0')}): approved by alice`)
    const line = replica.log.lines.find(({ message }) => message === 'approved by alice')
    expect(line?.fields).toMatchObject({ by: 'alice', to: 'ghcr.io/acme/web:1.1.0', digest: digestOf('1.1.0') })
  })

  test('of what was approved already is refused, and nothing is done twice', async () => {
    const { world, replica, request } = await aPendingUpdate()
    await replica.loops.api.approve(request, { by: 'alice' })
    await expect(replica.loops.api.approve(request, { by: 'bob' })).rejects.toMatchObject({ code: 'NotPending' })
    await replica.quiet()
    expect(world.git.messages('main').filter((one) => one.includes('Fairlead-Id:'))).toHaveLength(1)
  })

  test('of what was replaced since it was looked at is refused', async () => {
    const { world, replica, request } = await aPendingUpdate()
    world.cluster.objects.remove(resources.updateRequest, 'prod', request.metadata.name)
    replica.loops.images.hinted(image('web'))
    await replica.quiet()
    expect(pendingOf(world).metadata.uid).not.toBe(request.metadata.uid)
    patch(world, pendingOf(world), { message: 'another version of the object' })
    const stale = { ...request, metadata: { ...request.metadata, resourceVersion: '1' } }
    await expect(replica.loops.api.approve(stale, { by: 'alice' })).rejects.toMatchObject({ code: 'SeenDiffers' })
    expect(pendingOf(world).status?.approvals).toBeUndefined()
  })

  test('lost against another write of the status is written on top of it', async () => {
    const { world, replica, request } = await aPendingUpdate()
    patch(world, request, { verdicts: { selected: 7 } })
    await replica.loops.api.approve(request, { by: 'alice' })
    await replica.quiet()
    expect(world.requests()[0]?.status).toMatchObject({ phase: 'Completed', verdicts: { selected: 7 } })
  })

  test('by a patch of the status counts, and nobody is named', async () => {
    const { world, replica, request } = await aPendingUpdate()
    patch(world, request, { phase: 'Approved' })
    await replica.quiet()
    expect(inGit(world)).toBe('1.1.0')
    expect(world.requests()[0]?.status?.approvedBy).toBeUndefined()
  })
})

describe('an approval is void', () => {
  test('when the tag was pushed again: the new digest is offered, and needs an approval of its own', async () => {
    const { world, replica, request } = await aPendingUpdate()
    world.registry.push(image('web'), '1.1.0', { digest: digestOf('something else') })
    await approve({ world, replica })
    expect([inGit(world), phases(world)]).toEqual(['1.0.0', ['1.1.0 Superseded']])
    await vi.waitFor(() => expect(pendingOf(world).spec.change.digest).toBe(digestOf('something else')))
    await replica.quiet()
    expect(pendingOf(world).metadata.uid).not.toBe(request.metadata.uid)
    expect(pendingOf(world).status?.approvals).toBeUndefined()
    expect(inGit(world)).toBe('1.0.0')
    await approve({ world, replica }, 'bob')
    expect([inGit(world), phases(world)]).toEqual(['1.1.0', ['1.1.0 Completed']])
  })

  test('when the tag was pushed again between the approvals of two people', async () => {
    const { world, replica } = await aPendingUpdate('approvals: {fourEyes: true}')
    await approve({ world, replica }, 'alice')
    world.registry.push(image('web'), '1.1.0', { digest: digestOf('something else') })
    await approve({ world, replica }, 'bob')
    await vi.waitFor(() => expect(pendingOf(world).spec.change.digest).toBe(digestOf('something else')))
    expect([inGit(world), pendingOf(world).status?.approvals]).toEqual(['1.0.0', undefined])
  })

  test('when the tag was pushed again and the registry says so: what waited starts over', async () => {
    const { world, replica, request } = await aPendingUpdate('approvals: {fourEyes: true}')
    await approve({ world, replica }, 'alice')
    await push(world, replica, '1.1.0', 'something else')
    expect(pendingOf(world).spec.change.digest).toBe(digestOf('something else'))
    expect(pendingOf(world).status?.approvals).toBeUndefined()
    await expect(replica.loops.api.approve(request, { by: 'bob' })).rejects.toMatchObject({ code: 'SeenDiffers' })
    expect(world.git.pushes).toBe(0)
  })

  test('when somebody changed the value: what is offered starts from there', async () => {
    const { world, replica } = await aPendingUpdate()
    const byHand = manifestOf('web', 'ghcr.io/acme/web:1.0.5', asking)
    world.git.commit('main', { 'apps/web.yaml': byHand }, 'By hand')
    await approve({ world, replica })
    await vi.waitFor(() => expect(pendingOf(world).spec.change.from).toBe('ghcr.io/acme/web:1.0.5'))
    expect([inGit(world), pendingOf(world).status?.approvals]).toEqual(['1.0.5', undefined])
  })

  test('when the file was moved: the same change elsewhere is another one', async () => {
    const { world, replica } = await aPendingUpdate()
    const manifest = world.git.read('main', 'apps/web.yaml') ?? ''
    world.git.commit('main', { 'apps/web.yaml': null, 'apps/shop/web.yaml': manifest }, 'Move')
    await world.sync()
    await replica.quiet()
    await vi.waitFor(() => expect(pendingOf(world).spec.change.path).toBe('apps/shop/web.yaml'))
    expect(world.git.pushes).toBe(0)
    await approve({ world, replica })
    expect(world.git.read('main', 'apps/shop/web.yaml')).toContain('web:1.1.0')
  })

  test('when a newer version came before it was carried out, which needs an approval of its own', async () => {
    const { world, replica } = await aPendingUpdate('suspend: true')
    await approve({ world, replica })
    expect(phases(world)).toEqual(['1.1.0 Approved'])
    await push(world, replica, '1.2.0')
    expect(phases(world)).toEqual(['1.1.0 Superseded', '1.2.0 Pending'])
    expect(pendingOf(world).status?.approvals).toBeUndefined()
  })

  test('when it comes too late: what nobody approved in time has expired', async () => {
    const { world, replica, request } = await aPendingUpdate('approvals: {expiry: 1s}')
    await vi.waitFor(() => expect(phases(world)).toEqual(['1.1.0 Expired']), { timeout: 4_000 })
    await expect(replica.loops.api.approve(request, { by: 'alice' })).rejects.toMatchObject({ code: 'NotPending' })
    expect(world.git.pushes).toBe(0)
  })
})

describe('a rejection', () => {
  test('is remembered with who and why, over restarts, until a newer version is there', async () => {
    const { world, replica, request } = await aPendingUpdate()
    await replica.loops.api.reject(request, { by: 'bob', reason: 'breaks the shop' })
    await replica.quiet()
    const remembered = { phase: 'Rejected', rejectedBy: 'bob', message: 'rejected by bob: breaks the shop' }
    expect(world.requests()[0]?.status).toMatchObject(remembered)
    expect(world.cluster.recorded.find(({ reason }) => reason === 'Rejected')?.message).toContain('breaks the shop')
    await replica.stop()
    const next = await committing(world)
    next.loops.images.hinted(image('web'))
    await next.quiet()
    expect([phases(world), inGit(world)]).toEqual([['1.1.0 Rejected'], '1.0.0'])
    expect(world.requests()[0]?.status).toMatchObject(remembered)
    await push(world, next, '1.2.0')
    expect(phases(world)).toEqual(['1.1.0 Rejected', '1.2.0 Pending'])
  })

  test('stays when its tag is pushed again: it was about the version', async () => {
    const { world, replica, request } = await aPendingUpdate()
    await replica.loops.api.reject(request, { by: 'bob', reason: 'no' })
    await push(world, replica, '1.1.0', 'something else')
    expect([phases(world), world.git.pushes]).toEqual([['1.1.0 Rejected'], 0])
  })

  test('of what waits for a second approval stands', async () => {
    const { world, replica } = await aPendingUpdate('approvals: {fourEyes: true}')
    await approve({ world, replica }, 'alice')
    await replica.loops.api.reject(pendingOf(world), { by: 'bob', reason: 'no' })
    await replica.quiet()
    expect([phases(world), world.git.pushes]).toEqual([['1.1.0 Rejected'], 0])
  })
})

describe('with four eyes', () => {
  const fourEyes = 'approvals: {fourEyes: true}'

  test('two different people are needed, in two calls', async () => {
    const { world, replica } = await aPendingUpdate(fourEyes)
    for (const by of ['alice', 'alice']) {
      await approve({ world, replica }, by)
      expect(pendingOf(world).status?.approvals?.map((one) => one.by)).toEqual(['alice'])
      expect(reasonOf(pendingOf(world))).toBe('ApprovalRequired')
    }
    expect(world.git.pushes).toBe(0)
    await approve({ world, replica }, 'bob')
    expect(inGit(world)).toBe('1.1.0')
    expect(world.requests()[0]?.status).toMatchObject({
      phase: 'Completed',
      approvedBy: 'bob',
      approvals: [{ by: 'alice' }, { by: 'bob' }],
    })
  })

  test('of two who approve at the same moment none is lost', async () => {
    const { world, replica, request } = await aPendingUpdate(fourEyes)
    await Promise.all(['alice', 'bob'].map((by) => replica.loops.api.approve(request, { by })))
    await replica.quiet()
    expect([inGit(world), phases(world)]).toEqual(['1.1.0', ['1.1.0 Completed']])
  })

  test('a patched phase is taken back: it names nobody', async () => {
    const { world, replica, request } = await aPendingUpdate(fourEyes)
    patch(world, request, { phase: 'Approved' })
    await replica.quiet()
    expect([phases(world), world.git.pushes]).toEqual([['1.1.0 Pending'], 0])
    expect(pendingOf(world).status?.message).toMatch(/two people through the API/)
  })

  test('switched on later, what one had approved waits for the second', async () => {
    const { world, replica } = await aPendingUpdate('suspend: true')
    await approve({ world, replica })
    await replica.stop()
    const strict = await committing(world, fourEyes)
    expect([phases(world), world.git.pushes]).toEqual([['1.1.0 Pending'], 0])
    await approve({ world, replica: strict }, 'bob')
    expect(inGit(world)).toBe('1.1.0')
  })
})

describe('a plan', () => {
  test('names the commit that is pushed after the approval, and its tree, and shows its diff', async () => {
    const { world, replica, request } = await aPendingUpdate()
    const base = await world.git.remoteHead('main')
    const plan = await replica.loops.api.plan(request)
    expect(plan).toMatchObject({ result: 'change', branch: 'main', base })
    expect(plan.diff).toMatch(/-\s+image: ghcr.io\/acme\/web:1.0.0\n\+\s+image: ghcr.io\/acme\/web:1.1.0\n/)
    expect(plan.message).toContain('Fairlead-Id: ')
    expect([world.git.pushes, await world.git.remoteHead('main')]).toEqual([0, base])
    await approve({ world, replica })
    expect(plan.commit).toMatch(/^[0-9a-f]{40}$/)
    expect(await world.git.remoteHead('main')).toBe(plan.commit)
    expect(world.requests()[0]?.status?.commit).toBe(plan.commit)
  })

  test('is made on the head that the remote has now', async () => {
    const { world, replica, request } = await aPendingUpdate()
    const before = await replica.loops.api.plan(request)
    world.git.commit('main', { 'README.md': 'changed\n' }, 'Elsewhere')
    const plan = await replica.loops.api.plan(request)
    expect(plan.base).toBe(await world.git.remoteHead('main'))
    expect(plan.commit).not.toBe(before.commit)
    await approve({ world, replica })
    expect(await world.git.remoteHead('main')).toBe(plan.commit)
  })

  const refusals: [what: string, change: (world: FakeWorld) => void, message: RegExp][] = [
    [
      'the tag was pushed again',
      (world) => world.registry.push(image('web'), '1.1.0', { digest: digestOf('other') }),
      /pushed again/,
    ],
    [
      'somebody raised the value',
      (world) =>
        void world.git.commit(
          'main',
          { 'apps/web.yaml': manifestOf('web', 'ghcr.io/acme/web:1.5.0', asking) },
          'By hand',
        ),
      /holds ghcr.io\/acme\/web:1.5.0 now|chooses nothing/,
    ],
  ]
  test.each(refusals)('says that nothing would be pushed, when %s', async (_, change, message) => {
    const { world, replica, request } = await aPendingUpdate()
    change(world)
    const plan = await replica.loops.api.plan(request)
    expect(plan).toMatchObject({ result: 'refused', refusal: { code: 'ValueChanged' } })
    expect(plan.refusal?.message).toMatch(message)
  })

  test('says that the branch holds it already', async () => {
    const { world, replica, request } = await aPendingUpdate()
    world.git.commit('main', { 'apps/web.yaml': manifestOf('web', 'ghcr.io/acme/web:1.1.0', asking) }, 'By hand')
    expect(await replica.loops.api.plan(request)).toMatchObject({ result: 'settled' })
  })

  test('of what has ended is refused', async () => {
    const { world, replica, request } = await aPendingUpdate()
    await replica.loops.api.reject(request, { by: 'bob', reason: 'no' })
    const [rejected] = world.requests()
    if (rejected === undefined) throw new Error('the rejection is gone')
    await expect(replica.loops.api.plan(rejected)).rejects.toMatchObject({ code: 'NotPending' })
  })

  test('is not made up while the registry does not answer', async () => {
    const { world, replica, request } = await aPendingUpdate()
    world.registry.digest = () => Promise.reject(new FairleadError('RegistryUnavailable', 'gone'))
    await expect(replica.loops.api.plan(request)).rejects.toMatchObject({ code: 'RegistryUnavailable' })
  })
})
