import { describe, expect, test, vi } from 'vitest'
import { FairleadError } from '../../src/errors.ts'
import { createFakeWorld, digestOf, type FakeWorld, image, manifestOf } from '../fakes/world.ts'
import { push, start } from './replica.ts'

/** A world where `web` runs 1.0.0 and Flux has applied what is in Git. */
async function aWorld(annotations?: Record<string, string>): Promise<FakeWorld> {
  const world = createFakeWorld()
  world.registry.push(image('web'), '1.0.0', { digest: digestOf('1.0.0') })
  world.deploy('web', 'ghcr.io/acme/web:1.0.0', annotations)
  await world.sync()
  return world
}

const freely = { 'fairlead.dev/policy': 'minor', 'fairlead.dev/require-approval': 'false' }
const ours = (world: FakeWorld) => world.git.messages('main').filter((message) => message.includes('Fairlead-Id:'))

describe('a pushed image', () => {
  test('becomes one commit that changes the tag and nothing else', async () => {
    const world = await aWorld()
    const before = world.git.read('main', 'apps/web.yaml') ?? ''
    const replica = await start(world)
    await push(world, replica, '1.1.0')
    expect(world.git.read('main', 'apps/web.yaml')).toBe(before.replace('web:1.0.0', 'web:1.1.0'))
    expect(ours(world)).toHaveLength(1)
    expect(ours(world)[0]).toMatch(/^Update ghcr.io\/acme\/web to 1.1.0 in prod\/web\n\nFairlead-Id: [0-9a-f]{16}\n/)
  })

  test('is an UpdateRequest that says what happened, with the commit that is on the branch', async () => {
    const world = await aWorld()
    await push(world, await start(world), '1.1.0')
    const [request] = world.requests()
    expect(request?.spec).toMatchObject({
      targets: [{ kind: 'Deployment', namespace: 'prod', name: 'web', container: 'web' }],
      change: {
        from: 'ghcr.io/acme/web:1.0.0',
        to: 'ghcr.io/acme/web:1.1.0',
        digest: digestOf('1.1.0'),
        path: 'apps/web.yaml',
      },
      policy: 'minor',
    })
    expect(request?.status).toMatchObject({ phase: 'Completed', commit: await world.git.remoteHead('main') })
    expect(request?.status?.verdicts).toEqual({ selected: 1, 'not-newer': 1 })
    expect(request?.status?.candidates?.[0]).toEqual({ tag: '1.1.0', verdict: 'selected' })
    expect(conditionOf(request, 'Progressing')).toMatchObject({ status: 'True', reason: 'WaitingForSync' })
  })

  test('is applied when the engine holds the commit, and then nothing is left to do', async () => {
    const world = await aWorld()
    const replica = await start(world)
    await push(world, replica, '1.1.0')
    await world.sync()
    await replica.quiet()
    expect(conditionOf(world.requests()[0], 'Applied')).toMatchObject({ status: 'True' })
    const version = world.cluster.objects.version
    await replica.quiet()
    expect(world.cluster.objects.version).toBe(version)
  })

  test('is asked from the registry: a hint alone changes nothing', async () => {
    const world = await aWorld()
    const replica = await start(world)
    replica.loops.images.hinted({ ...image('web') })
    await replica.quiet()
    expect(ours(world)).toEqual([])
    expect(world.registry.calls.filter((call) => call.startsWith('tags'))).toHaveLength(2)
  })

  test('of an image that nobody watches is not even asked for', async () => {
    const world = await aWorld()
    const replica = await start(world)
    replica.loops.images.hinted(image('other'))
    await replica.quiet()
    expect(world.registry.calls.some((call) => call.includes('other'))).toBe(false)
  })

  test('outside the policy changes nothing', async () => {
    const world = await aWorld()
    await push(world, await start(world), '2.0.0')
    expect(ours(world)).toEqual([])
    expect(world.requests()).toEqual([])
  })

  test('hinted before the registry lists its tag is found all the same', async () => {
    const world = await aWorld()
    const replica = await start(world)
    replica.loops.images.hinted(image('web'), '1.1.0')
    await replica.quiet()
    expect(ours(world)).toEqual([])
    world.registry.push(image('web'), '1.1.0', { digest: digestOf('1.1.0') })
    await vi.waitFor(() => expect(ours(world)).toHaveLength(1), { timeout: 3_000 })
  })

  test('listed before the registry serves its manifest is tried again', async () => {
    const world = await aWorld()
    const replica = await start(world)
    const digest = world.registry.digest
    world.registry.digest = async () => undefined
    await push(world, replica, '1.1.0')
    expect(world.requests()).toEqual([])
    expect(world.cluster.recorded).toEqual([])
    world.registry.digest = digest
    await vi.waitFor(() => expect(ours(world)).toHaveLength(1), { timeout: 3_000 })
  })

  test('hinted many times is one commit', async () => {
    const world = await aWorld()
    const replica = await start(world)
    world.registry.push(image('web'), '1.1.0', { digest: digestOf('1.1.0') })
    for (let i = 0; i < 20; i++) replica.loops.images.hinted(image('web'))
    await replica.quiet()
    expect(ours(world)).toHaveLength(1)
  })
})

describe('an image that says what it was built from', () => {
  const source = { repository: 'https://github.com/acme/web', revision: '0123456789abcdef0123456789abcdef01234567' }
  const pushed = { digest: digestOf('1.1.0'), source }
  const requestOf = (world: FakeWorld) => {
    const [request] = world.requests()
    if (request === undefined) throw new Error('no request')
    return request
  }

  test('has its commit named in the trailers, and costs one question', async () => {
    const world = await aWorld()
    const replica = await start(world)
    world.registry.push(image('web'), '1.1.0', pushed)
    replica.loops.images.hinted(image('web'))
    await replica.quiet()
    expect(ours(world)[0]).toContain(
      `Argocd-reference-commit-repourl: ${source.repository}\nArgocd-reference-commit-sha: ${source.revision}\n`,
    )
    expect(world.registry.calls.filter((call) => call.startsWith('source'))).toHaveLength(1)
  })

  test('is the same commit in the plan, and again after the registry was down: never one without its source', async () => {
    const world = await aWorld({ ...freely, 'fairlead.dev/require-approval': 'true' })
    const replica = await start(world)
    world.registry.push(image('web'), '1.1.0', pushed)
    replica.loops.images.hinted(image('web'))
    await replica.quiet()
    const ask = world.registry.source
    world.registry.source = () => Promise.reject(new FairleadError('RegistryUnavailable', 'down'))
    await expect(replica.loops.api.plan(requestOf(world))).rejects.toMatchObject({ code: 'RegistryUnavailable' })
    world.registry.source = ask
    const plan = await replica.loops.api.plan(requestOf(world))
    await replica.loops.api.approve(requestOf(world), { by: 'alice' })
    await replica.quiet()
    expect(plan).toMatchObject({ result: 'change', commit: await world.git.remoteHead('main') })
  })

  test('and is not served yet is asked again, not taken for one that says nothing', async () => {
    const world = await aWorld()
    const replica = await start(world)
    const ask = world.registry.source
    world.registry.source = () => Promise.reject(new FairleadError('RegistryNotFound', 'not here'))
    world.registry.push(image('web'), '1.1.0', pushed)
    replica.loops.images.hinted(image('web'))
    await replica.quiet()
    expect(ours(world)).toEqual([])
    world.registry.source = ask
    await vi.waitFor(() => expect(ours(world)[0]).toContain('Argocd-reference-commit-sha'), { timeout: 3_000 })
  })
})

describe('nothing is written to Git', () => {
  const rows: [what: string, config: string, annotations: Record<string, string>, reason: string][] = [
    ['by default: the mode is observe', '', freely, 'ObserveOnly'],
    ['while an approval is required', 'mode: commit', { 'fairlead.dev/policy': 'minor' }, 'ApprovalRequired'],
    ['while everything is suspended', 'mode: commit\nsuspend: true', freely, 'Suspended'],
    [
      'for a workload that is only observed',
      'mode: commit',
      { 'fairlead.dev/policy': 'minor', 'fairlead.dev/require-approval': 'false', 'fairlead.dev/mode': 'observe' },
      'ObserveOnly',
    ],
  ]
  test.each(rows)('%s, and the decision says so', async (_, config, annotations, reason) => {
    const world = await aWorld(annotations)
    await push(world, await start(world, config), '1.1.0')
    expect(world.git.pushes).toBe(0)
    expect(world.requests().map((one) => one.status?.phase)).toEqual(['Pending'])
    expect(conditionOf(world.requests()[0], 'Progressing')).toMatchObject({ reason })
  })
})

describe('two replicas of the program one after the other', () => {
  test('make one commit, wherever the first was killed', async () => {
    const world = await aWorld()
    const first = await world.start()
    await first.quiet()
    await push(world, first, '1.1.0')
    await first.stop()
    // As if it had died between the push and the status.
    for (const request of world.requests()) {
      const { status: _, ...rest } = request
      world.cluster.objects.remove(updateRequests, 'prod', request.metadata.name)
      world.cluster.objects.create(updateRequests, { ...rest, metadata: { ...rest.metadata, resourceVersion: '' } })
    }
    await start(world)
    expect(ours(world)).toHaveLength(1)
    expect(world.requests()[0]?.status).toMatchObject({
      phase: 'Completed',
      commit: await world.git.remoteHead('main'),
    })
  })
})

describe('a human wins', () => {
  test('who puts the old version back: the same version is not pushed again', async () => {
    const world = await aWorld()
    const replica = await start(world)
    await push(world, replica, '1.1.0')
    const annotations = freely
    world.git.commit('main', { 'apps/web.yaml': manifestOf('web', 'ghcr.io/acme/web:1.0.0', annotations) }, 'Revert')
    await world.sync()
    await replica.quiet()
    replica.loops.images.hinted(image('web'))
    await replica.quiet()
    expect(world.git.read('main', 'apps/web.yaml')).toContain('web:1.0.0')
    expect(ours(world)).toHaveLength(1)
  })

  test('who changed it meanwhile to something still older: it is decided again from there', async () => {
    const world = await aWorld()
    const replica = await start(world)
    world.git.commit('main', { 'apps/web.yaml': manifestOf('web', 'ghcr.io/acme/web:1.0.5', freely) }, 'By hand')
    await push(world, replica, '1.1.0')
    await vi.waitFor(() => expect(world.git.read('main', 'apps/web.yaml')).toContain('web:1.1.0'), { timeout: 4_000 })
    expect(world.requests().map(({ spec }) => spec.change.from)).toEqual(['ghcr.io/acme/web:1.0.5'])
  })

  test('who raised it meanwhile: the decision gives way', async () => {
    const world = await aWorld()
    const replica = await start(world)
    const annotations = freely
    world.git.commit('main', { 'apps/web.yaml': manifestOf('web', 'ghcr.io/acme/web:1.5.0', annotations) }, 'By hand')
    await push(world, replica, '1.1.0')
    expect(ours(world)).toEqual([])
    expect(world.requests()[0]?.status).toMatchObject({ phase: 'Superseded' })
  })
})

describe('a decision that was only observed', () => {
  test('is carried out once Git and the live object allow it', async () => {
    const world = await aWorld()
    const replica = await start(world, 'mode: observe')
    await push(world, replica, '1.1.0')
    expect(world.git.pushes).toBe(0)
    const annotations = { ...freely, 'fairlead.dev/mode': 'commit' }
    world.git.commit('main', { 'apps/web.yaml': manifestOf('web', 'ghcr.io/acme/web:1.0.0', annotations) }, 'Allow it')
    await world.sync()
    world.annotate('web', annotations)
    await replica.quiet()
    expect(ours(world)).toHaveLength(1)
  })
})

describe('a newer version', () => {
  test('takes the place of one that still waits', async () => {
    const world = await aWorld({ 'fairlead.dev/policy': 'minor', 'fairlead.dev/min-update-interval': '0s' })
    const replica = await start(world)
    await push(world, replica, '1.1.0')
    await push(world, replica, '1.2.0')
    const phases = world.requests().map(({ spec, status }) => `${spec.change.to.split(':')[1]} ${status?.phase}`)
    expect(phases.sort()).toEqual(['1.1.0 Superseded', '1.2.0 Pending'])
  })

  test('after many others leaves only the five newest finished ones behind', async () => {
    const world = await aWorld({ ...freely, 'fairlead.dev/min-update-interval': '0s' })
    const replica = await start(world)
    for (let minor = 1; minor <= 8; minor++) await push(world, replica, `1.${minor}.0`)
    expect(ours(world)).toHaveLength(8)
    expect(world.requests()).toHaveLength(5)
  })
})

describe('the live object alone', () => {
  test('cannot raise what Git allows: the mode stays, the refusal is said', async () => {
    const world = await aWorld(freely)
    const replica = await start(world, 'mode: observe')
    await push(world, replica, '1.1.0')
    expect(conditionOf(world.requests()[0], 'Progressing')).toMatchObject({ reason: 'ObserveOnly' })
    world.annotate('web', { 'fairlead.dev/mode': 'commit' })
    await replica.quiet()
    replica.loops.images.hinted(image('web'))
    await replica.quiet()
    expect(world.git.pushes).toBe(0)
    expect(world.cluster.recorded.map((one) => one.reason)).toContain('PolicyNotInGit')
  })
})

describe('what is wrong with one workload', () => {
  test('is said in an Event on it, once, and does not stop the others', async () => {
    const world = await aWorld()
    world.deploy('broken', 'ghcr.io/acme/broken:1.0.0', { 'fairlead.dev/policy': 'mnior' })
    world.git.commit('main', { 'apps/garbage.yaml': 'a: [\n' }, 'Break another file')
    await world.sync()
    const replica = await start(world)
    await push(world, replica, '1.1.0')
    expect(ours(world)).toHaveLength(1)
    const events = world.cluster.recorded.filter((one) => one.about.name === 'broken')
    expect(events).toHaveLength(1)
    expect(events[0]).toMatchObject({ type: 'Warning', reason: 'PolicyInvalid', count: 1 })
    expect(events[0]?.message).toContain('mnior')
  })

  test('is said when Flux does not list it', async () => {
    const world = await aWorld()
    world.deploy('stray', 'ghcr.io/acme/stray:1.0.0')
    await start(world)
    expect(world.cluster.recorded.map((one) => `${one.about.name} ${one.reason}`)).toContain('stray NotOwned')
  })
})

describe('metrics', () => {
  test('tell the version and phase of every workload, and the requests by phase', async () => {
    const world = await aWorld()
    const replica = await start(world)
    await push(world, replica, '1.1.0')
    let text = ''
    for await (const piece of replica.metrics.render()) text += piece
    expect(text).toContain('fairlead_update_requests{phase="Completed"} 1')
    expect(text).toContain('fairlead_update_requests{phase="Pending"} 0')
    expect(text).toMatch(
      /fairlead_workload_version_info\{namespace="prod",kind="Deployment",name="web",version="1.0.0",.*\} 1/,
    )
    expect(text).toContain(
      'fairlead_rollout_phase{namespace="prod",kind="Deployment",name="web",phase="rolling_out"} 1',
    )
  })
})

const updateRequests = {
  group: 'fairlead.dev',
  version: 'v1alpha1',
  plural: 'updaterequests',
  kind: 'UpdateRequest',
  namespaced: true,
}

function conditionOf(request: ReturnType<FakeWorld['requests']>[number] | undefined, type: string) {
  return request?.status?.conditions?.find((one) => one.type === type)
}
