import { describe, expect, test } from 'vitest'
import { FairleadError } from '../../src/errors.ts'
import { createFakeWorld, digestOf, type FakeWorld, image, manifestOf } from '../fakes/world.ts'
import { start } from './replica.ts'

/** A world with `web`, which Flux applies from the branch main, and fairlead that has come to rest. */
async function running() {
  const world = createFakeWorld()
  world.registry.push(image('web'), '1.0.0', { digest: digestOf('1.0.0') })
  world.deploy('web', 'ghcr.io/acme/web:1.0.0', {})
  await world.sync()
  const replica = await start(world, 'mode: observe')
  const { api } = replica.loops
  const way = async (commit: string) => {
    await replica.quiet()
    return (await api.commitWays(commit, [...(api.workloads() ?? [])]))[0]
  }
  return { world, replica, way }
}

/** Somebody changes the manifest of `web`, or something beside it. */
const commitBy = ({ git }: FakeWorld, branch = 'main') =>
  git.commit(branch, { 'apps/web.yaml': manifestOf('web', 'ghcr.io/acme/web:1.0.0', { by: 'hand' }) }, 'By hand')

describe('the way of a commit that a person made', () => {
  test('is pending, then applied', async () => {
    const { world, way } = await running()
    const commit = commitBy(world)
    expect(await way(commit)).toMatchObject({
      kind: 'engine',
      sync: { object: 'Kustomization/flux-system/apps', state: 'pending' },
    })
    await world.sync()
    expect(await way(commit)).toMatchObject({ kind: 'engine', sync: { state: 'applied' } })
  })

  test('is over with the next commit, which contains it', async () => {
    const { world, way } = await running()
    const commit = commitBy(world)
    world.git.commit('main', { 'readme.md': 'more' }, 'More')
    await world.sync()
    expect(await way(commit)).toMatchObject({ kind: 'engine', sync: { state: 'applied' } })
  })

  test('leads elsewhere while another branch alone has it', async () => {
    const { world, way } = await running()
    const commit = commitBy(world, 'feature')
    expect(await way(commit)).toEqual({
      kind: 'elsewhere',
      message: `it comes from git.example.com/gitops@main, without ${commit}`,
    })
  })

  test('is unknown while Git does not answer', async () => {
    const { world, way } = await running()
    world.git.ancestry = () => Promise.reject(new FairleadError('GitUnavailable', 'the host is away'))
    expect(await way('d'.repeat(40))).toEqual({ kind: 'unknown', message: 'the host is away' })
  })

  test('is found by the first digits of the commit', async () => {
    const { world, replica } = await running()
    const commit = commitBy(world)
    await world.sync()
    await replica.quiet()
    const { api } = replica.loops
    const found = await api.commits(commit.slice(0, 7), [...(api.workloads() ?? [])])
    expect([...found]).toEqual([commit])
  })
})
