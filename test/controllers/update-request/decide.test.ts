import { describe, expect, test } from 'vitest'
import type { UpdateRequest, UpdateRequestStatus } from '../../../src/api/update-request.ts'
import { decideRequest, type RequestFacts } from '../../../src/controllers/update-request/decide.ts'
import { FairleadError } from '../../../src/errors.ts'

const now = new Date('2026-03-01T12:00:00Z')

function aRequest(status: UpdateRequestStatus | undefined, spec: Partial<UpdateRequest['spec']> = {}): UpdateRequest {
  return {
    apiVersion: 'fairlead.dev/v1alpha1',
    kind: 'UpdateRequest',
    metadata: { name: 'abc-1', namespace: 'prod', creationTimestamp: '2026-03-01T11:00:00Z' },
    spec: {
      targets: [{ kind: 'Deployment', namespace: 'prod', name: 'web', container: 'web' }],
      change: { repository: 'r', branch: 'main', path: 'a.yaml', keyPath: '0:image', from: 'web:1', to: 'web:2' },
      policy: 'minor',
      reason: 'selected',
      requireApproval: false,
      ...spec,
    },
    ...(status === undefined ? {} : { status }),
  }
}

function facts(overrides: Partial<RequestFacts> = {}): RequestFacts {
  const base = {
    newer: [],
    mode: 'commit',
    requireApproval: false,
    fourEyes: false,
    suspended: false,
    moved: undefined,
    hold: undefined,
    minAgeMs: 0,
    window: { isOpen: true },
    refusal: undefined,
    hasHost: false,
    proposal: undefined,
    now,
  } as const
  return { request: aRequest(undefined), ...base, ...overrides }
}

const appliedCondition = {
  type: 'Applied',
  status: 'True',
  reason: 'Applied',
  message: '',
  lastTransitionTime: '',
} as const
const applied: UpdateRequestStatus = { phase: 'Completed', conditions: [appliedCondition] }
const rolledOut: UpdateRequestStatus = {
  phase: 'Completed',
  conditions: [appliedCondition, { ...appliedCondition, type: 'RolledOut', reason: 'Success' }],
}

describe('an update request', () => {
  const rows: [what: string, facts: RequestFacts, expected: object][] = [
    ['nobody has to approve is delivered', facts(), { kind: 'deliver' }],
    [
      'was approved by one waits for the second with four eyes, and is Pending again',
      facts({
        request: aRequest({ phase: 'Approved', approvals: [{ by: 'alice', at: '' }] }, { requireApproval: true }),
        fourEyes: true,
      }),
      { kind: 'wait', reason: 'ApprovalRequired', phase: 'Pending' },
    ],
    [
      'was approved by two is delivered with four eyes',
      facts({
        request: aRequest({
          phase: 'Approved',
          approvals: [
            { by: 'alice', at: '' },
            { by: 'bob', at: '' },
          ],
        }),
        fourEyes: true,
        requireApproval: true,
      }),
      { kind: 'deliver' },
    ],
    [
      'was approved by one of two expires like any other',
      facts({
        request: aRequest(
          { phase: 'Approved', approvals: [{ by: 'alice', at: '' }] },
          { requireApproval: true, expiresAt: '2026-03-01T12:00:00Z' },
        ),
        fourEyes: true,
      }),
      { kind: 'finish', phase: 'Expired' },
    ],
    [
      'was approved is delivered',
      facts({ request: aRequest({ phase: 'Approved' }, { requireApproval: true }) }),
      { kind: 'deliver' },
    ],
    [
      'needs an approval waits for it',
      facts({ request: aRequest({ phase: 'Pending' }, { requireApproval: true }) }),
      { kind: 'wait', reason: 'ApprovalRequired' },
    ],
    [
      'too young waits until it is old enough, seen first when it was made',
      facts({ minAgeMs: 5_400_000 }),
      {
        kind: 'wait',
        reason: 'TooYoung',
        message: 'seen first at 2026-03-01T11:00:00Z; old enough at 2026-03-01T12:30:00Z (min-age)',
        untilMs: 1_800_000,
      },
    ],
    ['exactly old enough is delivered', facts({ minAgeMs: 3_600_000 }), { kind: 'deliver' }],
    [
      'too young waits although it was approved',
      facts({ minAgeMs: 5_400_000, request: aRequest({ phase: 'Approved' }) }),
      { kind: 'wait', reason: 'TooYoung' },
    ],
    [
      'outside of its window waits until that opens',
      facts({ window: { isOpen: false, names: ['office'], opensAt: new Date('2026-03-02T08:00:00Z') } }),
      {
        kind: 'wait',
        reason: 'OutsideWindow',
        message: 'window office closed until 2026-03-02T08:00:00Z',
        untilMs: 20 * 3_600_000,
      },
    ],
    [
      'outside of windows that do not open any more waits for somebody to change them',
      facts({ window: { isOpen: false, names: ['office', 'freeze'], opensAt: undefined } }),
      { kind: 'wait', reason: 'OutsideWindow', message: 'windows office, freeze closed; no opening is in sight' },
    ],
    [
      'outside of its window asks for the approval first',
      facts({ requireApproval: true, window: { isOpen: false, names: ['office'], opensAt: undefined } }),
      { kind: 'wait', reason: 'ApprovalRequired' },
    ],
    [
      'needed none when it was made waits when one is demanded now',
      facts({ requireApproval: true }),
      { kind: 'wait', reason: 'ApprovalRequired' },
    ],
    [
      'waits for an approval until it expires',
      facts({ request: aRequest(undefined, { requireApproval: true, expiresAt: '2026-03-01T13:00:00Z' }) }),
      { kind: 'wait', untilMs: 3_600_000 },
    ],
    [
      'nobody approved in time has expired',
      facts({ request: aRequest(undefined, { requireApproval: true, expiresAt: '2026-03-01T12:00:00Z' }) }),
      { kind: 'finish', phase: 'Expired' },
    ],
    [
      'approved in time is carried out, also when something held it beyond its expiry',
      facts({ request: aRequest({ phase: 'Approved' }, { requireApproval: true, expiresAt: '2026-03-01T11:59:59Z' }) }),
      { kind: 'deliver' },
    ],
    [
      'is only observed does not expire: nobody could have approved it',
      facts({
        mode: 'observe',
        request: aRequest(undefined, { requireApproval: true, expiresAt: '2026-03-01T11:59:59Z' }),
      }),
      { kind: 'wait', reason: 'ObserveOnly' },
    ],
    [
      'somebody rejected by hand is acknowledged once',
      facts({
        request: aRequest({
          phase: 'Rejected',
          conditions: [
            { type: 'Progressing', status: 'True', reason: 'ApprovalRequired', message: '', lastTransitionTime: '' },
          ],
        }),
      }),
      { kind: 'acknowledge', phase: 'Rejected' },
    ],
    ['is only observed writes nothing', facts({ mode: 'observe' }), { kind: 'wait', reason: 'ObserveOnly' }],
    ['is suspended waits', facts({ suspended: true }), { kind: 'wait', reason: 'Suspended' }],
    [
      'cannot reach its place in Git waits with the reason',
      facts({ refusal: new FairleadError('NotOwned', 'x'), mode: undefined }),
      { kind: 'wait', reason: 'NotOwned' },
    ],
    [
      'gives way to a newer one',
      facts({ newer: [aRequest(undefined)] }),
      { kind: 'finish', phase: 'Superseded', reason: 'NewerVersion' },
    ],
    [
      'gives way to a newer one although it was approved',
      facts({ request: aRequest({ phase: 'Approved' }), newer: [aRequest(undefined)] }),
      { kind: 'finish', phase: 'Superseded' },
    ],
    [
      'no policy asks for any more has no point',
      facts({ mode: undefined }),
      { kind: 'finish', phase: 'Superseded', reason: 'PolicyGone' },
    ],
    [
      'was delivered is followed until it is applied',
      facts({ request: aRequest({ phase: 'Completed' }) }),
      { kind: 'follow' },
    ],
    ['was applied is followed until it has rolled out', facts({ request: aRequest(applied) }), { kind: 'follow' }],
    ['has rolled out is left alone', facts({ request: aRequest(rolledOut) }), { kind: 'nothing' }],
    [
      'was delivered is not delivered again when a newer one comes',
      facts({ request: aRequest({ phase: 'Completed' }), newer: [aRequest(undefined)] }),
      { kind: 'follow' },
    ],
    ...(['Rejected', 'Failed', 'Expired', 'Superseded'] as const).map((phase): [string, RequestFacts, object] => [
      `that is ${phase} stays so`,
      facts({ request: aRequest({ phase }) }),
      { kind: 'nothing' },
    ]),
  ]
  test.each(rows)('that %s', (_, given, expected) => expect(decideRequest(given)).toMatchObject(expected))
})
