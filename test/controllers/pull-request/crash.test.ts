import { describe, expect, test } from 'vitest'
import type { PullRequestRules } from '../../../src/core/pull-request/rules.ts'
import { digestOf, type FakeWorld, type Faults, image } from '../../fakes/world.ts'
import { aTrial, modes } from '../faults.ts'
import { aProposedWorld, aWorld, holdTime, type ProposedWorld, unattended } from './world.ts'

/** Something that is to happen to pull requests, and how everything must be in the end. */
interface Story {
  rules?: Partial<PullRequestRules>
  /** In a world where a pull request for 1.1.0 is open, unless it begins before that. */
  isFirst?: true
  /** Before the process is started; what others do. */
  given?: (world: FakeWorld) => void
  /** While it runs, in every life. */
  act?: (world: ProposedWorld) => Promise<unknown>
  end: object
}

const people: Partial<PullRequestRules> = { labels: ['updates'], reviewers: ['carol'] }
const push = (tag: string) => (world: FakeWorld) => world.registry.push(image('web'), tag, { digest: digestOf(tag) })
const phases = (...all: string[]) => all

async function live(world: FakeWorld, { rules = {}, act }: Omit<Story, 'end'>, faults?: Faults): Promise<void> {
  const proposed = await aProposedWorld({ world, rules: { ...people, ...rules }, ...(faults && { faults }) })
  await act?.(proposed)
  await proposed.replica.quiet()
  await proposed.pass(2)
  await proposed.replica.stop()
}

async function begin(story: Story): Promise<FakeWorld> {
  const world = await aWorld({ annotations: unattended })
  push('1.1.0')(world)
  if (story.isFirst !== true) await live(world, {})
  story.given?.(world)
  return world
}

/** What is true, however it came to that. */
function endOf({ git, host, requests }: FakeWorld) {
  const holds = (branch: string) => /web:(\S+)/.exec(git.read(branch, 'apps/web.yaml') ?? '')?.[1]
  return {
    pulls: [...host.state.pulls.values()].map((pull) => ({
      state: pull.state,
      holds: holds(pull.branch),
      commits: pull.commits.length,
      title: /1\.\d\.0/.exec(pull.title)?.[0],
      labels: [...pull.labels],
      reviewers: [...pull.reviewers],
      comments: pull.comments.length,
    })),
    base: holds('main'),
    landed: git.messages('main').filter((message) => message.includes('Fairlead-Id:')).length,
    phases: requests()
      .map(({ status }) => status?.phase)
      .sort(),
  }
}

const open = { state: 'open', commits: 1, labels: ['updates'], reviewers: ['carol'], comments: 0 }
const gone = { ...open, holds: undefined, title: '1.1.0' }
/** What became of it is told in one comment. */
const merged = { ...gone, state: 'merged', comments: 1 }

const stories: [what: string, story: Story][] = [
  [
    'a pushed image becomes one open pull request',
    {
      isFirst: true,
      end: {
        pulls: [{ ...open, holds: '1.1.0', title: '1.1.0' }],
        base: '1.0.0',
        landed: 0,
        phases: phases('Pending'),
      },
    },
  ],
  [
    'a newer image is in the same one',
    {
      given: push('1.2.0'),
      end: {
        pulls: [{ ...open, holds: '1.2.0', title: '1.2.0' }],
        base: '1.0.0',
        landed: 0,
        phases: phases('Pending', 'Superseded'),
      },
    },
  ],
  [
    'one with green checks is merged once',
    {
      rules: { automerge: 'on-green' },
      given: ({ host }) => host.people.setChecks(1, { ci: 'green' }),
      end: { pulls: [merged], base: '1.1.0', landed: 1, phases: phases('Completed') },
    },
  ],
  [
    'one that a person merges is cleaned up',
    {
      given: ({ host }) => void host.people.merge(1, 'alice', { method: 'squash' }),
      end: { pulls: [merged], base: '1.1.0', landed: 0, phases: phases('Completed') },
    },
  ],
  [
    'one that is rejected through the API is closed with one comment',
    {
      act: ({ replica, request }) =>
        replica.loops.api.reject(request(), { by: 'bob', reason: 'not this one' }).catch(() => undefined),
      end: { pulls: [{ ...gone, state: 'closed', comments: 1 }], base: '1.0.0', landed: 0, phases: phases('Rejected') },
    },
  ],
]

describe.each(stories)('%s', (_, story) => {
  test('without any fault', async () => {
    holdTime()
    const world = await begin(story)
    await live(world, story)
    expect(endOf(world)).toEqual(story.end)
  })

  for (const mode of modes) {
    test(`although the process meets "${mode}" at any one of its effects`, async () => {
      holdTime()
      const dry = aTrial(mode, 0)
      await live(await begin(story), story, dry.faults)
      expect(dry.effects.length).toBeGreaterThan(1)
      for (let at = 1; at <= dry.effects.length; at++) {
        const world = await begin(story)
        const trial = aTrial(mode, at)
        await live(world, story, trial.faults)
        await live(world, story)
        expect(endOf(world), `${mode} effect ${at}: ${trial.effects[at - 1]}`).toEqual(story.end)
      }
    })
  }
})
