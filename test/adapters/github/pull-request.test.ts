import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { aPull, createGitHubWorld, sha } from './github-world.ts'

let world: Awaited<ReturnType<typeof createGitHubWorld>>
beforeEach(async () => {
  world = await createGitHubWorld()
})
afterEach(() => world.close())

const pulls = '/repos/acme/gitops/pulls'

describe('a pull request', () => {
  it('is read with what the host says of it', async () => {
    world.server.on(`GET ${pulls}/7`, {
      body: aPull(7, { mergeable_state: 'clean', auto_merge: { merge_method: 'merge' } }),
    })
    expect(await world.open().host.pullRequests.read(7)).toEqual({
      number: 7,
      url: 'https://github.example.com/acme/gitops/pull/7',
      state: 'open',
      isDraft: false,
      title: 'Update web to 1.1.0',
      body: '',
      branch: 'fairlead/prod-web-01234567',
      base: 'main',
      head: sha('a'),
      labels: ['fairlead'],
      author: 'fairlead[bot]',
      createdAt: new Date('2026-01-01T10:00:00Z'),
      mergeability: 'ready',
      mergesItself: true,
    })
  })

  const states: [mergeableState: string | null, mergeability: string][] = [
    ['clean', 'ready'],
    ['unstable', 'ready'],
    ['has_hooks', 'ready'],
    ['blocked', 'blocked'],
    ['behind', 'behind'],
    ['dirty', 'conflict'],
    ['draft', 'draft'],
    ['unknown', 'unknown'],
    ['something new', 'unknown'],
    ['constructor', 'unknown'],
    [null, 'unknown'],
  ]
  it.each(states)('with the mergeable_state %s is %s', async (mergeable_state, mergeability) => {
    world.server.on(`GET ${pulls}/7`, { body: aPull(7, { mergeable_state }) })
    expect(await world.open().host.pullRequests.read(7)).toMatchObject({ mergeability })
  })

  it('that was merged says by whom', async () => {
    const merged_at = '2026-01-02T10:00:00Z'
    const merged = { state: 'closed', closed_at: merged_at, merged_at, merged_by: { login: 'alice' } }
    world.server.on(`GET ${pulls}/7`, { body: aPull(7, merged) })
    const read = await world.open().host.pullRequests.read(7)
    expect(read).toMatchObject({ state: 'merged', merged: { commit: sha('c'), by: 'alice', at: new Date(merged_at) } })
    expect(read).not.toHaveProperty('closed')
  })

  it('that was closed says by whom, which only the issue knows', async () => {
    const closed_at = '2026-01-02T10:00:00Z'
    world.server.on(`GET ${pulls}/7`, { body: aPull(7, { state: 'closed', closed_at }) })
    world.server.on('GET /repos/acme/gitops/issues/7', { body: { closed_by: { login: 'bob' } } })
    const read = await world.open().host.pullRequests.read(7)
    expect(read).toMatchObject({ state: 'closed', closed: { by: 'bob', at: new Date(closed_at) } })
    expect(read).not.toHaveProperty('merged')
  })

  it('that never was is none', async () => {
    world.server.on('GET /repos/acme/gitops', { body: {} })
    expect(await world.open().host.pullRequests.read(7)).toBeUndefined()
  })

  it('of a fork is not taken for ours, whatever its branch is called', async () => {
    const forked = aPull(8, { head: { ref: 'fairlead/prod-web-01234567', sha: sha('d'), repo: { id: 99 } } })
    const gone = aPull(9, { head: { ref: 'fairlead/prod-web-01234567', sha: sha('d'), repo: null } })
    world.server.on(`GET ${pulls}`, { body: [forked, gone, aPull(7)] })
    const { pullRequests } = world.open().host
    expect((await pullRequests.list('fairlead/')).map(({ number }) => number)).toEqual([7])
    expect((await pullRequests.find('fairlead/prod-web-01234567', 'main')).map(({ number }) => number)).toEqual([7])
  })
})

describe('a list', () => {
  it('is read to its last page', async () => {
    const next = `<${world.server.apiURL}${pulls}?page=2>; rel="next"`
    world.server.on(`GET ${pulls}`, { body: [aPull(9)], headers: { link: next } })
    world.server.on(`GET ${pulls}?page=2`, { body: [aPull(8), aPull(7, { head: { ...aPull(7).head, ref: 'other' } })] })
    const found = await world.open().host.pullRequests.list('fairlead/')
    expect(found.map(({ number }) => number)).toEqual([9, 8])
  })

  it('that leads to another host is not followed there', async () => {
    const next = '<https://evil.example.com/api/v3/more>; rel="next"'
    world.server.on(`GET ${pulls}`, { body: [aPull(9)], headers: { link: next } })
    await expect(world.open().host.pullRequests.list('')).rejects.toMatchObject({ code: 'HostInvalid' })
  })
})

describe('what did not change', () => {
  it('costs a conditional request, and is the very same value', async () => {
    world.server.on(`GET ${pulls}/7`, { body: aPull(7) })
    world.server.on(`GET ${pulls}`, { body: [aPull(7)] })
    const { pullRequests } = world.open().host
    const read = () => Promise.all([pullRequests.read(7), pullRequests.list('fairlead/')])
    const first = await read()
    world.server.told()
    const second = await read()
    expect(world.server.told().sort()).toEqual([`304 GET ${pulls}`, `304 GET ${pulls}/7`])
    expect(second[0]).toBe(first[0])
    expect(second[1]).toBe(first[1])
  })

  it('is another value once it changed', async () => {
    world.server.on(`GET ${pulls}/7`, { body: aPull(7) })
    const { pullRequests } = world.open().host
    await pullRequests.read(7)
    world.server.on(`GET ${pulls}/7`, { body: aPull(7, { title: 'Another' }) })
    expect(await pullRequests.read(7)).toMatchObject({ title: 'Another' })
  })
})
