import { describe, expect, test } from 'vitest'
import type { UpdateRequestStatus } from '../../../src/api/update-request.ts'
import { explainRequest } from '../../../src/controllers/update-request/explain.ts'
import type { Situation } from '../../../src/controllers/update-request/situation.ts'
import { aRequest } from '../../server/api/api-world.ts'

const now = new Date('2026-11-21T10:00:00Z')
const url = 'https://github.com/acme/gitops/pull/12'
const pullRequest = { number: 12, url }

const proposed: Situation = {
  mode: 'pull-request',
  requireApproval: true,
  suspended: false,
  hold: undefined,
  minAgeMs: 0,
  window: { isOpen: true },
  moved: undefined,
  owner: undefined,
  destination: undefined,
  slot: undefined,
  refusal: undefined,
}

/** Conditions as a pass over the request leaves them. */
function standing(reason: string, message: string, isDegraded = false): Pick<UpdateRequestStatus, 'conditions'> {
  const of = (type: string, status: 'True' | 'False') => ({ type, status, reason, message, lastTransitionTime: '' })
  return { conditions: [of('Progressing', 'True'), of('Degraded', isDegraded ? 'True' : 'False')] }
}

const open = { phase: 'Pending', pullRequest } as const
const review = standing('ReviewRequired', 'pull request #12: waits for an approving review')

const begun = ['request: pass Pending', 'mode: pass pull-request', 'suspend: pass NotSuspended']
const inReview = [...begun, 'approval: pass InPullRequest']

/** Every gate, and what the last one says. */
const rows: [
  what: string,
  status: UpdateRequestStatus,
  situation: Partial<Situation>,
  gates: string[],
  last: string,
  link?: string,
][] = [
  [
    'that nobody has proposed yet is prepared',
    {},
    {},
    [...inReview, 'pull-request: wait Proposing'],
    'a pull request is prepared',
  ],
  [
    'whose pull request waits tells what for, and where it is',
    { ...open, ...review },
    {},
    [...inReview, 'pull-request: wait ReviewRequired'],
    'pull request #12: waits for an approving review',
    url,
  ],
  [
    'whose pull request needs somebody is stopped',
    { ...open, ...standing('ChecksFailed', 'pull request #12: checks are not green: test', true) },
    {},
    [...inReview, 'pull-request: stop ChecksFailed'],
    'pull request #12: checks are not green: test',
    url,
  ],
  [
    'that was approved through the API waits for its pull request',
    { ...open, ...standing('ChecksPending', 'pull request #12: checks are under way'), phase: 'Approved' },
    {},
    ['request: pass Approved', ...begun.slice(1), 'approval: pass Approved', 'pull-request: wait ChecksPending'],
    'pull request #12: checks are under way',
    url,
  ],
  [
    'outside of its window is proposed all the same',
    { ...open, ...standing('OutsideWindow', 'pull request #12: window freeze closed') },
    { window: { isOpen: false, names: ['freeze'], opensAt: undefined } },
    [...inReview, 'pull-request: wait OutsideWindow'],
    'pull request #12: window freeze closed',
    url,
  ],
  [
    'that is too young is not proposed yet',
    {},
    { minAgeMs: 3_600_000 },
    [...inReview, 'timing: wait TooYoung'],
    'seen first at undefined; old enough at 2026-11-21T11:00:00Z (min-age)',
  ],
  [
    'of a branch that refused the push stands in its pull request, too',
    { ...open, ...review },
    { mode: 'commit' },
    [
      'request: pass Pending',
      'mode: pass commit',
      'suspend: pass NotSuspended',
      'approval: pass InPullRequest',
      'pull-request: wait ReviewRequired',
    ],
    'pull request #12: waits for an approving review',
    url,
  ],
  [
    'on hold is not asked for its pull request',
    { ...open, ...review },
    { hold: 'audit' },
    ['request: pass Pending', 'hold: stop Held', ...begun.slice(1), 'approval: pass InPullRequest'],
    'whoever merges its pull request approves it',
  ],
  [
    'that is to be committed waits for its approval',
    {},
    { mode: 'commit' },
    ['request: pass Pending', 'mode: pass commit', 'suspend: pass NotSuspended', 'approval: wait ApprovalRequired'],
    'waits for an approval',
  ],
  [
    'that was merged tells by which pull request',
    { phase: 'Completed', pullRequest, approvedBy: 'alice', commit: 'c'.repeat(40) },
    {},
    ['request: pass Completed', 'pull-request: pass Merged', 'delivery: pass Completed', 'sync: unknown Unknown'],
    'the engine that applies it cannot be read',
  ],
  [
    'that was committed knows no pull request',
    { phase: 'Completed', commit: 'c'.repeat(40) },
    {},
    ['request: pass Completed', 'delivery: pass Completed', 'sync: unknown Unknown'],
    'the engine that applies it cannot be read',
  ],
]

describe('a request in mode pull-request', () => {
  test.each(rows)('%s', (_, status, changed, expected, message, link) => {
    const situation = { ...proposed, ...changed }
    const request = aRequest('web', ['prod'], status)
    const gates = explainRequest({ request, situation, fourEyes: false, breaker: undefined, sync: undefined, now })
    expect(gates.map(({ gate, verdict, reason }) => `${gate}: ${verdict} ${reason}`)).toEqual(expected)
    expect(gates.at(-1)).toMatchObject({ message, ...(link === undefined ? {} : { evidence: [link] }) })
  })

  test('that was merged tells by whom, and where', () => {
    const status = { phase: 'Completed', pullRequest, approvedBy: 'alice' } as const
    const request = aRequest('web', ['prod'], status)
    const gates = explainRequest({
      request,
      situation: proposed,
      fourEyes: false,
      breaker: undefined,
      sync: undefined,
      now,
    })
    const message = 'pull request #12 is merged, approved by alice'
    expect(gates[1]).toEqual({ gate: 'pull-request', verdict: 'pass', reason: 'Merged', message, evidence: [url] })
  })
})
