import { describe, expect, test } from 'vitest'
import { resources } from '../../src/api/kubernetes.ts'
import type { UpdateRequest } from '../../src/api/update-request.ts'
import { FairleadError } from '../../src/errors.ts'
import { createFakeWorld, digestOf, type FakeWorld, image, type Replica } from '../fakes/world.ts'
import { push, start } from './replica.ts'

/** What holds a decision back, from the setting to the status of its request. */

/** `web` runs 1.0.0 under these annotations, without an interval or an approval in the way. */
async function aWorld(annotations: Record<string, string>): Promise<FakeWorld> {
  const world = createFakeWorld()
  world.registry.push(image('web'), '1.0.0', { digest: digestOf('1.0.0') })
  const base = { policy: 'minor', 'require-approval': 'false', 'min-update-interval': '0s' }
  const named = Object.entries({ ...base, ...annotations }).map(([key, value]) => [`fairlead.dev/${key}`, value])
  world.deploy('web', 'ghcr.io/acme/web:1.0.0', Object.fromEntries(named))
  await world.sync()
  return world
}

const tagInGit = (world: FakeWorld) => /image: \S+?:(\S+)/.exec(world.git.read('main', 'apps/web.yaml') ?? '')?.[1]
const progressing = ({ status }: UpdateRequest) => status?.conditions?.find(({ type }) => type === 'Progressing')
const waits = (world: FakeWorld) =>
  world.requests().map((one) => `${one.spec.change.to.split(':')[1]} ${progressing(one)?.reason}`)

describe('a window', () => {
  const config = (windows: string) => `mode: commit\nwindows:\n${windows}`
  const closed = '- {name: freeze, exclude: [{cron: "* * * * *", duration: 1h}]}\n'
  const open = '- {name: freeze, allow: [{cron: "* * * * *", duration: 1h}]}\n'

  test('that is closed lets nothing through, and the request says so', async () => {
    const world = await aWorld({ window: 'freeze' })
    await push(world, await start(world, config(closed)), '1.1.0')
    expect(tagInGit(world)).toBe('1.0.0')
    expect(waits(world)).toEqual(['1.1.0 OutsideWindow'])
  })

  test('that is open lets it through', async () => {
    const world = await aWorld({ window: 'freeze' })
    await push(world, await start(world, config(open)), '1.1.0')
    expect(tagInGit(world)).toBe('1.1.0')
  })

  test('says until when it is closed', async () => {
    const world = await aWorld({ window: 'leap' })
    const leap = '- {name: leap, allow: [{cron: "0 0 29 2 *", duration: 1m}], timezone: UTC}\n'
    await push(world, await start(world, config(leap)), '1.1.0')
    const [request] = world.requests()
    expect(request?.status?.message).toMatch(/^window leap closed until \d{4}-02-29T00:00:00Z$/)
  })

  test('may be for everybody, or for those that a rule names', async () => {
    const world = await aWorld({})
    const matching = closed.replace('exclude', 'match: {namespace: "pr*"}, exclude')
    await push(world, await start(world, config(matching)), '1.1.0')
    expect(waits(world)).toEqual(['1.1.0 OutsideWindow'])
    const rule = 'updates: {rules: [{window: freeze}]}\n'
    const ruled = await aWorld({})
    await push(ruled, await start(ruled, config(closed) + rule), '1.1.0')
    expect(waits(ruled)).toEqual(['1.1.0 OutsideWindow'])
  })

  test('that is not configured is an Event on the workload', async () => {
    const world = await aWorld({ window: 'frieze' })
    await push(world, await start(world, config(open)), '1.1.0')
    expect(tagInGit(world)).toBe('1.0.0')
    expect(world.cluster.recorded).toMatchObject([{ reason: 'PolicyInvalid', about: { name: 'web' } }])
    expect(world.cluster.recorded[0]?.message).toContain('"frieze" is not configured under windows; there are freeze')
  })
})

describe('a minimum age', () => {
  test('is counted from when the version was first seen, over a restart', async () => {
    const world = await aWorld({ 'min-age': '1h' })
    const first = await world.start()
    await first.quiet()
    await push(world, first, '1.1.0')
    const [before] = world.requests()
    expect(waits(world)).toEqual(['1.1.0 TooYoung'])
    await first.stop()
    await start(world)
    const [after] = world.requests()
    expect(after?.metadata).toEqual(before?.metadata)
    expect(after?.status?.message).toBe(before?.status?.message)
    expect(tagInGit(world)).toBe('1.0.0')
  })

  test('that has passed holds nothing back', async () => {
    const world = await aWorld({ 'min-age': '1h' })
    const replica = await start(world)
    await push(world, replica, '1.1.0')
    age(world, 3_600_000)
    await replica.quiet()
    expect(tagInGit(world)).toBe('1.1.0')
  })

  test('of an older version is given up when a newer one comes', async () => {
    const world = await aWorld({ 'min-age': '1h' })
    const replica = await start(world)
    await push(world, replica, '1.1.0')
    await push(world, replica, '1.2.0')
    expect(waits(world).sort()).toEqual(['1.1.0 NewerVersion', '1.2.0 TooYoung'])
  })
})

describe('a version that was put back', () => {
  const putBack = async (world: FakeWorld, replica: Replica, tag: string, message = 'Revert') => {
    const text = world.git.read('main', 'apps/web.yaml') ?? ''
    world.git.commit('main', { 'apps/web.yaml': text.replace(/web:\S+/, `web:${tag}`) }, message)
    await world.sync()
    await replica.quiet()
  }
  const forget = (world: FakeWorld) => {
    for (const { metadata } of world.requests()) {
      world.cluster.objects.remove(resources.updateRequest, 'prod', metadata.name)
    }
  }

  test('is not taken again, though every trace of it in the cluster is gone, and the Event says why', async () => {
    const world = await aWorld({})
    const replica = await start(world)
    await push(world, replica, '1.1.0')
    await putBack(world, replica, '1.0.0')
    forget(world)
    await replica.stop()
    const other = await start(world)
    await push(world, other, '1.0.9')
    expect(tagInGit(world)).toBe('1.0.0')
    expect(world.requests()).toEqual([])
    const events = world.cluster.recorded.filter(({ reason }) => reason === 'Quarantined')
    expect(events.at(-1)?.message).toMatch(
      /^web: 1.1.0 is not taken: commit [0-9a-f]{10} replaced it with ghcr.io\/acme\/web:1.0.0$/,
    )
  })

  test('gives way to a newer one', async () => {
    const world = await aWorld({})
    const replica = await start(world)
    await push(world, replica, '1.1.0')
    await putBack(world, replica, '1.0.0')
    await push(world, replica, '1.2.0')
    expect(tagInGit(world)).toBe('1.2.0')
  })

  test('is taken again when a commit releases it', async () => {
    const world = await aWorld({})
    const replica = await start(world)
    await push(world, replica, '1.1.0')
    await putBack(world, replica, '1.0.0')
    forget(world)
    const trailers = 'Fairlead-Action: release\nFairlead-Workload: Deployment/prod/web\n'
    world.git.commit('main', { 'README.md': 'released\n' }, `Release web\n\n${trailers}`)
    await world.sync()
    await replica.quiet()
    expect(tagInGit(world)).toBe('1.1.0')
  })

  test('voids a decision that still waits for it', async () => {
    const world = await aWorld({ 'require-approval': 'true' })
    const replica = await start(world)
    await push(world, replica, '1.1.0')
    await putBack(world, replica, '1.2.0')
    await putBack(world, replica, '1.0.0')
    const [request] = world.requests()
    world.cluster.objects.update(
      resources.updateRequest,
      { ...(request as UpdateRequest), status: { ...request?.status, phase: 'Approved' } },
      'status',
    )
    await replica.quiet()
    expect(tagInGit(world)).toBe('1.0.0')
    expect(world.requests().map(({ status }) => status?.phase)).toEqual(['Superseded'])
  })

  test('is looked for once per head', async () => {
    const world = await aWorld({ hold: 'look only' })
    const replica = await start(world)
    await push(world, replica, '1.1.0')
    const asked = world.git.histories
    for (const tag of ['1.2.0', '1.3.0', '1.4.0']) await push(world, replica, tag)
    expect(world.git.histories).toBe(asked)
    await putBack(world, replica, '1.0.1')
    expect(world.git.histories).toBe(asked + 1)
  })
})

describe('the newest build', () => {
  const built = (tag: string, day: number) => ({
    digest: digestOf(`${tag} ${day}`),
    builtAt: new Date(Date.UTC(2026, 0, day)),
  })
  const aBuiltWorld = async (annotations: Record<string, string>) => {
    const world = await aWorld(annotations)
    world.registry.push(image('web'), '1.0.0', built('1.0.0', 2))
    world.registry.push(image('web'), 'zz-older', built('zz', 1))
    world.registry.push(image('web'), 'main-abc', built('abc', 4))
    world.registry.push(image('web'), 'main-def', built('def', 3))
    return world
  }

  test('is chosen by its date, whatever it is called', async () => {
    const world = await aBuiltWorld({ policy: 'newest-build' })
    await start(world)
    expect(tagInGit(world)).toBe('main-abc')
  })

  test('is looked for among what passes the filter', async () => {
    const world = await aBuiltWorld({ policy: 'newest-build', filter: '^(1[.]|main-def)' })
    await start(world)
    expect(tagInGit(world)).toBe('main-def')
  })

  test('is never older than the present one', async () => {
    const world = await aBuiltWorld({ policy: 'newest-build', filter: '^(1[.]|zz)' })
    await start(world)
    expect(tagInGit(world)).toBe('1.0.0')
  })

  test('is not chosen before every date is known', async () => {
    const world = await aBuiltWorld({ policy: 'newest-build' })
    for (let at = 0; at < 30; at++) world.registry.push(image('web'), `old-${at}`, built(`old ${at}`, 1))
    const replica = await start(world)
    expect(tagInGit(world)).toBe('1.0.0')
    expect(world.registry.calls.filter((call) => call.startsWith('builtAt'))).toHaveLength(20)
    expect(replica.log.lines.map(({ message }) => message).join('\n')).toContain(
      'build dates of 14 of 34 tags are not known yet',
    )
  })

  test('cannot be told where the present image does not say its date', async () => {
    const world = await aWorld({ policy: 'newest-build' })
    await push(world, await start(world), 'main-abc')
    expect(tagInGit(world)).toBe('1.0.0')
    expect(world.cluster.recorded[0]?.message).toContain('the present tag 1.0.0 does not say when it was built')
  })

  test('is what force takes, pinned, and follows when its tag moves', async () => {
    const world = await aBuiltWorld({ policy: 'force' })
    const replica = await start(world)
    expect(tagInGit(world)).toBe(`main-abc@${built('abc', 4).digest}`)
    world.registry.push(image('web'), 'main-abc', built('abc', 5))
    replica.loops.images.hinted(image('web'))
    await replica.quiet()
    expect(tagInGit(world)).toBe(`main-abc@${built('abc', 5).digest}`)
  })

  test('is the highest version for force where nothing says its date', async () => {
    const world = await aWorld({ policy: 'force' })
    const replica = await start(world)
    await push(world, replica, '2.0.0')
    expect(tagInGit(world)).toBe(`2.0.0@${digestOf('2.0.0')}`)
  })
})

describe('the image automation of Flux', () => {
  const flux = { apiVersion: 'image.toolkit.fluxcd.io/v1' }
  const metadata = { name: 'web', namespace: 'flux-system' }

  /** `web` carries the marker of an ImagePolicy that exists and has chosen this. */
  const aMarkedWorld = async (policy: string, latestRef: object = { name: 'ghcr.io/acme/web', tag: '1.1.0' }) => {
    const world = await aWorld({ policy })
    for (const kind of [resources.imagePolicy, resources.imageUpdateAutomation]) world.cluster.objects.install(kind)
    mark(world, ' # {"$imagepolicy": "flux-system:web"}')
    const status = { latestRef, observedGeneration: 1 }
    world.cluster.objects.create(resources.imagePolicy, { ...flux, kind: 'ImagePolicy', metadata, status })
    for (const tag of ['1.1.0', '1.2.0']) world.registry.push(image('web'), tag, { digest: digestOf(tag) })
    await world.sync()
    return world
  }
  const mark = (world: FakeWorld, marker: string) => {
    const text = world.git.read('main', 'apps/web.yaml') ?? ''
    world.git.commit('main', { 'apps/web.yaml': text.replace(/(image: \S+).*/, `$1${marker}`) }, 'Mark it')
  }
  const automate = (world: FakeWorld, spec: object = {}) => {
    world.cluster.objects.create(resources.imageUpdateAutomation, {
      ...flux,
      kind: 'ImageUpdateAutomation',
      metadata: { name: 'images', namespace: 'flux-system' },
      spec: { sourceRef: { kind: 'GitRepository', name: 'gitops' }, ...spec },
    })
  }

  test('decides by its policy, and the marker stays', async () => {
    const world = await aMarkedWorld('imagepolicy')
    await start(world)
    expect(tagInGit(world)).toBe('1.1.0')
    expect(world.git.read('main', 'apps/web.yaml')).toContain('web:1.1.0 # {"$imagepolicy": "flux-system:web"}')
  })

  test('decides the digest when its policy reflects one', async () => {
    const digest = digestOf('1.1.0')
    const world = await aMarkedWorld('imagepolicy', { name: 'ghcr.io/acme/web', tag: '1.1.0', digest })
    await start(world)
    expect(tagInGit(world)).toBe(`1.1.0@${digest}`)
  })

  test('is followed when its policy chooses anew', async () => {
    const world = await aMarkedWorld('imagepolicy')
    const replica = await start(world)
    const policy = world.cluster.objects.get(resources.imagePolicy, 'flux-system', 'web')
    if (policy === undefined) throw new Error('no policy')
    const status = { latestRef: { name: 'ghcr.io/acme/web', tag: '1.2.0' }, observedGeneration: 1 }
    world.cluster.objects.update(resources.imagePolicy, { ...policy, status }, 'status')
    await replica.quiet()
    expect(tagInGit(world)).toBe('1.2.0')
  })

  const refused: [what: string, arrange: (world: FakeWorld) => void, code: string, message: RegExp][] = [
    ['without a marker', (world) => mark(world, ''), 'PolicyInvalid', /apps\/web.yaml:\d+ .* has no marker/],
    [
      'with a marker of a policy that is not there',
      (world) => mark(world, ' # {"$imagepolicy": "flux-system:none"}'),
      'PolicyInvalid',
      /follows ImagePolicy flux-system\/none, which is not there/,
    ],
    [
      'beside an automation that writes it',
      automate,
      'OtherWriter',
      /ImageUpdateAutomation flux-system\/images writes/,
    ],
    [
      'beside an automation that is suspended',
      (world) => automate(world, { suspend: true }),
      'OtherWriter',
      /images \(suspended\) writes apps\/web.yaml:\d+ too, by its marker for flux-system:web/,
    ],
  ]
  test.each(refused)('is not followed %s, and the Event says so', async (_, arrange, code, message) => {
    const world = await aMarkedWorld('imagepolicy')
    arrange(world)
    await world.sync()
    await start(world)
    expect(tagInGit(world)).toBe('1.0.0')
    const events = world.cluster.recorded.filter(({ about }) => about.name === 'web')
    expect(events).toMatchObject([{ reason: code, type: 'Warning' }])
    expect(events[0]?.message).toMatch(message)
  })

  test('is not followed when its policy is about another image', async () => {
    const world = await aMarkedWorld('imagepolicy', { name: 'ghcr.io/acme/other', tag: '1.1.0' })
    await start(world)
    expect(world.cluster.recorded[0]?.message).toContain('ImagePolicy flux-system/web is about ghcr.io/acme/other')
  })

  test('keeps every other policy from writing what it writes, until it is deleted', async () => {
    const world = await aMarkedWorld('minor')
    automate(world)
    const replica = await start(world)
    expect(world.cluster.recorded.map(({ reason }) => reason)).toEqual(['OtherWriter'])
    world.cluster.objects.remove(resources.imageUpdateAutomation, 'flux-system', 'images')
    await replica.quiet()
    expect(tagInGit(world)).toBe('1.2.0')
  })
})

describe('a platform', () => {
  const amd64 = { digest: digestOf('amd64'), platforms: ['linux/amd64'] }
  const both = { digest: digestOf('both'), platforms: ['linux/amd64', 'linux/arm64'] }

  test('that the newest tag lacks makes it go to the next', async () => {
    const world = await aWorld({ platform: 'linux/amd64,linux/arm64' })
    world.registry.push(image('web'), '1.1.0', both)
    world.registry.push(image('web'), '1.2.0', amd64)
    await start(world)
    expect(tagInGit(world)).toBe('1.1.0')
    const [request] = world.requests()
    expect(request?.status?.candidates).toContainEqual({ tag: '1.2.0', verdict: 'wrong-platform' })
  })

  test('that no tag has is said in an Event, and each digest was asked about once', async () => {
    const world = await aWorld({ platform: 'linux/arm64' })
    world.registry.push(image('web'), '1.1.0', amd64)
    const replica = await start(world)
    replica.loops.images.hinted(image('web'))
    await replica.quiet()
    expect(tagInGit(world)).toBe('1.0.0')
    expect(world.cluster.recorded).toMatchObject([
      {
        type: 'Normal',
        reason: 'WrongPlatform',
        message: 'web: 1.1.0 is not taken: ghcr.io/acme/web:1.1.0 is for linux/amd64, not for linux/arm64',
      },
    ])
    expect(world.registry.calls.filter((call) => call.startsWith('platforms'))).toHaveLength(1)
  })

  test('is asked only of what would be chosen, and of no more than twenty', async () => {
    const world = await aWorld({ platform: 'linux/arm64' })
    for (let patch = 1; patch <= 50; patch++) {
      world.registry.push(image('web'), `1.0.${patch}`, { digest: digestOf(`p${patch}`), platforms: ['linux/amd64'] })
    }
    await start(world)
    expect(tagInGit(world)).toBe('1.0.0')
    expect(world.registry.calls.filter((call) => call.startsWith('platforms'))).toHaveLength(20)
  })
})

describe('a signature', () => {
  const keys = (...names: string[]) =>
    `mode: commit\nkeys: [${names.map((name) => `{name: ${name}, publicKeyFile: /keys/${name}.pub}`).join(', ')}]`

  test('that the newest version lacks makes it go to the next', async () => {
    const world = await aWorld({ verify: 'release' })
    world.registry.push(image('web'), '1.1.0', { digest: digestOf('1.1.0') })
    world.registry.push(image('web'), '1.2.0', { digest: digestOf('1.2.0') })
    world.registry.sign(image('web'), digestOf('1.1.0'), 'release')
    await start(world, keys('release'))
    expect(tagInGit(world)).toBe('1.1.0')
    const [request] = world.requests()
    expect(request?.status?.candidates).toContainEqual({ tag: '1.2.0', verdict: 'unsigned' })
  })

  test('that comes after the image is noticed, and until then an Event says what is missing', async () => {
    const world = await aWorld({ verify: 'release' })
    world.registry.push(image('web'), '1.1.0', { digest: digestOf('1.1.0') })
    const replica = await start(world, keys('release'))
    expect(tagInGit(world)).toBe('1.0.0')
    expect(world.requests()).toEqual([])
    expect(world.cluster.recorded).toMatchObject([
      {
        reason: 'Unsigned',
        message: expect.stringMatching(/1\.1\.0 \(sha256:\w+\) has no signature by the key release/),
      },
    ])
    world.registry.sign(image('web'), digestOf('1.1.0'), 'release')
    replica.loops.images.hinted(image('web'))
    await replica.quiet()
    expect(tagInGit(world)).toBe('1.1.0')
  })

  test('is wanted of every key that is named', async () => {
    const world = await aWorld({ verify: 'release, audit' })
    world.registry.push(image('web'), '1.1.0', { digest: digestOf('1.1.0') })
    world.registry.sign(image('web'), digestOf('1.1.0'), 'release')
    await start(world, keys('release', 'audit'))
    expect(tagInGit(world)).toBe('1.0.0')
  })

  test('is asked for again right before the commit', async () => {
    const world = await aWorld({ verify: 'release', 'require-approval': 'true' })
    world.registry.push(image('web'), '1.1.0', { digest: digestOf('1.1.0') })
    world.registry.sign(image('web'), digestOf('1.1.0'), 'release')
    const replica = await start(world, keys('release'))
    const [request] = world.requests()
    expect(waits(world)).toEqual(['1.1.0 ApprovalRequired'])
    world.registry.signed = async () => false
    const status = { ...request?.status, phase: 'Approved' as const }
    if (request !== undefined) world.cluster.objects.update(resources.updateRequest, { ...request, status }, 'status')
    await replica.quiet()
    expect(tagInGit(world)).toBe('1.0.0')
    expect(world.requests()[0]?.status?.message).toContain('the policy chooses nothing')
  })

  test('that nobody can ask for now is no verdict', async () => {
    const world = await aWorld({ verify: 'release' })
    world.registry.push(image('web'), '1.1.0', { digest: digestOf('1.1.0') })
    const { signed } = world.registry
    world.registry.signed = async () => {
      throw new FairleadError('RegistryUnavailable', 'ghcr.io answers status 503')
    }
    const replica = await start(world, keys('release'))
    expect(tagInGit(world)).toBe('1.0.0')
    expect(world.cluster.recorded.map(({ reason }) => reason)).not.toContain('Unsigned')
    world.registry.signed = signed
    world.registry.sign(image('web'), digestOf('1.1.0'), 'release')
    replica.loops.images.hinted(image('web'))
    await replica.quiet()
    expect(tagInGit(world)).toBe('1.1.0')
  })

  test('by a key that is not configured is said before any version comes', async () => {
    const world = await aWorld({ verify: 'relaese' })
    await start(world, keys('release'))
    expect(world.cluster.recorded).toMatchObject([
      { reason: 'PolicyInvalid', message: expect.stringMatching(/no key "relaese" is configured; there are release/) },
    ])
  })

  test('is not waived by the live object alone', async () => {
    const world = await aWorld({ verify: 'release' })
    world.registry.push(image('web'), '1.1.0', { digest: digestOf('1.1.0') })
    world.registry.sign(image('web'), digestOf('1.1.0'), 'lax')
    world.annotate('web', { 'fairlead.dev/verify': 'lax' })
    await start(world, keys('release', 'lax'))
    expect(tagInGit(world)).toBe('1.0.0')
    expect(world.cluster.recorded.map(({ reason }) => reason)).toContain('PolicyNotInGit')
  })

  test('holds for the digest that is written, whatever the tag points to a moment later', async () => {
    const world = await aWorld({ verify: 'release', 'pin-digest': 'true' })
    world.registry.push(image('web'), '1.1.0', { digest: digestOf('1.1.0') })
    for (const tag of ['1.0.0', '1.1.0']) world.registry.sign(image('web'), digestOf(tag), 'release')
    const { digest } = world.registry
    let turn = 0
    world.registry.digest = async (repository, tag) =>
      tag === '1.1.0' && turn++ % 2 === 1 ? digestOf('flipped') : digest(repository, tag)
    await start(world, keys('release'))
    expect(world.requests().map(({ spec }) => spec.change.digest)).not.toContain(digestOf('flipped'))
    expect(tagInGit(world)).not.toContain(digestOf('flipped'))
  })
})

describe('a digest', () => {
  test('is written where it is asked for, and followed when the tag moves', async () => {
    const world = await aWorld({ 'pin-digest': 'true' })
    const replica = await start(world)
    expect(tagInGit(world)).toBe(`1.0.0@${digestOf('1.0.0')}`)
    await push(world, replica, '1.1.0')
    expect(tagInGit(world)).toBe(`1.1.0@${digestOf('1.1.0')}`)
    world.registry.push(image('web'), '1.1.0', { digest: digestOf('again') })
    replica.loops.images.hinted(image('web'))
    await replica.quiet()
    expect(tagInGit(world)).toBe(`1.1.0@${digestOf('again')}`)
  })
})

describe('a hold', () => {
  test('makes no request, and is said in an Event with what it holds', async () => {
    const world = await aWorld({ hold: 'incident 42' })
    await push(world, await start(world), '1.1.0')
    expect(world.requests()).toEqual([])
    expect(world.cluster.recorded).toMatchObject([
      { reason: 'Held', message: 'web: 1.1.0 is not taken: held: incident 42' },
    ])
  })
})

/** The requests were made that much earlier. */
function age(world: FakeWorld, ms: number): void {
  for (const request of world.requests()) {
    const { namespace = '', name, creationTimestamp = '', resourceVersion: _, ...metadata } = request.metadata
    const earlier = new Date(Date.parse(creationTimestamp) - ms).toISOString()
    world.cluster.objects.remove(resources.updateRequest, namespace, name)
    world.cluster.objects.create(resources.updateRequest, {
      ...request,
      metadata: { ...metadata, namespace, name, creationTimestamp: earlier },
    })
  }
}
