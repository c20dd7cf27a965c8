import { describe, expect, test, vi } from 'vitest'
import { resources } from '../../src/api/kubernetes.ts'
import type { UpdateRequest } from '../../src/api/update-request.ts'
import { targetId, updateRequestName } from '../../src/core/change/identity.ts'
import { FairleadError } from '../../src/errors.ts'
import { type ChartWorld, createChartWorld, freely, releaseManifest } from '../fakes/chart-world.ts'
import { digestOf, type Replica } from '../fakes/world.ts'
import { start as startReplica } from './replica.ts'

async function start(world: ChartWorld, config?: string): Promise<Replica> {
  await world.sync()
  return startReplica(world, config)
}

/** A world where the release `web` has podinfo 6.5.4. */
function aWorld(annotations: Record<string, string> = freely, version = '6.5.4'): ChartWorld {
  const world = createChartWorld()
  world.publish(['6.5.3', '6.5.4', '6.6.0', '7.0.0'])
  world.release('web', version, annotations)
  return world
}

const ours = (world: ChartWorld) => world.git.messages('main').filter((message) => message.includes('Fairlead-Id:'))
const held = (world: ChartWorld, file = 'web') => world.git.read('main', `apps/${file}.yaml`) ?? ''
const told = (world: ChartWorld) => world.cluster.recorded.map(({ reason, message }) => `${reason}: ${message}`)
const conditionOf = (request: UpdateRequest | undefined, type: string) =>
  request?.status?.conditions?.find((one) => one.type === type)

describe('a version that the chart repository lists', () => {
  test('becomes one commit that changes the version of the release and nothing else', async () => {
    const world = aWorld()
    const before = releaseManifest('web', '6.5.4', freely)
    await start(world)
    expect(held(world)).toBe(before.replace('version: 6.5.4 #', 'version: 6.6.0 #'))
    expect(ours(world)).toHaveLength(1)
    const [message = ''] = ours(world)
    expect(message.split('\n')[0]).toBe('Update podinfo to 6.6.0 in prod/web')
    for (const line of ['Chart-From: podinfo:6.5.4', 'Chart-To: podinfo:6.6.0', 'Policy: minor']) {
      expect(message).toContain(`\n${line}\n`)
    }
    expect(message).toContain('Fairlead-Workload: HelmRelease/prod/web\n')
    expect(message).not.toContain('Image-')
  })

  test('is an UpdateRequest in the namespace of the release, followed until Flux has released it', async () => {
    const world = aWorld()
    const replica = await start(world)
    const [request] = world.requests()
    expect(request?.metadata.namespace).toBe('prod')
    expect(request?.spec).toMatchObject({
      targets: [{ kind: 'HelmRelease', namespace: 'prod', name: 'web', container: 'chart' }],
      change: { from: 'podinfo:6.5.4', to: 'podinfo:6.6.0', path: 'apps/web.yaml' },
      policy: 'minor',
    })
    expect(request?.spec.change.digest).toBeUndefined()
    expect(request?.status?.candidates).toContainEqual({ tag: '6.6.0', verdict: 'selected' })
    await world.sync()
    await replica.quiet()
    expect(conditionOf(world.requests()[0], 'Applied')).toMatchObject({ status: 'False' })
    const ready = { type: 'Ready', status: 'True', reason: 'UpgradeSucceeded', observedGeneration: 1 }
    world.change('web', { status: { observedGeneration: 9, lastAttemptedGeneration: 9, conditions: [ready] } })
    await replica.quiet()
    expect(conditionOf(world.requests()[0], 'Applied')).toMatchObject({ status: 'True' })
    const { version } = world.cluster.objects
    await replica.quiet()
    expect(world.cluster.objects.version).toBe(version)
    expect(ours(world)).toHaveLength(1)
  })

  test('is found when the repository is only read later', async () => {
    const world = aWorld()
    world.charts.failWith(new FairleadError('RegistryUnavailable', 'down'))
    const replica = await start(world)
    expect(ours(world)).toEqual([])
    world.charts.failWith(undefined)
    replica.loops.images.wakeAll()
    await replica.quiet()
    expect(ours(world)).toHaveLength(1)
  })

  test('is explained gate by gate', async () => {
    const world = aWorld({ 'fairlead.dev/chart-policy': 'minor' })
    const replica = await start(world)
    const release = { kind: 'HelmRelease', namespace: 'prod', name: 'web' }
    const [container] = (await replica.loops.api.explain(release, undefined))?.containers ?? []
    expect(container).toMatchObject({ container: 'chart', image: 'podinfo:6.5.4', verdicts: { selected: 1 } })
    expect(container?.gates.find(({ verdict }) => verdict !== 'pass')).toMatchObject({
      gate: 'approval',
      reason: 'ApprovalRequired',
    })
  })

  test('waits for an approval where one is demanded', async () => {
    const world = aWorld({ 'fairlead.dev/chart-policy': 'minor' })
    const replica = await start(world)
    expect(ours(world)).toEqual([])
    const [request] = world.requests()
    if (request === undefined) throw new Error('no request')
    expect(conditionOf(request, 'Progressing')).toMatchObject({ reason: 'ApprovalRequired' })
    expect((await replica.loops.api.plan(request)).diff).toContain('+      version: 6.6.0 # kept by fairlead')
    await replica.loops.api.approve(request, { by: 'alice' })
    await replica.quiet()
    expect(ours(world)).toHaveLength(1)
  })

  test('that is gone when it is approved is not written, for the repository is asked again', async () => {
    const world = aWorld({ 'fairlead.dev/chart-policy': 'minor' })
    const replica = await start(world)
    const [request] = world.requests()
    if (request === undefined) throw new Error('no request')
    world.publish(['6.5.3', '6.5.4'])
    await replica.loops.api.approve(request, { by: 'alice' })
    await replica.quiet()
    expect(ours(world)).toEqual([])
    expect(world.requests()[0]?.status).toMatchObject({ phase: 'Superseded' })
  })

  test('is not written while the repository does not answer, and is when it does', async () => {
    const world = aWorld({ 'fairlead.dev/chart-policy': 'minor' })
    const replica = await start(world)
    const [request] = world.requests()
    if (request === undefined) throw new Error('no request')
    world.charts.failWith(new FairleadError('RegistryUnavailable', 'down'))
    await replica.loops.api.approve(request, { by: 'alice' })
    await replica.quiet()
    expect(ours(world)).toEqual([])
    world.charts.failWith(undefined)
    await vi.waitFor(() => expect(ours(world)).toHaveLength(1), { timeout: 10_000 })
  })

  test('is nobody’s word: a request for another version than the policy chooses is not carried out', async () => {
    const world = aWorld({ 'fairlead.dev/chart-policy': 'minor' })
    const replica = await start(world)
    const [request] = world.requests()
    if (request === undefined) throw new Error('no request')
    const { change } = request.spec
    const slot = targetId({ ...change, file: change.path })
    const forged = {
      ...request,
      metadata: { ...request.metadata, name: updateRequestName(slot, 'podinfo:7.0.0') },
      spec: { ...request.spec, requireApproval: false, change: { ...change, to: 'podinfo:7.0.0' } },
    }
    const made = (await world.cluster.own.create(resources.updateRequest, forged)) as UpdateRequest
    await replica.quiet()
    await replica.loops.api.approve(made, { by: 'mallory' })
    await replica.quiet()
    expect(ours(world)).toEqual([])
    expect(held(world)).toContain('version: 6.5.4')
  })
})

describe('nothing is changed', () => {
  const rows: [when: string, annotations: Record<string, string>, version: string, listed: string[]][] = [
    ['when nothing newer is listed', freely, '6.5.4', ['6.5.3', '6.5.4']],
    ['when what is newer is outside of the policy', freely, '6.5.4', ['6.5.4', '7.0.0']],
    ['when what is newer is a pre-release', freely, '6.5.4', ['6.5.4', '6.6.0-rc.1', '6.6.0-custom']],
    ['when only the build differs', freely, '6.5.4+a', ['6.5.4+a', '6.5.4+b']],
    ['when the policy is none', { ...freely, 'fairlead.dev/chart-policy': 'none' }, '6.5.4', ['6.6.0']],
    ['when the release only has a policy for images', { 'fairlead.dev/policy': 'minor' }, '6.5.4', ['6.6.0']],
    ['while it is held', { ...freely, 'fairlead.dev/hold': 'migration' }, '6.5.4', ['6.6.0']],
  ]
  test.each(rows)('%s', async (_, annotations, version, listed) => {
    const world = createChartWorld()
    world.publish(listed)
    world.release('web', version, annotations)
    await start(world)
    expect(ours(world)).toEqual([])
    expect(world.requests()).toEqual([])
  })
})

describe('what is chosen', () => {
  const policy = (name: string, more: Record<string, string> = {}) => ({
    ...freely,
    'fairlead.dev/chart-policy': name,
    ...more,
  })
  const rows: [annotations: Record<string, string>, from: string, listed: string[], to: string][] = [
    [policy('patch'), '1.2.3', ['1.2.4', '1.3.0'], '1.2.4'],
    [policy('all'), '1.2.3', ['1.2.4', '2.0.0'], '2.0.0'],
    [policy('semver', { 'fairlead.dev/chart-constraint': '~1.2' }), '1.2.3', ['1.2.9', '1.3.0'], '1.2.9'],
    [policy('minor', { 'fairlead.dev/prerelease': 'always' }), '1.2.3', ['1.3.0-custom.2'], '1.3.0-custom.2'],
    [policy('minor'), '1.2.3-rc.1', ['1.2.3-rc.2', '1.2.3-beta.9'], '1.2.3-rc.2'],
    [policy('minor'), '1.2.3-custom.1', ['1.2.3'], '1.2.3'],
    [policy('minor'), '1.2.3+up4', ['1.3.0+up5'], '1.3.0+up5'],
    [policy('minor', { 'fairlead.dev/filter': '^sha-' }), '1.2.3', ['1.3.0'], '1.3.0'],
  ]
  test.each(rows)('by %j after %s of %j is %s', async (annotations, from, listed, to) => {
    const world = createChartWorld()
    world.publish([from, ...listed])
    world.release('web', from, annotations)
    await start(world)
    expect(held(world)).toBe(releaseManifest('web', to, annotations))
  })
})

describe('what is refused is an Event on the release', () => {
  const rows: [what: string, annotations: Record<string, string>, version: string, said: RegExp][] = [
    ['a range', freely, '6.x', /^PinnedRevision: .*"6\.x" is no single version/],
    [
      'a policy that knows no versions',
      { ...freely, 'fairlead.dev/chart-policy': 'glob' },
      '6.5.4',
      /^PolicyInvalid: .*fairlead\.dev\/chart-policy "glob" is not allowed: use one of none, patch, minor, major, all, semver/,
    ],
    [
      'a constraint that is missing',
      { ...freely, 'fairlead.dev/chart-policy': 'semver' },
      '6.5.4',
      /^PolicyInvalid: .*chart-policy semver needs a range: give chart-constraint/,
    ],
    ['a misspelt annotation', { 'fairlead.dev/chart-polcy': 'minor' }, '6.5.4', /^PolicyInvalid: .*chart-polcy/],
  ]
  test.each(rows)('%s', async (_, annotations, version, said) => {
    const world = aWorld(annotations, version)
    await start(world)
    expect(told(world)).toContainEqual(expect.stringMatching(said))
    expect(world.cluster.recorded[0]?.about).toMatchObject({
      kind: 'HelmRelease',
      name: 'web',
    })
    expect(ours(world)).toEqual([])
  })

  test('a repository that cannot be read here', async () => {
    const world = createChartWorld()
    world.release('web', '6.5.4', freely, 'nowhere')
    await start(world)
    expect(told(world)).toContainEqual(expect.stringMatching(/^OwnerElsewhere: .*HelmRepository flux-system\/nowhere/))
  })

  test('a policy that only the live release carries', async () => {
    const world = aWorld({})
    const live = world.cluster.objects.get(resources.helmRelease, 'prod', 'web')
    if (live === undefined) throw new Error('no release')
    const annotated = { ...live, metadata: { ...live.metadata, annotations: freely } }
    world.cluster.objects.update(resources.helmRelease, annotated, 'object')
    await start(world)
    expect(told(world)).toContainEqual(expect.stringMatching(/^PolicyNotInGit: .*chart-policy/))
    expect(ours(world)).toEqual([])
  })
})

describe('a chart in a registry', () => {
  const place = { type: 'oci', registry: 'ghcr.io', repository: 'acme/charts/podinfo' } as const

  test('of a HelmRepository of type oci is decided by its tags, and bound to its digest', async () => {
    const world = createChartWorld()
    world.charts.publish(place, ['6.5.4', '6.6.0+a'])
    world.registry.push(place, '6.6.0_a', { digest: digestOf('6.6.0') })
    world.release('web', '6.5.4', freely, 'oci')
    await start(world)
    expect(held(world)).toBe(releaseManifest('web', '6.6.0+a', freely, 'oci'))
    expect(world.requests()[0]?.spec.change.digest).toBe(digestOf('6.6.0'))
  })

  test('is looked at when a webhook says that it was pushed', async () => {
    const world = createChartWorld()
    world.charts.publish(place, ['6.5.4'])
    world.release('web', '6.5.4', freely, 'oci')
    const replica = await start(world)
    world.registry.push(place, '6.6.0', { digest: digestOf('6.6.0') })
    world.charts.publish(place, ['6.5.4', '6.6.0'])
    replica.loops.images.hinted({ registry: 'ghcr.io', repository: 'acme/charts/podinfo' }, '6.6.0')
    await replica.quiet()
    expect(ours(world)).toHaveLength(1)
  })

  test('that is an OCIRepository changes there, for both releases that name it', async () => {
    const world = createChartWorld()
    world.charts.publish(place, ['6.5.4', '6.6.0'])
    world.registry.push(place, '6.6.0', { digest: digestOf('6.6.0') })
    world.releaseOf('api', '6.5.4')
    world.releaseOf('web', '6.5.4')
    const replica = await start(world)
    expect(held(world, 'chart')).toContain('    tag: 6.6.0\n')
    expect(ours(world)).toHaveLength(1)
    expect(world.requests().map(({ spec }) => spec.targets.map(({ name }) => name))).toEqual([['api', 'web']])
    await world.sync()
    const ready = { type: 'Ready', status: 'True', reason: 'UpgradeSucceeded', observedGeneration: 1 }
    const released = (chartVersion: string) => ({
      observedGeneration: 9,
      conditions: [ready],
      history: [{ chartVersion }],
    })
    world.change('api', { status: released('6.5.4+0123456789ab') })
    await replica.quiet()
    expect(conditionOf(world.requests()[0], 'Applied')).toMatchObject({ status: 'False' })
    world.change('api', { status: released('6.6.0+ba9876543210') })
    await replica.quiet()
    expect(conditionOf(world.requests()[0], 'Applied')).toMatchObject({ status: 'True' })
  })

  test('that is an OCIRepository is left alone when its releases disagree', async () => {
    const world = createChartWorld()
    world.charts.publish(place, ['6.5.4', '6.6.0'])
    world.releaseOf('api', '6.5.4', {})
    world.releaseOf('web', '6.5.4')
    await start(world)
    expect(ours(world)).toEqual([])
    expect(told(world)).toContainEqual(expect.stringMatching(/^PolicyConflict: .*HelmRelease\/prod\/api/))
  })
})

test('a version that was put back stays away', async () => {
  const world = aWorld()
  const replica = await start(world)
  expect(held(world)).toContain('version: 6.6.0')
  world.git.commit('main', { 'apps/web.yaml': releaseManifest('web', '6.5.4', freely) }, 'Put it back')
  await world.sync()
  replica.loops.images.wakeAll()
  await replica.quiet()
  expect(held(world)).toContain('version: 6.5.4')
  expect(ours(world)).toHaveLength(1)
})
