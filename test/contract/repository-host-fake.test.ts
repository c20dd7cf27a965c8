import { describe, expect, test } from 'vitest'
import { FairleadError } from '../../src/errors.ts'
import { createFakeGitRepository } from '../fakes/git-repository.ts'
import { createFakeRepositoryHost } from '../fakes/repository-host.ts'
import { codeOf } from './git-repository-world.ts'

async function aHost() {
  const git = createFakeGitRepository()
  git.commit('main', { 'web.yaml': 'v: 1\n' }, 'Begin')
  const host = createFakeRepositoryHost(git)
  const head = host.people.pushTo('fairlead/web', { 'web.yaml': 'v: 2\n' }, 'fairlead')
  const draft = { branch: 'fairlead/web', base: 'main', title: 'Update', body: 'why', isDraft: false }
  const { number } = await host.pullRequests.open(draft)
  const order = { head, method: 'merge', title: 'Update', message: '' } as const
  return { git, host, number, order, pulls: host.pullRequests }
}

describe('the fake host, which tests make misbehave', () => {
  test('merges and says so without a commit, now and later', async () => {
    const { git, host, number, order, pulls } = await aHost()
    host.nextMerge = { kind: 'merged', commit: undefined }
    expect(await pulls.merge(number, order)).toEqual({ kind: 'merged', commit: undefined })
    expect(git.read('main', 'web.yaml')).toBe('v: 2\n')
    expect((await pulls.read(number))?.merged?.commit).toBeUndefined()
  })

  test('loses the answer of a merge, or the merge', async () => {
    const { git, host, number, order, pulls } = await aHost()
    host.nextMerge = 'drop'
    expect(await codeOf(pulls.merge(number, order))).toBe('HostUnavailable')
    expect(git.read('main', 'web.yaml')).toBe('v: 1\n')
    host.nextMerge = 'lose'
    expect(await codeOf(pulls.merge(number, order))).toBe('HostUnavailable')
    expect(git.read('main', 'web.yaml')).toBe('v: 2\n')
    expect(await pulls.read(number)).toMatchObject({ state: 'merged' })
  })

  test('answers as it is told, and merges nothing then', async () => {
    const { git, host, number, order, pulls } = await aHost()
    host.nextMerge = { kind: 'later', words: 'Base branch was modified' }
    expect(await pulls.merge(number, order)).toEqual({ kind: 'later', words: 'Base branch was modified' })
    expect(git.read('main', 'web.yaml')).toBe('v: 1\n')
    expect(await pulls.merge(number, order)).toMatchObject({ kind: 'merged' })
  })

  test('fails once, before or after the effect, or until it is mended', async () => {
    const { host, number, pulls } = await aHost()
    const trouble = new FairleadError('HostUnavailable', 'connection reset')
    host.failNext('edit', trouble)
    expect(await codeOf(pulls.edit(number, { title: 'one' }))).toBe('HostUnavailable')
    expect((await pulls.read(number))?.title).toBe('Update')
    host.failNext('edit', trouble, 'after')
    expect(await codeOf(pulls.edit(number, { title: 'two' }))).toBe('HostUnavailable')
    expect((await pulls.read(number))?.title).toBe('two')
    host.outage = trouble
    expect(await codeOf(pulls.read(number))).toBe('HostUnavailable')
    expect(await codeOf(host.outcomes.status('x', { name: 'x', state: 'success', text: '' }))).toBe('HostUnavailable')
    host.outage = undefined
    expect(await pulls.read(number)).toBeDefined()
  })

  test('counts writes, but not those that found everything as it should be', async () => {
    const { git, host, number, pulls } = await aHost()
    const status = { name: 'fairlead/web', state: 'success', text: '' } as const
    for (let round = 0; round < 2; round++) {
      await pulls.comment(number, 'm', 'm: done')
      await host.outcomes.status((await git.remoteHead('main')) ?? '', status)
    }
    expect(host.calls.writes).toEqual({ open: 1, comment: 1, status: 1 })
    expect(host.calls.reads).toEqual({ comment: 1, status: 1 })
  })

  test('does not know the mergeability for as many reads as it is told after every push', async () => {
    const { host, number, pulls } = await aHost()
    const reads = async () => [(await pulls.read(number))?.mergeability, (await pulls.read(number))?.mergeability]
    expect(await reads()).toEqual(['ready', 'ready'])
    host.state.lag = 1
    host.people.pushTo('fairlead/web', { 'web.yaml': 'v: 3\n' }, 'alice')
    expect(await reads()).toEqual(['unknown', 'ready'])
    host.people.pushTo('main', { 'other.yaml': 'v: 3\n' }, 'alice')
    expect(await reads()).toEqual(['unknown', 'ready'])
  })

  test('lets people merge with edits of their own, and forget a proposal', async () => {
    const { git, host, number, pulls } = await aHost()
    const commit = host.people.merge(number, 'alice', { method: 'squash', edits: { 'web.yaml': 'v: 2.1\n' } })
    expect(git.read('main', 'web.yaml')).toBe('v: 2.1\n')
    expect(await pulls.read(number)).toMatchObject({ state: 'merged', merged: { commit, by: 'alice' } })
    expect((await pulls.commits(number)).map((one) => one.account)).toEqual(['fairlead', 'alice'])
    host.people.delete(number)
    expect(await pulls.read(number)).toBeUndefined()
  })

  test('merges by itself as soon as the demands are met, also through its queue', async () => {
    for (const queue of [false, true]) {
      const { git, host, number, order, pulls } = await aHost()
      host.people.demand('main', { queue, mergesItself: true, checks: ['ci'] })
      expect(await pulls.merge(number, order)).toMatchObject({ kind: 'ruled-out' })
      expect(await pulls.mergeWhenReady(number, order)).toEqual({ kind: 'accepted' })
      expect(await pulls.read(number)).toMatchObject({ state: 'open', mergesItself: true })
      host.people.setChecks(number, { ci: 'green' })
      expect(await pulls.read(number)).toMatchObject({ state: 'merged', mergesItself: false })
      expect(git.read('main', 'web.yaml')).toBe('v: 2\n')
    }
  })

  test('lets an account that may pass rules by merge against them', async () => {
    const { host, number, order, pulls } = await aHost()
    host.people.demand('main', { review: true })
    expect(await pulls.read(number)).toMatchObject({ mergeability: 'blocked' })
    host.state.mayBypass = true
    expect(await pulls.merge(number, order)).toMatchObject({ kind: 'merged' })
  })
})
