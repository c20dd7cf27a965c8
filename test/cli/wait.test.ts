import { describe, expect, test } from 'vitest'
import type { Io } from '../../src/cli/io.ts'
import { waitCommand } from '../../src/cli/wait.ts'
import { trackRollout } from '../../src/core/workload/track-rollout.ts'
import { readWorkload } from '../../src/core/workload/workload.ts'
import { FairleadError } from '../../src/errors.ts'
import { deployment, template } from '../core/workload/sample.ts'
import { createManualClock } from '../fakes/clock.ts'
import { aRequest } from '../server/api/api-world.ts'
import { apiTerminals } from './api-terminal.ts'

const { api } = apiTerminals()
const commit = 'c'.repeat(40)
const live = (tag: string) =>
  readWorkload(deployment({ metadata: { name: 'web' }, spec: { template: template(`web:${tag}`) } }))
const [old, next] = [live('1'), live('2')]
const state = (phase: 'rolling_out' | 'success' | 'failed') => ({
  ...trackRollout(undefined, next, new Date(0)),
  phase,
  message: `is ${phase}`,
})
const done = aRequest('web', ['prod'], { phase: 'Completed', commit, message: 'pushed' })

/** Looks one after the other; the last one stays. */
interface Look {
  runs: typeof old
  phase?: 'rolling_out' | 'success' | 'failed'
  request?: typeof done
}

async function wait(looks: readonly Look[], ...args: string[]) {
  const clock = createManualClock()
  let at = 0
  const now = () => looks[Math.min(at, looks.length - 1)] as Look
  // Time passes only by sleeping, and every sleep leads to the next look.
  const sleeping = {
    ...clock,
    async sleep(ms: number) {
      at++
      await clock.advance(ms)
    },
  }
  const { run } = await api(
    {
      list: () => [now().request ?? done],
      workloads: () => [now().runs],
      rollout: () => (now().phase === undefined ? undefined : state(now().phase ?? 'success')),
    },
    [],
  )
  return run((given: string[], io: Io) => waitCommand(given, io, sleeping), ...args)
}

const image = ['--image', 'web:2', '--namespace', 'prod']

describe('wait', () => {
  const ways: [what: string, looks: Look[], args: string[], exit: number, told: string[]][] = [
    [
      'for an image until it is rolled out',
      [{ runs: old }, { runs: next, phase: 'rolling_out' }, { runs: next, phase: 'success' }],
      image,
      0,
      ['waiting: Deployment/prod/web: pushed', 'waiting: …: is rolling_out', 'rolled_out: …: is success'],
    ],
    [
      'for a commit until its rollout fails',
      [
        { runs: next, phase: 'rolling_out' },
        { runs: next, phase: 'rolling_out' },
        { runs: next, phase: 'failed' },
      ],
      ['--commit', commit, 'deploy/prod/web'],
      1,
      ['waiting: …: is rolling_out', 'failed: …: '],
    ],
    [
      'for an image that is refused',
      [{ runs: old, request: aRequest('web', ['prod'], { phase: 'Rejected', message: 'breaks the shop' }) }],
      image,
      1,
      ['failed: …: prod/'],
    ],
    [
      'for an image that never comes',
      [{ runs: old }],
      [...image, '--timeout', '1m'],
      3,
      ['waiting: Deployment/prod/web: pushed'],
    ],
  ]
  test.each(ways)('%s', async (_, looks, args, exit, told) => {
    const heard = await wait(looks, ...args)
    expect(heard.exit).toBe(exit)
    const lines = heard.out.trimEnd().split('\n')
    const patterns = told.map((line) => line.replace('…', 'Deployment/prod/web'))
    expect(lines.map((line, n) => line.startsWith(patterns[n] ?? '\0'))).toEqual(told.map(() => true))
    expect(heard.err).toBe(exit === 3 ? 'Timeout: no end after 60 s\n' : '')
  })

  test('prints the end alone as JSON', async () => {
    const looks: Look[] = [{ runs: old }, { runs: next, phase: 'success' }]
    expect((await wait(looks, ...image, '-o', 'json')).json()).toEqual({
      state: 'rolled_out',
      message: 'Deployment/prod/web: is success',
      workloads: [{ workload: 'Deployment/prod/web', state: 'rolled_out', message: 'is success' }],
    })
  })

  test('goes on while the API is away, once it has answered', async () => {
    // The first look asks three times.
    let asked = 0
    const clock = createManualClock()
    const { run } = await api(
      {
        workloads: () => [asked > 4 ? next : old],
        rollout: () => state('success'),
        list() {
          if (++asked === 4) throw new FairleadError('ApiUnavailable', 'a new replica takes over')
          return [done]
        },
      },
      [],
    )
    const sleeping = { ...clock, sleep: async (ms: number) => clock.advance(ms) }
    const heard = await run((args: string[], io: Io) => waitCommand(args, io, sleeping), ...image)
    expect([heard.exit, asked > 4]).toEqual([0, true])
  })

  const refused: [what: string, args: string[], exit: number, words: string][] = [
    ['for nothing', [], 2, 'One of --commit and --image'],
    ['for both', ['--commit', commit, '--image', 'web:2'], 2, 'One of --commit and --image'],
    ['for half a commit', ['--commit', 'abc'], 2, 'all 40 hex digits'],
    ['for no image', ['--image', ''], 2, '--image is empty'],
    ['for a time that is none', ['--image', 'web:2', '--timeout', 'soon'], 2, '--timeout soon'],
    ['where alice may not look', ['--image', 'web:2'], 1, 'ApiForbidden'],
    ['in a workload without a namespace', ['--image', 'web:2', 'deploy/web'], 2, 'The namespace is missing'],
  ]
  test.each(refused)('is refused: %s', async (_, args, exit, words) => {
    const heard = await wait([{ runs: old }], ...args)
    expect(heard).toMatchObject({ exit, out: '', err: expect.stringContaining(words) })
  })
})
