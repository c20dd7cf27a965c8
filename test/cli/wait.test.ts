import { describe, expect, test } from 'vitest'
import type { Io } from '../../src/cli/io.ts'
import { waitCommand } from '../../src/cli/wait.ts'
import type { CommitWay } from '../../src/core/change/commit-report.ts'
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
    // Whether the namespace is there is asked once, and the first look asks three times.
    let asked = 0
    const clock = createManualClock()
    const { run } = await api(
      {
        workloads: () => [asked > 5 ? next : old],
        rollout: () => state('success'),
        list() {
          if (++asked === 5) throw new FairleadError('ApiUnavailable', 'a new replica takes over')
          return [done]
        },
      },
      [],
    )
    const sleeping = { ...clock, sleep: async (ms: number) => clock.advance(ms) }
    const heard = await run((args: string[], io: Io) => waitCommand(args, io, sleeping), ...image)
    expect([heard.exit, asked > 5]).toEqual([0, true])
  })

  const sync = {
    engine: 'flux',
    object: 'Kustomization/flux-system/apps',
    state: 'applied',
    reason: 'ReconciliationSucceeded',
    message: '',
    revision: '',
  } as const
  const theirs = 'd'.repeat(40)

  /** A commit that somebody else made: how it comes to `web`, look by look, and the phases that `web` is then in. */
  function waitForTheirs(ways: CommitWay[], phases: ('rolling_out' | 'success' | 'failed')[], ...args: string[]) {
    return waitWhile(() => [next], { ways, phases, args })
  }

  interface Course {
    ways: CommitWay[]
    phases: ('rolling_out' | 'success' | 'failed')[]
    args: string[]
  }

  /** The same, with what is watched at each look. */
  async function waitWhile(watched: (look: number) => (typeof next)[], { ways, phases, args }: Course) {
    const clock = createManualClock()
    let at = 0
    const sleeping = {
      ...clock,
      async sleep(ms: number) {
        at++
        await clock.advance(ms)
      },
    }
    const now = <T>(all: readonly T[]) => all[Math.min(at, all.length - 1)] as T
    const { run } = await api(
      {
        workloads: () => watched(at),
        rollout: () => state(now(phases)),
        commitWays: async () => [now(ways)],
        commits: async (prefix) =>
          new Set([theirs, `${'d'.repeat(8)}${'e'.repeat(32)}`].filter((one) => one.startsWith(prefix))),
      },
      [],
    )
    return run((given: string[], io: Io) => waitCommand(given, io, sleeping), ...args)
  }

  const pending: CommitWay = {
    kind: 'engine',
    isTried: false,
    sync: { ...sync, state: 'pending', message: 'not fetched' },
  }
  const applied: CommitWay = { kind: 'engine', isTried: true, sync }
  const elsewhere: CommitWay = { kind: 'elsewhere', message: 'it comes from another branch' }
  const others: [
    what: string,
    ways: CommitWay[],
    phases: Parameters<typeof waitForTheirs>[1],
    exit: number,
    out: string,
  ][] = [
    [
      'until the engine has applied it and it is rolled out',
      [pending, applied],
      ['success', 'rolling_out', 'success'],
      0,
      [
        'waiting: Deployment/prod/web: Kustomization/flux-system/apps is pending: ReconciliationSucceeded: not fetched',
        'waiting: Deployment/prod/web: is rolling_out',
        'rolled_out: Deployment/prod/web: is success',
        '',
      ].join('\n'),
    ],
    [
      'and an end that is seen once, before the new template is, is none',
      [applied],
      ['success', 'rolling_out', 'failed'],
      1,
      `waiting: Deployment/prod/web: is rolling_out\nfailed: Deployment/prod/web: ${state('failed').reason}: is failed\n`,
    ],
    [
      'but not when it never comes there',
      [elsewhere],
      ['success'],
      1,
      'failed: Deployment/prod/web: it comes from another branch\n',
    ],
  ]
  test.each(others)('for the commit of somebody else %s', async (_, ways, phases, exit, out) => {
    const heard = await waitForTheirs(ways, phases, '--commit', theirs, 'deploy/prod/web')
    expect(heard).toMatchObject({ exit, out, err: '' })
  })

  test('completes a commit that is given by its first digits', async () => {
    const heard = await waitForTheirs([applied], ['success'], '--commit', 'DDDDDDDDD', 'deploy/prod/web', '-o', 'json')
    expect([heard.exit, heard.json()]).toMatchObject([0, { commit: theirs, objects: [sync] }])
  })

  const unlike: [what: string, args: string[], exit: number, words: string][] = [
    ['several commits begin so', ['--commit', 'ddddddd', 'deploy/prod/web'], 2, 'ddddddd begins 2 commits (dddddddd'],
    [
      'no commit begins so',
      ['--commit', 'abcdef0', 'deploy/prod/web'],
      1,
      'no commit is known that begins with abcdef0',
    ],
    ['the workload is of another kind', ['--image', 'web:2', 'sts/prod/web'], 1, 'is Deployment/prod/web meant?'],
    ['no workload has a name like it', ['--image', 'web:2', 'deploy/prod/checkout-service'], 1, 'is its name right'],
  ]
  test.each(unlike)('ends at once when %s', async (_, args, exit, words) => {
    const heard = await waitForTheirs([applied], ['success'], ...args)
    expect(heard).toMatchObject({ exit, out: '', err: expect.stringContaining(words) })
  })

  test('takes a workload that is not there for misspelt once the commit has come to its end without it', async () => {
    const { exit, out } = await waitForTheirs([pending, applied], ['success'], '--commit', theirs, 'deploy/prod/wep')
    const missing = 'no workload Deployment/prod/wep is watched; is Deployment/prod/web meant?'
    const [before, after, ...rest] = out.trimEnd().split('\n')
    expect([exit, after, rest]).toEqual([1, `failed: ${missing}`, []])
    expect(before).toMatch(`waiting: ${missing}; Deployment/prod/web: Kustomization/flux-system/apps is pending`)
  })

  test('waits for a workload that the commit brings', async () => {
    const other = readWorkload(deployment({ metadata: { name: 'other' } }))
    const args = ['--commit', theirs, 'deploy/prod/web']
    const course = { ways: [pending, pending, applied], phases: ['success' as const], args }
    const heard = await waitWhile((look) => (look < 2 ? [other] : [other, next]), course)
    expect(heard).toMatchObject({
      exit: 0,
      out: expect.stringContaining('rolled_out: Deployment/prod/web: is success'),
    })
  })

  const places: [what: string, mayLookEverywhere: boolean, words: string][] = [
    ['with the one that is near', true, 'is prod meant?'],
    ['without it where the caller may not look', false, 'is its name right'],
  ]
  test.each(places)('ends at once for a misspelt namespace, %s', async (_, mayLookEverywhere, words) => {
    const { world, run } = await api({ workloads: () => [next] }, [])
    world.review.allow('alice', 'get', 'updaterequests', mayLookEverywhere ? '*' : 'prdo')
    const heard = await run(waitCommand, '--commit', theirs, '--namespace', 'prdo')
    expect(heard).toMatchObject({ exit: 1, out: '', err: expect.stringContaining(words) })
  })

  const refused: [what: string, args: string[], exit: number, words: string][] = [
    ['for nothing', [], 2, 'One of --commit and --image'],
    ['for both', ['--commit', commit, '--image', 'web:2'], 2, 'One of --commit and --image'],
    ['for a commit of three digits', ['--commit', 'abc'], 2, 'want 7 to 40 hex digits'],
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
