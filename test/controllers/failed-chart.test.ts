import { describe, expect, test, vi } from 'vitest'
import { resources } from '../../src/api/kubernetes.ts'
import type { UpdateRequest } from '../../src/api/update-request.ts'
import { createChartWorld, freely, releaseManifest } from '../fakes/chart-world.ts'
import { digestOf } from '../fakes/world.ts'
import { anUpgrade, applied, ending, helmWords, says } from './failed-chart.ts'
import { commits, own, rollbacks } from './failed-update.ts'
import { start } from './replica.ts'

/** What becomes of the version of a chart when Helm cannot make the release with it. */

type World = Awaited<ReturnType<typeof anUpgrade>>['world']

const file = 'apps/web.yaml'
const release = { kind: 'HelmRelease', namespace: 'prod', name: 'web' }
const quickly = { ...freely, 'fairlead.dev/min-update-interval': '0s' }
const held = (world: World, path = file) => world.git.read('main', path)
const at = (version: string, annotations = freely) => releaseManifest('web', version, annotations)
const told = (world: World) => world.cluster.recorded.map(({ reason, message }) => `${reason}: ${message}`)
const conditionOf = (world: World, type: string) =>
  world
    .requests()
    .find(({ spec }) => spec.action === undefined)
    ?.status?.conditions?.find((one) => one.type === type)

describe('the version that ran well is put back', () => {
  test.each([
    ['when Helm gives up', ending.gaveUp],
    ['when Helm has put it back in the cluster', ending.takenBack],
    ['when the test of the release fails', ending.testFailed],
  ] as const)('%s', async (_, end) => {
    const { world, replica } = await anUpgrade()
    expect(held(world)).toBe(at('6.6.0'))
    says(world, end())
    await replica.quiet()
    expect(held(world)).toBe(at('6.5.4'))
    expect(conditionOf(world, 'RolledOut')).toMatchObject({ status: 'False', reason: 'Failed' })
    expect(conditionOf(world, 'Rollback')).toMatchObject({ status: 'True', reason: 'Requested' })
    expect(commits(world)).toHaveLength(1)
    for (const line of [
      'Chart-From: podinfo:6.6.0',
      'Chart-To: podinfo:6.5.4',
      'Fairlead-Workload: HelmRelease/prod/web',
    ]) {
      expect(commits(world)[0]).toContain(`\n${line}\n`)
    }
  })

  test('with the words of Helm, is applied, and only something newer is taken after that', async () => {
    const { world, replica } = await anUpgrade(own, quickly)
    says(world, ending.gaveUp())
    await replica.quiet()
    expect(commits(world)[0]).toContain(`Reason: HelmRelease/prod/web failed: UpgradeFailed: ${helmWords}`)
    await applied(world, '6.5.4')
    says(world, ending.well('6.5.4'))
    await replica.quiet()
    expect(rollbacks(world)[0]?.status?.conditions).toContainEqual(
      expect.objectContaining({ type: 'RolledOut', status: 'True', reason: 'Success' }),
    )
    replica.loops.images.wakeAll()
    await replica.quiet()
    expect(held(world)).toBe(at('6.5.4', quickly))
    world.publish(['6.5.4', '6.6.0', '6.7.0'])
    replica.loops.images.hinted({ registry: 'https://charts.example.com', repository: 'podinfo' })
    await replica.quiet()
    expect(held(world)).toBe(at('6.7.0', quickly))
  })

  test('although it failed while nobody looked', async () => {
    const { world, replica } = await anUpgrade()
    await replica.stop()
    says(world, ending.takenBack())
    const next = await start(world, own)
    await next.quiet()
    expect(held(world)).toBe(at('6.5.4'))
  })

  test('of an OCIRepository, for all releases that share it, when the first of them fails', async () => {
    const place = { type: 'oci', registry: 'ghcr.io', repository: 'acme/charts/podinfo' } as const
    const world = createChartWorld()
    world.charts.publish(place, ['6.5.4', '6.6.0'])
    for (const tag of ['6.5.4', '6.6.0']) world.registry.push(place, tag, { digest: digestOf(tag) })
    for (const name of ['api', 'web']) {
      world.releaseOf(name, '6.5.4')
      says(world, ending.well('6.5.4+0123456789ab'), name)
    }
    await world.sync()
    const replica = await start(world, own)
    expect(held(world, 'apps/chart.yaml')).toContain('tag: 6.6.0\n')
    await world.sync()
    says(world, ending.well('6.6.0+ba9876543210'), 'web')
    const { conditions, history } = ending.gaveUp()
    const digests: Record<string, string> = { '6.6.0': 'ba9876543210', '6.5.4': '0123456789ab' }
    const tracked = history.map((one) => ({ ...one, chartVersion: `${one.chartVersion}+${digests[one.chartVersion]}` }))
    says(world, { conditions, history: tracked }, 'api')
    await replica.quiet()
    expect(held(world, 'apps/chart.yaml')).toContain('tag: 6.5.4\n')
    const [back] = rollbacks(world)
    expect(back?.spec.targets.map(({ name }) => name)).toEqual(['api', 'web'])
    expect(back?.spec.change.digest).toBe(digestOf('6.5.4'))
  })

  test('where the release opts in by its annotation', async () => {
    const annotations = { ...freely, 'fairlead.dev/rollback': 'true' }
    const { world, replica } = await anUpgrade('mode: commit', annotations)
    says(world, ending.gaveUp())
    await replica.quiet()
    expect(held(world)).toBe(at('6.5.4', annotations))
  })
})

describe('the failed version stays in Git', () => {
  const without = { ...freely, 'fairlead.dev/rollback': 'false' }
  test.each([
    ['where nobody opted in', 'mode: commit', freely, ending.gaveUp],
    ['where the release opts out', own, without, ending.gaveUp],
    ['while Helm has only just failed and may try again', own, freely, ending.triesAgain],
  ] as const)('%s', async (_, config, annotations, end) => {
    const { world, replica } = await anUpgrade(config, annotations)
    says(world, end())
    await replica.quiet()
    expect(held(world)).toBe(at('6.6.0', annotations))
    expect(conditionOf(world, 'RolledOut')).toMatchObject({ status: 'False', reason: 'Failed' })
  })

  test.each([
    ['when its values changed, too', () => ending.gaveUp('others'), 'TemplateDiffers'],
    ['when nothing ran before', ending.installFailed, 'LastSuccessUnknown'],
  ] as const)('%s, which is said', async (_, end, reason) => {
    const { world, replica } = await anUpgrade()
    says(world, end())
    await replica.quiet()
    expect(held(world)).toBe(at('6.6.0'))
    expect(conditionOf(world, 'Rollback')).toMatchObject({ status: 'False', reason })
    expect(told(world)).toContainEqual(expect.stringContaining(`Rollback${reason}: `))
  })

  test('when the repository does not have the older one any more, which explain says, too', async () => {
    const { world, replica } = await anUpgrade()
    world.publish(['6.6.0'])
    says(world, ending.gaveUp())
    await replica.quiet()
    expect(held(world)).toBe(at('6.6.0'))
    const explained = await replica.loops.api.explain(release, undefined)
    expect(explained?.containers[0]?.gates).toContainEqual(
      expect.objectContaining({ gate: 'rollback', verdict: 'stop', reason: 'OldImageGone' }),
    )
  })

  test('when somebody puts it into Git again', async () => {
    const { world, replica } = await anUpgrade()
    says(world, ending.gaveUp())
    await replica.quiet()
    world.git.commit('main', { [file]: at('6.6.0') }, 'We want it')
    await world.sync()
    says(world, ending.gaveUp())
    await replica.quiet()
    expect(held(world)).toBe(at('6.6.0'))
    expect(commits(world)).toHaveLength(1)
  })
})

describe('a person rolls back', () => {
  const rollBack = async ({ world, replica }: Awaited<ReturnType<typeof anUpgrade>>, to?: string) => {
    const request = await replica.loops.api.wayBack(release, { reason: 'orders fail', by: 'alice', to })
    if (request === undefined) throw new Error('no such release')
    await replica.loops.api.rollBack(request)
    await vi.waitFor(() => expect(commits(world)).toHaveLength(1), { timeout: 20_000 })
    await replica.quiet()
  }

  test('a version that is well, without any opt-in, and it stays away', async () => {
    const { world, replica } = await anUpgrade('mode: commit', quickly)
    says(world, ending.well('6.6.0'))
    await replica.quiet()
    await rollBack({ world, replica })
    expect(held(world)).toBe(at('6.5.4', quickly))
    await applied(world, '6.5.4')
    says(world, ending.well('6.5.4'))
    await replica.quiet()
    replica.loops.images.wakeAll()
    await replica.quiet()
    expect(held(world)).toBe(at('6.5.4', quickly))
  })

  test('a failed version to that which was well, and not to what Git held in between', async () => {
    const { world, replica } = await anUpgrade('mode: observe')
    for (const version of ['6.5.9', '6.6.0']) world.git.commit('main', { [file]: at(version) }, `Try ${version}`)
    await world.sync()
    says(world, ending.gaveUp())
    await replica.quiet()
    const request = await replica.loops.api.wayBack(release, { reason: 'orders fail', by: 'alice' })
    expect(request?.spec.change).toMatchObject({ from: 'podinfo:6.6.0', to: 'podinfo:6.5.4' })
  })

  test('and may name nothing that Git never held, nor what the repository does not have', async () => {
    const { world, replica } = await anUpgrade('mode: commit')
    const ask = (to?: string) => replica.loops.api.wayBack(release, { reason: 'orders fail', by: 'alice', to })
    await expect(ask('podinfo:6.0.0')).rejects.toMatchObject({ code: 'UsageInvalid' })
    world.publish(['6.6.0'])
    await expect(ask('podinfo:6.5.4')).rejects.toMatchObject({ code: 'RegistryNotFound' })
  })
})

describe('a rollback that fairlead did not ask for is not carried out', () => {
  test.each([
    ['when no release has failed', '6.6.0', () => ending.well('6.6.0')],
    ['when the values that failed are others', '6.6.0', () => ending.gaveUp('others')],
  ] as const)('%s', async (_, version, end) => {
    const { world, replica } = await anUpgrade('mode: commit\nrollback: {onFailure: own}')
    says(world, end())
    await replica.quiet()
    const asked = await replica.loops.api.wayBack(release, { reason: 'x', by: 'mallory' })
    const { requestedBy: _by, ...spec } = asked?.spec ?? ({} as never)
    const forged = { ...asked, spec: { ...spec, requireApproval: false } } as UpdateRequest
    world.cluster.objects.create(resources.updateRequest, forged)
    await replica.quiet()
    expect(held(world)).toBe(at(version))
    expect(rollbacks(world)[0]?.status?.message).toMatch(
      /has failed with podinfo:6\.6\.0|is not what .* ran well with last/,
    )
  })
})
