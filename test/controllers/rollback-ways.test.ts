import { describe, expect, test, vi } from 'vitest'
import { resources } from '../../src/api/kubernetes.ts'
import { put } from '../fakes/object-store.ts'
import { createFakeWorld, digestOf, type FakeWorld, image } from '../fakes/world.ts'
import { anUpdate, commits, fail, forward, inGit, own, rollbacks, web } from './failed-update.ts'
import { aTrial, modes } from './faults.ts'
import { push, start } from './replica.ts'
import { putLive, settle } from './rollout.ts'

describe('a rollout that only our own clock has seen fail', () => {
  test('is put back once its pods have not moved for a while', async () => {
    const { world, replica } = await anUpdate({ config: `${own}\nrollouts: {deadline: 1s}` })
    settle(world, 'web', { updated: 1, available: 0 })
    await vi.waitFor(
      async () => {
        await replica.quiet()
        expect(inGit(world)).toBe(web('1.0.0'))
      },
      { timeout: 30_000, interval: 100 },
    )
    expect(commits(world)).toHaveLength(1)
    expect(commits(world)[0]).toContain('Reason: Deployment/prod/web failed: DeadlineExceeded')
    expect(world.cluster.recorded).toContainEqual(expect.objectContaining({ reason: 'RollbackStillAdvancing' }))
  })
})

describe('when too many versions fail within an hour', () => {
  /** Both run 1.1.0, and neither gets on. */
  async function twoFailures() {
    const world = createFakeWorld()
    for (const name of ['web', 'api']) {
      world.registry.push(image(name), '1.0.0', { digest: digestOf('1.0.0') })
      world.deploy(name, `ghcr.io/acme/${name}:1.0.0`, forward)
      settle(world, name, { updated: 1 })
    }
    await world.sync()
    const replica = await start(world, 'mode: commit\nrollback: {onFailure: own, perHour: 1}')
    for (const name of ['web', 'api']) {
      world.registry.push(image(name), '1.1.0', { digest: digestOf('1.1.0') })
      replica.loops.images.hinted(image(name))
      await replica.quiet()
    }
    await world.sync()
    await replica.quiet()
    for (const name of ['web', 'api']) {
      putLive(world, name, `ghcr.io/acme/${name}:1.1.0`)
      await replica.quiet()
      await fail(world, replica, name)
    }
    return { world, replica }
  }

  test('the rest waits as RollbackBreaker, and an approval lets it go', async () => {
    const { world, replica } = await twoFailures()
    expect(commits(world)).toHaveLength(1)
    const waiting = rollbacks(world).find(({ status }) => status?.phase === 'Pending')
    const trouble = waiting?.status?.conditions?.filter(({ reason }) => reason === 'RollbackBreaker')
    expect(trouble?.map(({ type, status }) => `${type}=${status}`).sort()).toEqual([
      'Degraded=True',
      'Progressing=True',
    ])
    let exposition = ''
    for await (const piece of replica.metrics.render()) exposition += piece
    expect(exposition).toMatch(/^fairlead_update_waiting_timestamp_seconds\{for="rollback"\} \d+/m)
    if (waiting === undefined) throw new Error('no rollback waits')
    await replica.loops.api.approve(waiting, { by: 'alice' })
    await replica.quiet()
    expect(commits(world)).toHaveLength(2)
  })
})

describe('with rollback.mode pull-request', () => {
  test('the way back is proposed, and updates of the place wait until somebody has decided', async () => {
    const world = createFakeWorld()
    world.registry.push(image('web'), '1.0.0', { digest: digestOf('1.0.0') })
    world.deploy('web', web('1.0.0'), forward)
    settle(world, 'web', { updated: 1 })
    await world.sync()
    const replica = await world.start('mode: commit\nrollback: {onFailure: own, mode: pull-request}', undefined, {
      withHost: true,
    })
    await replica.quiet()
    await push(world, replica, '1.1.0')
    await world.sync()
    await replica.quiet()
    putLive(world, 'web', web('1.1.0'))
    await replica.quiet()
    await fail(world, replica)
    const [pull, ...others] = [...world.host.state.pulls.values()]
    expect(others).toEqual([])
    expect(pull).toMatchObject({ title: 'Roll back ghcr.io/acme/web to 1.0.0 in prod/web', state: 'open' })
    expect(inGit(world)).toBe(web('1.1.0'))
    await push(world, replica, '1.2.0')
    expect(inGit(world)).toBe(web('1.1.0'))
    const [request] = rollbacks(world)
    if (request === undefined) throw new Error('no rollback')
    await replica.loops.api.reject(request, { by: 'alice', reason: 'we go forward' })
    await vi.waitFor(
      async () => {
        await replica.quiet()
        expect(inGit(world)).toBe(web('1.2.0'))
      },
      { timeout: 30_000, interval: 100 },
    )
    expect(commits(world)).toEqual([])
    await replica.stop()
  })
})

describe('one place that decides two workloads', () => {
  const kustomization = (tag: string) => `resources: [web.yaml, worker.yaml]
images:
- {name: ghcr.io/acme/web, newTag: "${tag}"}
`

  test('is put back as a whole, by one commit, when one of them fails', async () => {
    const world = createFakeWorld()
    world.registry.push(image('web'), '1.0.0', { digest: digestOf('1.0.0') })
    for (const name of ['web', 'worker']) {
      world.deploy(name, web('1.0.0'), forward)
      settle(world, name, { updated: 1 })
    }
    world.git.commit('main', { 'apps/kustomization.yaml': kustomization('1.0.0') }, 'One tag for both')
    await world.sync()
    const replica = await start(world, own)
    await push(world, replica, '1.1.0')
    expect(world.git.read('main', 'apps/kustomization.yaml')).toBe(kustomization('1.1.0'))
    await world.sync()
    await replica.quiet()
    for (const name of ['web', 'worker']) putLive(world, name, web('1.1.0'))
    settle(world, 'web', { updated: 1 })
    await fail(world, replica, 'worker')
    expect(world.git.read('main', 'apps/kustomization.yaml')).toBe(kustomization('1.0.0'))
    expect(rollbacks(world)[0]?.spec.targets.map(({ name }) => name)).toEqual(['web', 'worker'])
    expect(commits(world)).toHaveLength(1)
    expect(commits(world)[0]).toContain('Reason: Deployment/prod/worker failed')
  })
})

describe('a workload of a HelmRelease', () => {
  const release = (tag: string) => `apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: shop
  namespace: prod
  annotations: {fairlead.dev/policy: minor, fairlead.dev/require-approval: "false"}
spec:
  chart: {spec: {chart: shop, sourceRef: {kind: HelmRepository, name: charts}}}
  values:
    image: {repository: ghcr.io/acme/web, tag: "${tag}"}
`
  const labels = { 'helm.toolkit.fluxcd.io/name': 'shop', 'helm.toolkit.fluxcd.io/namespace': 'prod' }
  const policy = { 'fairlead.dev/policy': 'minor', 'fairlead.dev/require-approval': 'false' }

  /** Helm has upgraded, or waits for what never gets ready. */
  async function helmRuns(
    world: FakeWorld,
    tag: string,
    { generation, isWell }: { generation: number; isWell: boolean },
  ) {
    world.own('prod_shop_helm.toolkit.fluxcd.io_HelmRelease')
    await world.sync()
    const flux = { 'kustomize.toolkit.fluxcd.io/name': 'apps', 'kustomize.toolkit.fluxcd.io/namespace': 'flux-system' }
    const ready = { type: 'Ready', status: isWell ? 'True' : 'Unknown', reason: 'Progressing', observedGeneration: 9 }
    put(world.cluster.objects, resources.helmRelease, {
      apiVersion: 'helm.toolkit.fluxcd.io/v2',
      kind: 'HelmRelease',
      metadata: { name: 'shop', namespace: 'prod', labels: flux, annotations: policy },
      spec: { chart: { spec: { chart: 'shop', sourceRef: { kind: 'HelmRepository', name: 'charts' } } } },
      status: {
        observedGeneration: 9,
        inventory: { entries: [{ id: 'prod_web_apps_Deployment', v: 'v1' }] },
        conditions: [isWell ? { ...ready, reason: 'UpgradeSucceeded' } : ready],
      },
    })
    const exceeded = {
      type: 'Progressing',
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      message: 'no progress',
    }
    const available = isWell ? 1 : 0
    put(world.cluster.objects, resources.deployment, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: {
        name: 'web',
        namespace: 'prod',
        labels,
        uid: 'web',
        generation,
        annotations: { 'deployment.kubernetes.io/revision': `${generation}` },
      },
      spec: { replicas: 1, template: { spec: { containers: [{ name: 'web', image: web(tag) }] } } },
      status: {
        observedGeneration: generation,
        replicas: 1,
        updatedReplicas: 1,
        readyReplicas: available,
        availableReplicas: available,
        conditions: isWell ? [] : [exceeded],
      },
    })
  }

  test('that was well once is left alone when its pods fail later', async () => {
    const world = createFakeWorld()
    world.registry.push(image('web'), '1.0.0', { digest: digestOf('1.0.0') })
    world.git.commit('main', { 'apps/shop.yaml': release('1.0.0') }, 'Open the shop')
    await helmRuns(world, '1.0.0', { generation: 1, isWell: true })
    const replica = await start(world, own)
    await push(world, replica, '1.1.0')
    expect(world.git.read('main', 'apps/shop.yaml')).toBe(release('1.1.0'))
    await helmRuns(world, '1.1.0', { generation: 2, isWell: true })
    await replica.quiet()
    await helmRuns(world, '1.1.0', { generation: 2, isWell: false })
    await replica.quiet()
    expect(world.git.read('main', 'apps/shop.yaml')).toBe(release('1.1.0'))
  })

  test('that never gets well is put back in the values of the release', async () => {
    const world = createFakeWorld()
    world.registry.push(image('web'), '1.0.0', { digest: digestOf('1.0.0') })
    world.git.commit('main', { 'apps/shop.yaml': release('1.0.0') }, 'Open the shop')
    await helmRuns(world, '1.0.0', { generation: 1, isWell: true })
    const replica = await start(world, own)
    await push(world, replica, '1.1.0')
    await helmRuns(world, '1.1.0', { generation: 2, isWell: false })
    await replica.quiet()
    expect(world.git.read('main', 'apps/shop.yaml')).toBe(release('1.0.0'))
  })
})

describe('whatever crashes, there is one commit back', () => {
  async function aFailure() {
    const { world, replica } = await anUpdate({ config: 'mode: commit' })
    await replica.stop()
    return world
  }

  async function live(world: FakeWorld, faults = aTrial('lose', 0).faults): Promise<void> {
    const replica = await world.start(own, faults)
    await replica.quiet()
    settle(world, 'web', { updated: 1, available: 0, failure: 'no progress' })
    await replica.quiet()
    await world.sync()
    await replica.quiet()
    await replica.stop()
  }

  const endOf = async (world: FakeWorld) => ({
    commits: commits(world).length,
    image: inGit(world),
    rollbacks: rollbacks(world).map(({ status }) => status?.phase),
    names: rollbacks(world)[0]?.status?.commit === (await world.git.remoteHead('main')),
  })
  const wanted = { commits: 1, image: web('1.0.0'), rollbacks: ['Completed'], names: true }

  test.each(modes)('with "%s" at any one of its effects', async (mode) => {
    const dry = aTrial(mode, 0)
    const first = await aFailure()
    await live(first, dry.faults)
    expect(await endOf(first)).toEqual(wanted)
    expect(dry.effects).toEqual(expect.arrayContaining(['create', 'store', 'push', 'updateStatus']))
    for (let at = 1; at <= dry.effects.length; at++) {
      const world = await aFailure()
      const trial = aTrial(mode, at)
      await live(world, trial.faults)
      await live(world)
      expect(await endOf(world), `${mode} effect ${at}: ${trial.effects[at - 1]}`).toEqual(wanted)
    }
  })
})
