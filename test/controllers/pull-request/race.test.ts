import { describe, expect, test } from 'vitest'
import { FairleadError } from '../../../src/errors.ts'
import type { Leader } from '../../../src/runtime/leader.ts'
import { digestOf, image } from '../../fakes/world.ts'
import { putLive, settle } from '../rollout.ts'
import { aProposedWorld, aWorld, holdTime, type ProposedWorld, unattended } from './world.ts'

const pulls = ({ host }: ProposedWorld) =>
  [...host.state.pulls.values()].map(({ number, state }) => `${number} ${state}`)
const tagOn = ({ git }: ProposedWorld, branch: string) =>
  /image: \S+:(\S+)/.exec(git.read(branch, 'apps/web.yaml') ?? '')?.[1]

/** The engine applies what the base holds, and its version runs. */
async function rollOut(world: ProposedWorld): Promise<void> {
  await world.sync()
  putLive(world, 'web', `ghcr.io/acme/web:${tagOn(world, 'main')}`)
  settle(world, 'web', { updated: 1 })
  await world.hintBase()
}

describe('in the very moment that a pull request is rendered anew', () => {
  test.each([true, false])(
    'a person merges it (its branch is deleted: %s): both versions land, one after the other',
    async (isDeleted) => {
      holdTime()
      const world = await aProposedWorld()
      await world.push('1.1.0')
      const { branch } = world.pull()
      world.git.beforePush = () => {
        world.host.people.merge(1, 'alice')
        if (isDeleted) world.host.people.deleteBranch(branch)
      }
      await world.push('1.2.0')
      await world.pass(1)
      expect([pulls(world)[0], tagOn(world, 'main')]).toEqual(['1 merged', '1.1.0'])
      await rollOut(world)
      await world.pass(2)
      expect(pulls(world)).toEqual(['1 merged', '2 open'])
      expect(tagOn(world, world.pull(2).branch)).toBe('1.2.0')
    },
  )

  const moments: [when: string, at: (world: ProposedWorld, act: () => void) => void][] = [
    ['right before the push', (world, act) => Object.assign(world.git, { beforePush: act })],
    [
      'right after it was looked at',
      ({ host: { pullRequests } }, act) => {
        const { read } = pullRequests
        pullRequests.read = async (number) => {
          pullRequests.read = read
          const answer = await read(number)
          act()
          return answer
        }
      },
    ],
  ]
  test.each(moments)('somebody commits to its branch, %s: that commit stays', async (_, at) => {
    holdTime()
    const world = await aProposedWorld()
    await world.push('1.1.0')
    const { branch } = world.pull()
    let theirs = ''
    at(world, () => {
      theirs = world.host.people.pushTo(branch, { 'apps/extra.yaml': 'a: 1\n' }, 'alice')
    })
    await world.push('1.2.0')
    await world.pass(1)
    expect(world.git.remote.heads.get(branch)).toBe(theirs)
    expect(world.waits('1.2.0')).toBe('True EditedByOthers')
  })

  test('a person closes it: that is a rejection of what it held then', async () => {
    holdTime()
    const world = await aProposedWorld()
    await world.push('1.1.0')
    world.git.beforePush = () => world.host.people.close(1, 'bob')
    await world.push('1.2.0')
    await world.pass(2)
    expect(pulls(world)).toEqual(['1 closed', '2 open'])
    expect(tagOn(world, world.pull(2).branch)).toBe('1.2.0')
  })
})

test('a newer version that comes while a merge is under way lands after it', async () => {
  holdTime()
  const world = await aProposedWorld({ annotations: unattended, rules: { automerge: 'on-green', checks: 'optional' } })
  const { merge } = world.host.pullRequests
  world.host.pullRequests.merge = async (...order) => {
    world.host.pullRequests.merge = merge
    world.registry.push(image('web'), '1.2.0', { digest: digestOf('1.2.0') })
    world.replica.loops.images.hinted(image('web'))
    for (let turn = 0; turn < 60; turn++) await new Promise((resolve) => setImmediate(resolve))
    return merge(...order)
  }
  await world.push('1.1.0')
  await world.pass(2)
  expect([pulls(world), tagOn(world, 'main')]).toEqual([['1 merged', '2 merged'], '1.2.0'])
  expect(world.git.messages('main').filter((message) => message.includes('Fairlead-Id:'))).toHaveLength(2)
})

describe('a replica', () => {
  /** One that can be told whether it leads, and that only writing tells. */
  function aLeader() {
    const listeners: ((leading: boolean) => void)[] = []
    const state = { leads: false, mayWrite: true }
    const leader: Leader = {
      isLeader: () => state.leads,
      fence() {
        if (!state.leads || !state.mayWrite) throw new FairleadError('NotLeader', 'another replica leads')
      },
      holder: () => undefined,
      onChange: (listener) => void listeners.push(listener),
      run: async () => undefined,
    }
    const lead = (leads: boolean) => {
      state.leads = leads
      for (const listener of listeners) listener(leads)
    }
    return { leader, state, lead }
  }

  test('that does not lead writes nothing, to nobody', async () => {
    const first = await aProposedWorld()
    await first.push('1.1.0')
    const { writes } = structuredClone(first.host.calls)
    const second = await aProposedWorld({ world: first, given: { leader: aLeader().leader } })
    first.host.people.label(1, 'fairlead:rebase')
    first.host.people.pushTo(first.pull().branch, { 'apps/extra.yaml': 'a: 1\n' }, 'alice')
    await second.replica.loops.pullRequests.sweep()
    await second.hint()
    expect(first.host.calls.writes).toEqual(writes)
    expect([...first.pull().labels]).toEqual(['fairlead:rebase'])
  })

  test('that loses the lease before it writes writes nothing; when it leads again it goes on', async () => {
    holdTime()
    const { leader, state, lead } = aLeader()
    const world = await aProposedWorld({ world: await aWorld(), given: { leader } })
    lead(true)
    state.mayWrite = false
    await world.push('1.1.0')
    expect(world.host.calls.writes).toEqual({})
    expect(world.git.pushes).toBe(0)
    state.mayWrite = true
    await world.pass(6)
    expect(pulls(world)).toEqual(['1 open'])
  })

  test('that lost the lease while a request waited goes on with it when it leads again', async () => {
    holdTime()
    const { leader, lead } = aLeader()
    const world = await aProposedWorld({ world: await aWorld(), given: { leader } })
    lead(true)
    world.host.outage = new FairleadError('HostUnavailable', 'no answer')
    await world.push('1.1.0')
    lead(false)
    await world.pass(10)
    world.host.outage = undefined
    lead(true)
    await world.pass(1)
    expect(pulls(world)).toEqual(['1 open'])
  })
})
