import { describe, expect, test } from 'vitest'
import { resources } from '../../src/api/kubernetes.ts'
import type { UpdateRequest } from '../../src/api/update-request.ts'
import { slotOf } from '../../src/core/change/claim.ts'
import { rollbackRequestName, updateRequestName } from '../../src/core/change/identity.ts'
import { normaliseRepositoryUrl } from '../../src/core/change/repository-url.ts'
import { FairleadError } from '../../src/errors.ts'
import { createFakeWorld, digestOf, type FakeWorld, gitUrl, image, type Replica } from '../fakes/world.ts'
import { anUpdate, apply, fail } from './failed-update.ts'
import { push, start } from './replica.ts'
import { settle } from './rollout.ts'

const freely = { 'fairlead.dev/policy': 'minor', 'fairlead.dev/require-approval': 'false' }

/** `web` runs 1.0.0 and may go to 1.1.0, which does not exist yet; `db` has no policy at all. */
async function aWorld(annotations: Record<string, string> = freely): Promise<FakeWorld> {
  const world = createFakeWorld()
  for (const name of ['web', 'db']) world.registry.push(image(name), '1.0.0', { digest: digestOf('1.0.0') })
  world.deploy('web', 'ghcr.io/acme/web:1.0.0', annotations)
  world.deploy('db', 'ghcr.io/acme/db:1.0.0', {})
  await world.sync()
  return world
}

type Forgery = (request: UpdateRequest) => void

/** A request as fairlead would make it, after somebody with the right to create one has had a hand in it. */
function forge(change: Forgery, { rename = true } = {}): UpdateRequest {
  const request: UpdateRequest = {
    apiVersion: 'fairlead.dev/v1alpha1',
    kind: 'UpdateRequest',
    metadata: { name: '', namespace: 'prod', labels: {}, annotations: { 'fairlead.dev/sequence': '7' } },
    spec: {
      targets: [{ kind: 'Deployment', namespace: 'prod', name: 'web', container: 'web' }],
      change: {
        repository: normaliseRepositoryUrl(gitUrl),
        branch: 'main',
        path: 'apps/web.yaml',
        keyPath: '0:spec.template.spec.containers[0].image',
        from: 'ghcr.io/acme/web:1.0.0',
        to: 'ghcr.io/acme/web:1.1.0',
        digest: digestOf('1.1.0'),
      },
      policy: 'minor',
      reason: 'selected',
      requireApproval: false,
    },
  }
  change(request)
  if (!rename) return request
  const slot = slotOf(request)
  const name = updateRequestName(slot, request.spec.change.to)
  return { ...request, metadata: { ...request.metadata, name, labels: { 'fairlead.dev/target': slot } } }
}

async function submit(world: FakeWorld, replica: Replica, request: UpdateRequest): Promise<void> {
  world.cluster.objects.create(resources.updateRequest, request)
  await replica.quiet()
}

describe('a request that somebody else made cannot bring into Git', () => {
  const rows: [what: string, forgery: Forgery][] = [
    ['another image', (one) => void Object.assign(one.spec.change, { to: 'evil.example.com/x:666' })],
    ['a tag that is not there', () => undefined],
    ['an older version', (one) => void Object.assign(one.spec.change, { to: 'ghcr.io/acme/web:0.9.0' })],
    [
      'a change of a workload without a policy',
      (one) => {
        one.spec.targets = [{ kind: 'Deployment', namespace: 'prod', name: 'db', container: 'db' }]
        Object.assign(one.spec.change, { path: 'apps/db.yaml', from: 'ghcr.io/acme/db:1.0.0', to: 'ghcr.io/acme/db:6' })
      },
    ],
    [
      'a change under the settings of another workload',
      (one) => {
        one.spec.targets.unshift({ kind: 'Deployment', namespace: 'prod', name: 'db', container: 'db' })
      },
    ],
    ['a change of another branch', (one) => void Object.assign(one.spec.change, { branch: 'release' })],
    ['a change of another file', (one) => void Object.assign(one.spec.change, { path: 'apps/db.yaml' })],
    [
      'a change of another repository',
      (one) => void Object.assign(one.spec.change, { repository: 'https://git.example.com/other' }),
    ],
    ['a change from another namespace', (one) => void Object.assign(one.metadata, { namespace: 'attacker' })],
  ]
  test.each(rows)('%s', async (_, forgery) => {
    const world = await aWorld()
    const replica = await start(world)
    await submit(world, replica, forge(forgery))
    expect(world.git.pushes).toBe(0)
    expect(world.requests().map(({ status }) => status?.phase)).not.toContain('Completed')
  })

  test('anything under a name of its own, and it says so', async () => {
    const world = await aWorld()
    world.registry.push(image('web'), '1.1.0', { digest: digestOf('1.1.0') })
    const replica = await start(world, 'mode: observe')
    await submit(
      world,
      replica,
      forge((one) => void Object.assign(one.metadata, { name: 'mine' }), { rename: false }),
    )
    const mine = world.requests().find(({ metadata }) => metadata.name === 'mine')
    expect(mine?.status?.conditions?.find((one) => one.type === 'Progressing')).toMatchObject({
      reason: 'RequestInvalid',
    })
  })
})

describe('a request of another namespace has no say about one of ours', () => {
  test('however high it counts', async () => {
    const world = await aWorld({ 'fairlead.dev/policy': 'minor' })
    const replica = await start(world)
    world.registry.push(image('web'), '1.1.0', { digest: digestOf('1.1.0') })
    replica.loops.images.hinted(image('web'))
    await replica.quiet()
    await submit(
      world,
      replica,
      forge((one) => {
        one.metadata.namespace = 'attacker'
        one.metadata.annotations = { 'fairlead.dev/sequence': '9007199254740991' }
        one.spec.targets[0] = { kind: 'Deployment', namespace: 'attacker', name: 'web', container: 'web' }
        one.spec.change.to = 'ghcr.io/acme/web:1.9.0'
      }),
    )
    const ours = world.requests().filter(({ metadata }) => metadata.namespace === 'prod')
    expect(ours.map(({ status }) => status?.phase)).toEqual(['Pending'])
  })
})

describe('an approval', () => {
  const approve = async (world: FakeWorld, replica: Replica) => {
    const [request] = world.requests()
    if (request === undefined) throw new Error('there is no request')
    const status = { ...request.status, phase: 'Approved' as const }
    world.cluster.objects.update(resources.updateRequest, { ...request, status }, 'status')
    await replica.quiet()
  }

  async function aPendingUpdate() {
    const world = await aWorld({ 'fairlead.dev/policy': 'minor' })
    const replica = await start(world)
    world.registry.push(image('web'), '1.1.0', { digest: digestOf('1.1.0') })
    replica.loops.images.hinted(image('web'))
    await replica.quiet()
    return { world, replica }
  }

  test('carries the change out', async () => {
    const { world, replica } = await aPendingUpdate()
    await approve(world, replica)
    expect(world.git.read('main', 'apps/web.yaml')).toContain('web:1.1.0')
  })

  test('is void when the tag was pushed again meanwhile', async () => {
    const { world, replica } = await aPendingUpdate()
    world.registry.push(image('web'), '1.1.0', { digest: digestOf('something else') })
    await approve(world, replica)
    expect(world.git.pushes).toBe(0)
    expect(world.requests()[0]?.status?.phase).toBe('Superseded')
    expect(world.requests()[0]?.status?.message).toMatch(/pushed again/)
  })

  test('is not carried out for a tag that was deleted meanwhile', async () => {
    const { world, replica } = await aPendingUpdate()
    world.registry.remove(image('web'), '1.1.0')
    await approve(world, replica)
    expect(world.git.pushes).toBe(0)
  })

  test('waits while the workload is on hold', async () => {
    const { world, replica } = await aPendingUpdate()
    world.annotate('web', { 'fairlead.dev/hold': 'incident 42' })
    await approve(world, replica)
    expect(world.git.pushes).toBe(0)
    const [request] = world.requests()
    expect(request?.status?.conditions?.find((one) => one.type === 'Progressing')).toMatchObject({ reason: 'Held' })
  })
})

describe('a request that somebody else made and calls a rollback', () => {
  const back = (to: string, requestedBy?: string): UpdateRequest => {
    const request = forge(
      (one) => {
        Object.assign(one.spec.change, { to, digest: digestOf(to) })
        Object.assign(one.spec, { action: 'rollback', policy: 'rollback', ...(requestedBy && { requestedBy }) })
      },
      { rename: false },
    )
    const slot = slotOf(request)
    const name = rollbackRequestName(slot, request.spec.change)
    return { ...request, metadata: { ...request.metadata, name, labels: { 'fairlead.dev/target': slot } } }
  }

  /** Git held 0.9.0 before, and every failure would be put back. */
  async function anUpdatedWorld() {
    const world = await aWorld()
    world.registry.push(image('web'), '0.9.0', { digest: digestOf('0.9.0') })
    const text = world.git.read('main', 'apps/web.yaml') ?? ''
    world.git.commit('main', { 'apps/web.yaml': text.replace('web:1.0.0', 'web:0.9.0') }, 'Older')
    world.git.commit('main', { 'apps/web.yaml': text }, 'Newer')
    await world.sync()
    return { world, replica: await start(world, 'mode: commit\nrollback: {onFailure: any}'), text }
  }

  const rows: [what: string, to: string, by: string | undefined, reason: string, message: RegExp][] = [
    ['cannot bring what Git never held', 'ghcr.io/acme/web:6.6.6', undefined, 'RequestInvalid', /never held/],
    ['cannot bring another image', 'evil.example.com/x:1', undefined, 'RequestInvalid', /never held/],
    ['needs a failure', 'ghcr.io/acme/web:0.9.0', undefined, 'RequestInvalid', /no rollout of its targets has failed/],
    ['needs an approval when it names a person', 'ghcr.io/acme/web:0.9.0', 'alice', 'ApprovalRequired', /approval/],
  ]
  test.each(rows)('%s', async (_, to, by, reason, message) => {
    const { world, replica, text } = await anUpdatedWorld()
    await submit(world, replica, back(to, by))
    expect(world.git.read('main', 'apps/web.yaml')).toBe(text)
    const found = world.requests().find(({ spec }) => spec.action === 'rollback')
    const progress = found?.status?.conditions?.find(({ type }) => type === 'Progressing')
    expect(progress).toMatchObject({ reason, message: expect.stringMatching(message) })
  })

  /** It failed with 1.1.0 once, as its request has noted, and 1.2.0 rolls out now. */
  async function aWorldThatFailedOnce() {
    const { world, replica } = await anUpdate({ config: 'mode: commit\nrollback: {onFailure: any}' })
    await fail(world, replica)
    await apply(world, replica, '1.0.0')
    settle(world, 'web', { updated: 1 })
    await push(world, replica, '1.2.0')
    await apply(world, replica, '1.2.0')
    return { world, replica }
  }
  const wayBack = (from: string, to: string): UpdateRequest => {
    const request = back(`ghcr.io/acme/web:${to}`)
    Object.assign(request.spec.change, { from: `ghcr.io/acme/web:${from}`, digest: digestOf(to) })
    return {
      ...request,
      metadata: { ...request.metadata, name: rollbackRequestName(slotOf(request), request.spec.change) },
    }
  }

  test('cannot use a failure of long ago while a newer version rolls out', async () => {
    const { world, replica } = await aWorldThatFailedOnce()
    await submit(world, replica, wayBack('1.2.0', '1.0.0'))
    expect(world.git.read('main', 'apps/web.yaml')).toContain('web:1.2.0')
  })

  test('cannot go back to what failed before', async () => {
    const { world, replica } = await aWorldThatFailedOnce()
    // Its own way back waits meanwhile.
    world.registry.digest = () => Promise.reject(new FairleadError('RegistryUnavailable', 'away'))
    await fail(world, replica)
    world.registry.digest = async (_, tag) => digestOf(tag)
    await submit(world, replica, wayBack('1.2.0', '1.1.0'))
    const messages = world.requests().map(({ status }) => status?.message ?? '')
    expect(messages).toContainEqual(expect.stringContaining('is not the one that ran well last'))
    expect(world.git.read('main', 'apps/web.yaml')).not.toContain('web:1.1.0')
  })
})
