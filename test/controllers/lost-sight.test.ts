import { describe, expect, test } from 'vitest'
import { resources } from '../../src/api/kubernetes.ts'
import { createFakeWorld, digestOf, type FakeWorld, image, type Replica } from '../fakes/world.ts'
import { push, start } from './replica.ts'

const { deployment, kustomization } = resources

/** A world where 1.1.0 was pushed, and Flux has not seen it yet. */
async function aPushedUpdate(): Promise<{ world: FakeWorld; replica: Replica }> {
  const world = createFakeWorld()
  world.registry.push(image('web'), '1.0.0', { digest: digestOf('1.0.0') })
  world.deploy('web', 'ghcr.io/acme/web:1.0.0')
  await world.sync()
  const replica = await start(world)
  await push(world, replica, '1.1.0')
  return { world, replica }
}

function appliedOf(world: FakeWorld) {
  return world.requests()[0]?.status?.conditions?.find(({ type }) => type === 'Applied')
}

async function waitsFor({ metrics }: Replica): Promise<string[]> {
  let text = ''
  for await (const piece of metrics.render()) text += piece
  return [...text.matchAll(/^fairlead_update_waiting_timestamp_seconds\{for="(\w+)"\}/gm)].map(([, what = '']) => what)
}

describe('a commit that the engine has not applied', () => {
  test('waits for it', async () => {
    const { world, replica } = await aPushedUpdate()
    expect(appliedOf(world)).toMatchObject({ status: 'False', reason: 'NotFetched' })
    expect(await waitsFor(replica)).toEqual(['sync'])
  })

  test('says so when the workload was deleted, and keeps nobody waiting', async () => {
    const { world, replica } = await aPushedUpdate()
    world.cluster.objects.remove(deployment, 'prod', 'web')
    await replica.quiet()
    const message = 'Deployment/prod/web is gone'
    expect(appliedOf(world)).toMatchObject({ status: 'Unknown', reason: 'WorkloadGone', message })
    expect(await waitsFor(replica)).toEqual([])
  })

  test('says so when what deploys the workload was deleted, and still needs somebody', async () => {
    const { world, replica } = await aPushedUpdate()
    world.cluster.objects.remove(kustomization, 'flux-system', 'apps')
    await replica.quiet()
    const message = expect.stringContaining('Kustomization/flux-system/apps, which cannot be read here')
    expect(appliedOf(world)).toMatchObject({ status: 'Unknown', reason: 'OwnerElsewhere', message })
    expect(await waitsFor(replica)).toEqual(['sync'])
  })

  test('is followed again when the workload comes back with it', async () => {
    const { world, replica } = await aPushedUpdate()
    world.cluster.objects.remove(deployment, 'prod', 'web')
    await replica.quiet()
    world.deploy('web', 'ghcr.io/acme/web:1.1.0')
    await world.sync()
    await replica.quiet()
    expect(appliedOf(world)).toMatchObject({ status: 'True', reason: 'Applied' })
  })
})
