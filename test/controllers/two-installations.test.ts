import { expect, test } from 'vitest'
import { createFakeWorld, digestOf, image } from '../fakes/world.ts'
import { push, start } from './replica.ts'

test('an installation for other namespaces leaves decisions about ours alone', async () => {
  const world = createFakeWorld()
  world.registry.push(image('web'), '1.0.0', { digest: digestOf('1.0.0') })
  world.deploy('web', 'ghcr.io/acme/web:1.0.0', { 'fairlead.dev/policy': 'minor' })
  await world.sync()
  await push(world, await start(world), '1.1.0')
  const before = world.requests()
  expect(before).toMatchObject([{ status: { phase: 'Pending' } }])
  const other = await start(world, 'mode: commit\ncluster: {namespaces: {include: [staging]}}')
  await other.quiet()
  expect(world.requests()).toEqual(before)
})
