import { expect, test } from 'vitest'
import { createFakeWorld, digestOf, image, manifestOf } from '../fakes/world.ts'
import { push, start } from './replica.ts'

const asking = { 'fairlead.dev/policy': 'minor', 'fairlead.dev/min-update-interval': '0s' }

test('what a person pushed is seen at a hint, before the engine has fetched it', async () => {
  const world = createFakeWorld()
  world.registry.push(image('web'), '1.0.0', { digest: digestOf('1.0.0') })
  world.deploy('web', 'ghcr.io/acme/web:1.0.0', asking)
  await world.sync()
  const replica = await start(world, 'mode: commit')
  await push(world, replica, '1.1.0')
  const reasons = () =>
    world.requests().map(({ status }) => status?.conditions?.find(({ type }) => type === 'Progressing')?.reason)
  expect(reasons()).toEqual(['ApprovalRequired'])
  const held = { ...asking, 'fairlead.dev/hold': 'audit' }
  world.git.commit('main', { 'apps/web.yaml': manifestOf('web', 'ghcr.io/acme/web:1.0.0', held) }, 'Hold web')
  await replica.quiet()
  expect(reasons()).toEqual(['ApprovalRequired'])
  const main = { repository: 'git.example.com/gitops', about: 'branch', branch: 'main', receiver: 'github' } as const
  replica.loops.repositoryNews.changed(main)
  await replica.quiet()
  expect(reasons()).toEqual(['Held'])
})
