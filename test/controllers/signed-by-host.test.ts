import { describe, expect, onTestFinished, test } from 'vitest'
import { FairleadError } from '../../src/errors.ts'
import { createFakeWorld, digestOf, type GivenRules, image } from '../fakes/world.ts'

/** A repository whose host makes and signs the commits, and `web` at 1.0.0 in it. */
async function aSignedWorld(given: GivenRules = {}) {
  const world = createFakeWorld()
  const { git, host, registry } = world
  registry.push(image('web'), '1.0.0', { digest: digestOf('1.0.0') })
  world.deploy('web', 'ghcr.io/acme/web:1.0.0', {
    'fairlead.dev/policy': 'minor',
    'fairlead.dev/require-approval': 'false',
  })
  await world.sync()
  const replica = await world.start('mode: commit', undefined, { withHost: true, signer: 'host', ...given })
  onTestFinished(() => replica.stop())
  await replica.quiet()
  return {
    ...world,
    replica,
    async push(tag: string) {
      registry.push(image('web'), tag, { digest: digestOf(tag) })
      replica.loops.images.hinted(image('web'))
      await replica.quiet()
    },
    /** Who made the newest commit of a branch. */
    author: (branch: string) => git.remote.facts(git.remote.heads.get(branch) ?? '').author.name,
    request: (to: string) => world.requests().find((one) => one.spec.change.to.endsWith(`:${to}`)),
    pull: () => host.state.pulls.get(1),
  }
}

describe('where the host signs', () => {
  test('a change is a commit of its account, and the request names it', async () => {
    const world = await aSignedWorld()
    await world.push('1.1.0')
    expect(world.git.read('main', 'apps/web.yaml')).toContain('acme/web:1.1.0')
    expect(world.author('main')).toBe('fairlead[bot]')
    const commit = world.git.remote.heads.get('main')
    expect(world.request('1.1.0')?.status).toMatchObject({ phase: 'Completed', commit, message: 'pushed to main' })
  })

  test('what it cannot sign is pushed, and the request says why', async () => {
    const world = await aSignedWorld()
    world.host.failNext('commit', new FairleadError('HostForbidden', 'not accessible by this token'))
    await world.push('1.1.0')
    expect(world.author('main')).toBe('fairlead')
    expect(world.request('1.1.0')?.status).toMatchObject({
      phase: 'Completed',
      message: 'pushed to main, not signed: not accessible by this token',
    })
  })

  test('a plan names the tree, not the commit', async () => {
    const world = await aSignedWorld({ requireApproval: true })
    await world.push('1.1.0')
    const request = world.request('1.1.0')
    if (request === undefined) throw new Error('no request')
    const plan = await world.replica.loops.api.plan(request)
    expect(plan).toMatchObject({ result: 'change', tree: expect.stringMatching(/^[0-9a-f]{40}$/) })
    expect(plan).not.toHaveProperty('commit')
  })

  test('a pull request holds its commits, follows newer versions and is left alone in between', async () => {
    const world = await aSignedWorld({ mode: 'pull-request' })
    await world.push('1.1.0')
    const branch = world.pull()?.branch ?? ''
    expect(world.author(branch)).toBe('fairlead[bot]')
    await world.push('1.2.0')
    expect(world.host.state.pulls.size).toBe(1)
    expect(world.pull()?.state).toBe('open')
    expect(world.git.read(branch, 'apps/web.yaml')).toContain('acme/web:1.2.0')
    expect([...world.git.remote.heads.keys()]).toEqual(['main', branch])
    const written = { ...world.host.calls.writes }
    world.replica.loops.pullRequests.changed('git.example.com/gitops', {})
    await world.replica.quiet()
    expect(world.host.calls.writes).toEqual(written)
  })
})
