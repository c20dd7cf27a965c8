import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { anUpdate, commits, fail, inGit, own, rollbacks, web } from './failed-update.ts'
import { push } from './replica.ts'

describe('a way back beside others who write', () => {
  test('leaves nothing of the failed version to a pull request that was open for the next one', async () => {
    const { world, replica } = await anUpdate()
    await replica.stop()
    const config = 'mode: pull-request\nrollback: {onFailure: own, mode: commit}'
    const next = await world.start(config, undefined, { withHost: true })
    onTestFinished(() => next.stop())
    await next.quiet()
    await push(world, next, '1.2.0')
    const [pull] = [...world.host.state.pulls.values()]
    expect(pull).toMatchObject({ state: 'open' })
    await fail(world, next)
    expect(inGit(world)).toBe(web('1.0.0'))
    expect(commits(world)).toHaveLength(1)
    const proposed = () => [...world.host.state.pulls.values()].filter(({ state }) => state === 'open')
    await vi.waitFor(
      async () => {
        await next.quiet()
        expect(proposed()).toHaveLength(1)
      },
      { timeout: 30_000, interval: 100 },
    )
    const [{ branch = '', body = '' } = {}] = proposed()
    expect(world.git.read(branch, 'apps/web.yaml')).toContain(web('1.2.0'))
    expect(body).not.toContain('1.1.0')
  })

  test('gives way to a person who changes the value at the same time', async () => {
    const { world, replica } = await anUpdate()
    const text = world.git.read('main', 'apps/web.yaml') ?? ''
    world.git.beforePush = () => {
      world.git.commit('main', { 'apps/web.yaml': text.replace('1.1.0', '1.0.5') }, 'Go to 1.0.5')
    }
    await fail(world, replica)
    expect(inGit(world)).toBe(web('1.0.5'))
    expect(commits(world)).toEqual([])
    expect(rollbacks(world)[0]?.status).toMatchObject({
      phase: 'Superseded',
      message: expect.stringContaining('1.0.5'),
    })
  })

  test('becomes a pull request where a rule of the branch refuses the push', async () => {
    const { world, replica } = await anUpdate()
    await replica.stop()
    const next = await world.start(own, undefined, { withHost: true })
    onTestFinished(() => next.stop())
    await next.quiet()
    world.git.nextPush = { refuse: 'protected branch hook declined' }
    await fail(world, next)
    expect(inGit(world)).toBe(web('1.1.0'))
    await vi.waitFor(
      async () => {
        await next.quiet()
        const [pull] = [...world.host.state.pulls.values()]
        expect(pull).toMatchObject({ title: 'Roll back ghcr.io/acme/web to 1.0.0 in prod/web', state: 'open' })
      },
      { timeout: 30_000, interval: 100 },
    )
  })

  test('is not made where the file may not be changed', async () => {
    const { world, replica } = await anUpdate()
    await replica.stop()
    const next = await world.start(own, undefined, { allowPaths: ['clusters/**'] })
    onTestFinished(() => next.stop())
    await next.quiet()
    await fail(world, next)
    expect(inGit(world)).toBe(web('1.1.0'))
    expect(rollbacks(world)).toEqual([])
    const found = await next.loops.api.explain({ kind: 'Deployment', namespace: 'prod', name: 'web' }, undefined)
    const reasons = found?.containers[0]?.gates.map(({ verdict, reason }) => `${verdict} ${reason}`) ?? []
    expect(reasons).toContain('stop OutsideAllowedPaths')
  })
})
