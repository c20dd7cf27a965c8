import { describe, expect, test } from 'vitest'
import type { BranchMove } from '../../../src/ports-engine.ts'
import { aProposedWorld, aWorld } from './world.ts'

describe('a change in mode pull-request', () => {
  test('opens one pull request with one commit, and nothing on the base', async () => {
    const world = await aProposedWorld()
    const before = world.git.messages('main').length
    await world.push('1.1.0')
    expect(world.git.messages('main')).toHaveLength(before)
    expect([...world.host.state.pulls.values()]).toMatchObject([{ number: 1, state: 'open', base: 'main' }])
    expect(world.git.read(world.pull().branch, 'apps/web.yaml')).toContain('acme/web:1.1.0')
    expect(world.request().status).toMatchObject({ phase: 'Pending', pullRequest: { number: 1 } })
    const events = world.cluster.recorded.map(({ reason, message }) => `${reason}: ${message}`)
    expect(events).toEqual([expect.stringMatching(/^Proposed: .*web:1\.1\.0: pull request #1, https:/)])
  })

  test('is moved to a newer version in place', async () => {
    const world = await aProposedWorld()
    await world.push('1.1.0')
    await world.push('1.2.0')
    expect([...world.host.state.pulls.keys()]).toEqual([1])
    expect(world.git.read(world.pull().branch, 'apps/web.yaml')).toContain('acme/web:1.2.0')
    expect(world.request('1.1.0').status?.phase).toBe('Superseded')
    expect(world.pull().title).toContain('1.2.0')
  })

  test('is approved by whoever merges it', async () => {
    const world = await aProposedWorld()
    await world.push('1.1.0')
    const commit = world.host.people.merge(1, 'alice')
    await world.hint()
    expect(world.request().status).toMatchObject({ phase: 'Completed', approvedBy: 'alice', commit })
    await world.sync()
    await world.replica.quiet()
    expect(world.request().status?.conditions?.find((one) => one.type === 'Applied')?.status).toBe('True')
  })

  test('makes the engines look once it is merged, and not before', async () => {
    const moves: BranchMove[] = []
    const world = await aWorld()
    world.notifiers.push({ name: 'argocdWebhook', notify: async (move) => void moves.push(move) })
    const proposed = await aProposedWorld({ world })
    await proposed.push('1.1.0')
    expect(moves).toEqual([])
    const after = world.host.people.merge(1, 'alice')
    await proposed.hint()
    await proposed.hint()
    expect(moves).toEqual([{ repository: 'git.example.com/gitops', branch: 'main', before: '', after, files: [] }])
  })

  test('is rejected by whoever closes it, and not offered again', async () => {
    const world = await aProposedWorld()
    await world.push('1.1.0')
    world.host.people.close(1, 'bob')
    await world.hint()
    expect(world.request().status).toMatchObject({ phase: 'Rejected', rejectedBy: 'bob' })
    await world.hint()
    expect(world.host.state.pulls.size).toBe(1)
    await world.push('1.2.0')
    expect(world.host.state.pulls.size).toBe(2)
  })
})
