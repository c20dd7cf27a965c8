import { describe, expect, test } from 'vitest'
import type { MergeMethod } from '../../../src/ports-repository-host.ts'
import { aProposedWorld, type ProposedWorld, proposed } from './world.ts'

const path = 'apps/web.yaml'
/** So that only what the history says keeps a version away. */
const annotations = { ...proposed, 'fairlead.dev/min-update-interval': '0s' }

/** Somebody brings a version of web to main by a merge of their own branch, as a merge commit with two parents. */
function mergeByHand(world: ProposedWorld, version: string): string {
  const { remote } = world.git
  const base = remote.heads.get('main') ?? ''
  const text =
    remote
      .files(base)
      .get(path)
      ?.replace(/web:\S+/, `web:${version}`) ?? ''
  const ident = { name: 'alice', email: 'alice@users.example.com' }
  const files = new Map(remote.files(base)).set(path, text)
  const draft = { files, author: ident, committer: ident }
  const side = remote.write({ ...draft, parents: [base], message: `Set web to ${version}` })
  const merge = remote.write({ ...draft, parents: [base, side], message: 'Merge branch side' })
  remote.heads.set('main', merge)
  return merge
}

const openPulls = (world: ProposedWorld) => [...world.host.state.pulls.values()].filter((one) => one.state === 'open')

async function verdicts({ replica }: ProposedWorld) {
  const found = await replica.loops.api.explain({ kind: 'Deployment', namespace: 'prod', name: 'web' }, undefined)
  return found?.containers[0]?.candidates
}

describe('what merges did to a value', () => {
  test.each<MergeMethod>(['merge', 'squash', 'rebase'])(
    'a version that came by %s and was put back by a merge stays away, and a newer one is offered',
    async (method) => {
      const world = await aProposedWorld({ annotations })
      await world.push('1.1.0')
      world.host.people.merge(1, 'alice', { method })
      await world.hint()
      await world.sync()
      await world.replica.quiet()
      expect(world.request('1.1.0').status?.phase).toBe('Completed')
      mergeByHand(world, '1.0.0')
      await world.sync()
      await world.replica.quiet()
      await world.push('1.1.0')
      expect(openPulls(world)).toEqual([])
      expect(await verdicts(world)).toContainEqual({ tag: '1.1.0', verdict: 'quarantined' })
      await world.push('1.2.0')
      expect(openPulls(world)).toHaveLength(1)
      expect(world.git.read(openPulls(world)[0]?.branch ?? '', path)).toContain('web:1.2.0')
    },
  )

  test('a version that a merge raised is the new current one', async () => {
    const world = await aProposedWorld({ annotations })
    mergeByHand(world, '1.3.0')
    await world.sync()
    await world.replica.quiet()
    await world.push('1.2.0')
    expect(openPulls(world)).toEqual([])
    await world.push('1.4.0')
    expect(openPulls(world)).toHaveLength(1)
  })
})
